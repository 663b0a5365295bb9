"""Days, weeks and months that digests are of."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from pipeline.errors import ConfigError
from pipeline.scorecards.trend import week_label

Kind = Literal["day", "week", "month"]
KINDS: Sequence[Kind] = ("day", "week", "month")
CAUGHT_UP: Mapping[Kind, int] = {"day": 7, "week": 4, "month": 3}
"""So many periods back a digest that did not go out is still sent."""
_LABELS: Mapping[Kind, re.Pattern[str]] = {
    "day": re.compile(r"\d{4}-\d\d-\d\d"),
    "week": re.compile(r"\d{4}-W\d\d"),
    "month": re.compile(r"\d{4}-\d\d"),
}
_FIRST_YEAR, _LAST_YEAR = date.min.year + 1, date.max.year - 1
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


@dataclass(frozen=True, kw_only=True, slots=True)
class DigestPeriod:
    """Whole days in the site's zone: ``first <= day <= last``.

    Attributes:
        label: ``2026-10-05``, ``2026-W41`` (ISO 8601) or ``2026-10``.
    """

    kind: Kind
    label: str
    first: date
    last: date

    @property
    def before(self) -> DigestPeriod:
        """The day, week or month before."""
        return period_of(self.kind, self.first - timedelta(days=1))

    @property
    def words(self) -> str:
        """The period as people say it: ``Monday, 5 October 2026``, ``week 41 (5 to 11 October 2026)``."""
        if self.kind == "day":
            return f"{self.first:%A}, {self.first.day} {self.first:%B %Y}"
        if self.kind == "month":
            return f"{self.first:%B %Y}"
        start = f"{self.first.day}" if self.first.month == self.last.month else f"{self.first.day} {self.first:%B}"
        if self.first.year != self.last.year:
            start += f" {self.first.year}"
        return f"week {self.first.isocalendar().week} ({start} to {self.last.day} {self.last:%B %Y})"

    @property
    def short(self) -> str:
        """The period within a sentence: ``5 October``, ``week 41``, ``October``."""
        if self.kind == "day":
            return f"{self.first.day} {self.first:%B}"
        return f"{self.first:%B}" if self.kind == "month" else f"week {self.first.isocalendar().week}"

    def bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return the first instant of the period and the first after it."""
        end = self.last + timedelta(days=1)
        return datetime.combine(self.first, time(), zone), datetime.combine(end, time(), zone)

    def ended(self, now: datetime, zone: ZoneInfo) -> bool:
        """Tell whether no further call can begin in it."""
        return now >= self.bounds(zone)[1]


def period_of(kind: Kind, day: date) -> DigestPeriod:
    """Return the day, ISO week or month that a day is in."""
    if kind == "day":
        return DigestPeriod(kind=kind, label=day.isoformat(), first=day, last=day)
    if kind == "week":
        first = day - timedelta(days=day.weekday())
        return DigestPeriod(kind=kind, label=week_label(day), first=first, last=first + timedelta(days=6))
    first = day.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return DigestPeriod(kind=kind, label=f"{day:%Y-%m}", first=first, last=last)


def period_asked(kind: Kind, day: date) -> DigestPeriod:
    """Return the day, ISO week or month that a day is in which somebody asked for.

    Raises:
        ConfigError: It is at an end of the calendar, which the period before or the day after lies beyond.
    """
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise ConfigError(f"{day} is at the end of the calendar; write a day such as 2026-10-31")
    return period_of(kind, day)


def last_ended(kind: Kind, now: datetime, zone: ZoneInfo) -> DigestPeriod:
    """Return the latest period that has ended, by the days of the site's zone."""
    return period_of(kind, now.astimezone(zone).date()).before


def last_ended_ones(kind: Kind, now: datetime, zone: ZoneInfo) -> list[DigestPeriod]:
    """Return the latest periods that have ended, as many as are caught up with (`CAUGHT_UP`), the oldest first."""
    found = [last_ended(kind, now, zone)]
    while len(found) < CAUGHT_UP[kind]:
        found.append(found[-1].before)
    return found[::-1]


def still_due(ended: Sequence[DigestPeriod], had: Collection[str]) -> list[DigestPeriod]:
    """Return which periods' digests somebody is still to get: those missed since their first, and always the last.

    Args:
        ended: Periods of one kind that have ended, the oldest first.
        had: Labels of the digests that they have, of any kind of period.
    """
    first = min((label for label in had if _kind_of(label) == ended[-1].kind), default=ended[-1].label)
    missed = [period for period in ended[:-1] if period.label > first and period.label not in had]
    return [*missed, ended[-1]]


def _kind_of(label: str) -> Kind | None:
    return next((kind for kind, form in _LABELS.items() if form.fullmatch(label)), None)


def month_named(label: str) -> DigestPeriod:
    """Return the month of a label such as ``2026-10``.

    Raises:
        ConfigError: It is none.
    """
    found = _MONTH.fullmatch(label.strip())
    if found is None or not _FIRST_YEAR <= int(found[1]) <= _LAST_YEAR:
        raise ConfigError(f"{label!r} is no month; write year and month, such as 2026-10")
    return period_of("month", date(int(found[1]), int(found[2]), 1))
