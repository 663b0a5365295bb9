"""How often each reason is why people call, week by week, and what has become more or less."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from pipeline.contact_reasons.by_rules import OTHER
from pipeline.intervals import wilson
from pipeline.records import Interval
from pipeline.scorecards.statistics import difference
from pipeline.scorecards.trend import week_label

WEEKS_COMPARED = 4
CHANCE = 0.05


class Change(StrEnum):
    """What became of a reason's share; ``unknown`` where there are too few calls to tell."""

    RISING = "rising"
    FALLING = "falling"
    STEADY = "no change shown"
    UNKNOWN = "too few calls"


@dataclass(frozen=True, kw_only=True, slots=True)
class ToldCall:
    """A call whose reason was looked for and that said something.

    Attributes:
        reason_id: None where it is no known one.
        value: The queue or team that figures are wanted by; None where it is unknown or not asked for.
    """

    reason_id: str | None
    started_at: datetime | None
    value: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A reason's calls among all told calls of a week, queue or team; ``share`` is None where there are none.

    Attributes:
        label: ISO week, queue or team; "" where it is unknown.
        first_day: Monday of the week, or of the first of several; None elsewhere.
        last_day: Sunday of the week, or of the last of several; None elsewhere.
    """

    label: str
    calls: int
    of: int
    share: Interval | None
    first_day: date | None = None
    last_day: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ReasonFigures:
    """One reason's figures.

    Attributes:
        share: With its Wilson interval, 95 %.
        weeks: Every week of the report, those without a call too.
        parts: By queue or team, the most calls first.
        recent: The last `WEEKS_COMPARED` weeks.
        earlier: As many weeks before them.
        difference: Recent minus earlier share, with Newcombe's interval, as wide as comparing several reasons asks for.
    """

    reason_id: str
    calls: int
    share: Interval | None
    weeks: tuple[Part, ...]
    parts: tuple[Part, ...]
    recent: Part
    earlier: Part
    difference: Interval | None
    change: Change


@dataclass(frozen=True, kw_only=True, slots=True)
class ReasonReport:
    """The figures of all reasons, the most frequent first, `OTHER` last.

    Attributes:
        calls: With a reason, or with another one than those known.
        without_start: Of these, calls of unknown time: they are in no week.
        weeks: The Mondays of the report, in order.
    """

    calls: int
    without_start: int
    weeks: tuple[date, ...]
    reasons: tuple[ReasonFigures, ...]


def reason_report(calls: Iterable[ToldCall], *, timezone: str, min_calls: int, most_weeks: int = 53) -> ReasonReport:
    """Return the figures of all reasons that calls have.

    A reason is called rising or falling only where the interval of the difference leaves out 0. The intervals are so
    wide that in at most one report of 20 any reason is called so wrongly (Bonferroni: level 1 - .05 / reasons).

    Args:
        calls: Each told call.
        timezone: In which weeks begin.
        min_calls: Both spans of weeks must have so many calls in all, or nothing is said of change.
        most_weeks: Older weeks are left out of the trend, not of the totals.
    """
    zone = ZoneInfo(timezone)
    told = list(calls)
    mondays = [None if call.started_at is None else monday(call.started_at.astimezone(zone).date()) for call in told]
    weeks = _weeks([each for each in mondays if each is not None], most_weeks)
    of_week = Counter(each for each in mondays if each is not None)
    of_value = Counter(call.value for call in told)
    by_reason: dict[str, list[int]] = defaultdict(list)
    for position, call in enumerate(told):
        by_reason[call.reason_id or OTHER].append(position)
    level = 1 - CHANCE / max(1, len(by_reason))
    recent, earlier = weeks[-WEEKS_COMPARED:], weeks[-2 * WEEKS_COMPARED : -WEEKS_COMPARED]
    made = []
    for reason_id, places in by_reason.items():
        in_week = Counter(mondays[place] for place in places)
        in_value = Counter(told[place].value for place in places)
        now, then = _span(in_week, of_week, recent, level), _span(in_week, of_week, earlier, level)
        apart = difference(now.share, then.share) if now.share and then.share else None
        enough = min(now.of, then.of) >= min_calls and len(earlier) == WEEKS_COMPARED
        made.append(
            ReasonFigures(
                reason_id=reason_id,
                calls=len(places),
                share=wilson(len(places), len(told)),
                weeks=tuple(_week(each, in_week[each], of_week[each]) for each in weeks),
                parts=_parts(in_value, of_value),
                recent=now,
                earlier=then,
                difference=apart if enough else None,
                change=_change(apart) if enough else Change.UNKNOWN,
            )
        )
    made.sort(key=lambda each: (each.reason_id == OTHER, -each.calls, each.reason_id))
    without = sum(each is None for each in mondays)
    return ReasonReport(calls=len(told), without_start=without, weeks=weeks, reasons=tuple(made))


def monday(day: date) -> date:
    """Return the Monday of a day's ISO week."""
    return day - timedelta(days=day.weekday())


def sunday(day: date) -> date:
    """Return the Sunday of a day's ISO week."""
    return monday(day) + timedelta(days=6)


def _weeks(mondays: Sequence[date], most: int) -> tuple[date, ...]:
    """Return every week from the first to the last, the newest ``most`` of them."""
    if not mondays:
        return ()
    first, last = min(mondays), max(mondays)
    count = min(most, (last - first).days // 7 + 1)
    return tuple(last - timedelta(weeks=back) for back in reversed(range(count)))


def _week(first_day: date, calls: int, of: int) -> Part:
    share, last_day = wilson(calls, of), sunday(first_day)
    return Part(label=week_label(first_day), calls=calls, of=of, share=share, first_day=first_day, last_day=last_day)


def _span(calls: Mapping[date | None, int], of: Mapping[date, int], weeks: Sequence[date], level: float) -> Part:
    had, all_calls = sum(calls.get(each, 0) for each in weeks), sum(of.get(each, 0) for each in weeks)
    label = f"{week_label(weeks[0])} to {week_label(weeks[-1])}" if weeks else ""
    share = wilson(had, all_calls, level)
    first, last = (weeks[0], sunday(weeks[-1])) if weeks else (None, None)
    return Part(label=label, calls=had, of=all_calls, share=share, first_day=first, last_day=last)


def _parts(calls: Mapping[str | None, int], of: Mapping[str | None, int]) -> tuple[Part, ...]:
    order = sorted(calls, key=lambda value: (-calls[value], value or ""))
    return tuple(
        Part(label=value or "", calls=calls[value], of=of[value], share=wilson(calls[value], of[value]))
        for value in order
    )


def _change(apart: Interval | None) -> Change:
    if apart is None:
        return Change.UNKNOWN
    if apart.low > 0:
        return Change.RISING
    return Change.FALLING if apart.high < 0 else Change.STEADY
