"""The stretch of days that a sample is of: a week, a month, a day, or everything."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pipeline.errors import ReviewError

ALL = "all"
_FORMS = "such as 2026-10 (a month), 2026-W42 (a week), 2026-10-14 (a day), or all"


@dataclass(frozen=True, kw_only=True, slots=True)
class SamplingPeriod:
    """A period by its name. Its first instant, and the first one after it; None: no bound."""

    name: str
    since: datetime | None = None
    before: datetime | None = None


def period_of(name: str, *, timezone: str, now: datetime) -> SamplingPeriod:
    """Return the period that a name means; days begin in the site's zone.

    Args:
        name: ``2026-10``, ``2026-W42``, ``2026-10-14``, ``all``, or ``week`` or ``month`` for the one of ``now``.
        timezone: IANA zone of the site.
        now: The present.

    Raises:
        ReviewError: It means none.
    """
    zone = ZoneInfo(timezone)
    today = now.astimezone(zone).date()
    given = name.strip()
    if given.casefold() == ALL:
        return SamplingPeriod(name=ALL)
    if given.casefold() == "week":
        given = f"{today:%G}-W{today:%V}"
    elif given.casefold() == "month":
        given = f"{today:%Y-%m}"
    try:
        since, before = (_begin(day, zone) for day in _days(given))
    except (ValueError, OverflowError):  # no such day, or before or after all days that can be kept
        raise ReviewError(f"{name!r} is no period; give one {_FORMS}") from None
    return SamplingPeriod(name=given.upper(), since=since, before=before)


def _days(name: str) -> tuple[date, date]:
    if week := re.fullmatch(r"(\d{4})-[Ww](\d{2})", name):
        first = date.fromisocalendar(int(week[1]), int(week[2]), 1)
        return first, first + timedelta(days=7)
    if month := re.fullmatch(r"(\d{4})-(\d{2})", name):
        first = date(int(month[1]), int(month[2]), 1)
        return first, (first + timedelta(days=31)).replace(day=1)
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", name):
        raise ValueError(name)
    first = date.fromisoformat(name)
    return first, first + timedelta(days=1)


def _begin(day: date, zone: ZoneInfo) -> datetime:
    begin = datetime.combine(day, time(), zone)
    begin.astimezone(UTC)  # it is kept so
    return begin
