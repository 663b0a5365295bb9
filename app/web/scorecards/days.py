"""Which days a page of scorecards is about, as its address says: all, a month, a week, or from one day to another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.web.days import read_day
from app.web.errors import BadRequestError
from pipeline.scorecards import words

PERIODS = {"all": "All calls", "month": "One month", "week": "One week", "days": "From – to"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Days:
    """Whole days in the site's zone.

    Attributes:
        period: ``all``, ``month``, ``week`` or ``days``.
        first: First day; None for no bound.
        last: Last day, inclusive; None for no bound.
        title: The days in words.
        earlier: A day of the period before; None where there is none to lead to. ``later`` likewise.
    """

    period: str
    first: date | None
    last: date | None
    title: str
    earlier: date | None = None
    later: date | None = None

    def instants(self, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
        """Return when the first day begins, and when the day after the last one does; aware UTC."""
        after = self.last + timedelta(days=1) if self.last else None
        return _begin(self.first, zone), _begin(after, zone)

    @property
    def query(self) -> dict[str, str]:
        """What an address says to come to the same days."""
        if self.period == "all":
            return {"period": "all"}
        if self.period != "days":
            return {"period": self.period, "day": f"{self.first}"}
        return {"period": "days"} | self.bounds

    @property
    def bounds(self) -> dict[str, str]:
        """The first and last day, as lists of calls take them."""
        named = {"from": self.first, "to": self.last}
        return {name: day.isoformat() for name, day in named.items() if day is not None}


def days_of(period: str, *, day: str = "", first: str = "", last: str = "", newest: date) -> Days:
    """Return the days that an address asks for.

    Args:
        period: One of `PERIODS`.
        day: Any day of the month or week; empty for the newest.
        first: First day of ``days``; empty for no bound.
        last: Last day of ``days``, inclusive; empty for no bound.
        newest: The day of the newest call.

    Raises:
        BadRequestError: There is no such period or day, or the last day comes before the first.
    """
    if period not in PERIODS:
        raise BadRequestError(f"there is no period {period!r}; there are: {', '.join(PERIODS)}")
    if period == "all":
        return Days(period=period, first=None, last=None, title="All calls")
    if period == "days":
        return _between(read_day(first, "from"), read_day(last, "to"))
    chosen = read_day(day) or newest
    if period == "week":
        begin = chosen - timedelta(days=chosen.weekday())
        end = begin + timedelta(days=6)
        title = f"Week {begin.isocalendar().week}, {words.days(begin, end)}"
    else:
        begin = chosen.replace(day=1)
        end = (begin + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        title = f"{begin:%B %Y}"
    later = end + timedelta(days=1)
    return Days(
        period=period,
        first=begin,
        last=end,
        title=title,
        earlier=begin - timedelta(days=1),
        later=later if later <= newest else None,
    )


def _between(first: date | None, last: date | None) -> Days:
    if first is not None and last is not None and last < first:
        raise BadRequestError(f"the last day, {last}, comes before the first, {first}")
    if first is not None and last is not None:
        title = words.days(first, last)
    elif first is not None:
        title = f"From {words.day(first)}"
    elif last is not None:
        title = f"Until {words.day(last)}"
    else:
        title = "All calls"
    return Days(period="days", first=first, last=last, title=title)


def _begin(day: date | None, zone: ZoneInfo) -> datetime | None:
    return None if day is None else datetime.combine(day, time.min, zone).astimezone(UTC)
