"""How rules were kept, counted once by week and team, so that every filter of a page is answered from one reading."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Literal, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from pipeline.audit.report import RuleLine, rule_lines
from pipeline.records import Expectation, Interval
from pipeline.scorecards.statistics import wilson
from pipeline.store.findings import (
    AskedCalls,
    CallCounts,
    OutcomeCount,
    ReasonCount,
    calls_asked_for,
    count_calls,
    count_outcomes,
    count_reasons,
)
from pipeline.store.tables import recordings

Key = TypeVar("Key")
Step = Literal["week", "month"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """The outcomes of one version of a rule for one team on the calls of one step.

    Attributes:
        first_day: Monday of the week, or first of the month; None for calls of unknown time.
    """

    first_day: date | None
    count: OutcomeCount


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """Everything that was counted of a period."""

    cells: tuple[Cell, ...]
    calls: CallCounts
    reasons: tuple[ReasonCount, ...]
    step: Step


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """How often some rules were kept; signals are in none of these figures.

    Attributes:
        assessed: Outcomes of a rule on a call.
        as_required: Of these, those in which the rule was kept.
        cannot_assess: Outcomes beside them that could not be told.
        share: With its Wilson interval; None below the least number of outcomes.
    """

    name: str | None
    assessed: int
    as_required: int
    cannot_assess: int
    share: Interval | None

    @property
    def violations(self) -> int:
        """In how many the rule was broken."""
        return self.assessed - self.as_required


@dataclass(frozen=True, kw_only=True, slots=True)
class StepKept:
    """The same for one week or month."""

    first_day: date
    kept: Kept


def count_adherence(connection: Connection, asked: AskedCalls, *, timezone: str, step: Step = "week") -> Counted:
    """Count all outcomes of a period by step and team. On millions of findings this takes seconds.

    Args:
        connection: Where to read.
        asked: Which calls.
        timezone: In which days begin.
        step: How long the steps of a trend are.
    """
    zone = ZoneInfo(timezone)
    cells: list[Cell] = []
    since = asked.since
    while (first := _first_call(connection, replace(asked, since=since))) is not None:
        first_day = _beginning(first.astimezone(zone).date(), step)
        after = datetime.combine(_next(first_day, step), time(), zone)
        before = min(after, asked.before) if asked.before else after
        counts = count_outcomes(connection, replace(asked, since=first, before=before), by=("team",))
        cells += [Cell(first_day=first_day, count=count) for count in counts]
        since = after
    cells += [] if asked.dated else _undated(connection, asked)
    return Counted(
        cells=tuple(cells),
        calls=count_calls(connection, asked),
        reasons=tuple(count_reasons(connection, asked)),
        step=step,
    )


def by_rule(cells: Iterable[Cell], min_calls: int) -> tuple[RuleLine, ...]:
    """Return one line per rule over all teams and steps."""
    return rule_lines((cell.count for cell in cells), min_calls, by_subject=False)


def by_team(cells: Iterable[Cell], min_calls: int) -> tuple[Kept, ...]:
    """Return how each team kept the rules, in order of name, the unknown team last."""
    groups = _grouped(cells, lambda cell: cell.count.team)
    ordered = sorted(groups, key=lambda team: (team is None, team or ""))
    return tuple(_kept(team, groups[team], min_calls) for team in ordered)


def by_step(cells: Iterable[Cell], min_calls: int, step: Step) -> tuple[StepKept, ...]:
    """Return how the rules were kept step by step, without holes; calls of unknown time are in none."""
    groups = _grouped(cells, lambda cell: cell.first_day)
    days = sorted(day for day in groups if day is not None)
    if not days:
        return ()
    steps, day = [], days[0]
    while day <= days[-1]:
        steps.append(StepKept(first_day=day, kept=_kept(None, groups.get(day, ()), min_calls)))
        day = _next(day, step)
    return tuple(steps)


def together(cells: Iterable[Cell], min_calls: int) -> Kept:
    """Return how all these rules were kept."""
    return _kept(None, tuple(cell.count for cell in cells), min_calls)


def _grouped(cells: Iterable[Cell], key: Callable[[Cell], Key]) -> dict[Key, list[OutcomeCount]]:
    groups: dict[Key, list[OutcomeCount]] = defaultdict(list)
    for cell in cells:
        groups[key(cell)].append(cell.count)
    return groups


def _kept(name: str | None, counts: Sequence[OutcomeCount], min_calls: int) -> Kept:
    rules = [count for count in counts if count.expected != Expectation.SIGNAL.value]
    assessed = sum(count.present + count.absent for count in rules)
    kept = sum(count.absent if count.expected == Expectation.ABSENT.value else count.present for count in rules)
    return Kept(
        name=name,
        assessed=assessed,
        as_required=kept,
        cannot_assess=sum(count.cannot_assess for count in rules),
        share=wilson(kept, assessed) if assessed and assessed >= min_calls else None,
    )


def _first_call(connection: Connection, asked: AskedCalls) -> datetime | None:
    started = recordings.c.started_at
    statement = select(started).where(*calls_asked_for(asked), started.is_not(None)).order_by(started).limit(1)
    return connection.scalar(statement)


def _undated(connection: Connection, asked: AskedCalls) -> list[Cell]:
    """Return the outcomes of calls of unknown time."""
    every = count_outcomes(connection, replace(asked, undated=True), by=("team",))
    return [Cell(first_day=None, count=count) for count in every]


def _beginning(day: date, step: Step) -> date:
    return day - timedelta(days=day.weekday()) if step == "week" else day.replace(day=1)


def _next(day: date, step: Step) -> date:
    return day + timedelta(days=7) if step == "week" else (day + timedelta(days=31)).replace(day=1)
