"""When a call began: from text to an instant in UTC, without guessing."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from pipeline.intake.defects import defect
from pipeline.records import Defect

# RFC 3339, and ISO 8601 with or without separators. A date alone is no start time.
_TIMESTAMP = re.compile(
    r"(?P<Y>\d{4})-?(?P<m>\d\d)-?(?P<d>\d\d)[Tt ](?P<H>\d\d):?(?P<M>\d\d)(?::?(?P<S>\d\d)(?:[.,](?P<fraction>\d+))?)?"
    r" ?(?P<offset>[Zz]|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII,
)
# Exporters write the year 1, 1900 or 1970 where they know no time; no call centre has recordings from then.
EARLIEST_YEAR = 1971


def parse_start(text: str, *, site_timezone: str | None, source: str) -> tuple[datetime | None, tuple[Defect, ...]]:
    """Return the instant in UTC that a text names, or None with the reason.

    Args:
        text: RFC 3339 or ISO 8601, such as ``2026-10-14T10:22:31-04:00``; without an offset it is local time.
        site_timezone: IANA zone of local times, or None where it is not known.
        source: Where the text stands, for the reason.
    """
    match = _TIMESTAMP.fullmatch(text.strip())
    if not match:
        return None, (defect("time_invalid", f"the start time in {source} is no date with a time"),)
    try:
        naive = _naive(match)
        offset = _offset(match["offset"])
    except ValueError:
        return None, (defect("time_invalid", f"the start time in {source} names a day or hour that does not exist"),)
    if naive.year < EARLIEST_YEAR:
        return None, (defect("time_invalid", f"the start time in {source} is before {EARLIEST_YEAR}"),)
    if offset is not None:
        return naive.replace(tzinfo=offset).astimezone(UTC), ()
    if site_timezone is None:
        return None, (defect("time_zone_unknown", f"the start time in {source} names no zone"),)
    return _localised(naive, ZoneInfo(site_timezone), source)


def _naive(match: re.Match[str]) -> datetime:
    year, month, day, hour, minute = (int(match[part]) for part in "YmdHM")
    microseconds = int((match["fraction"] or "0")[:6].ljust(6, "0"))
    naive = datetime(year, month, day, hour, minute, int(match["S"] or 0), microseconds)  # noqa: DTZ001
    if year == 9999:  # so that no zone can lead out of what a datetime holds
        raise ValueError
    return naive


def _offset(text: str | None) -> timezone | None:
    if text is None:
        return None
    if text in ("Z", "z"):
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 23 or minutes > 59:
        raise ValueError
    return timezone(timedelta(hours=hours, minutes=minutes) * (-1 if text[0] == "-" else 1))


def _localised(naive: datetime, zone: ZoneInfo, source: str) -> tuple[datetime | None, tuple[Defect, ...]]:
    """Place a local time; fold=0 is the first of two, and no round trip is the hour that daylight saving leaves out."""
    first = naive.replace(tzinfo=zone)
    at = first.astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None) != naive:
        what = f"the local time in {source} was left out when the clock was put forward in {zone.key}"
        return None, (defect("time_invalid", what),)
    if first.utcoffset() != first.replace(fold=1).utcoffset():
        what = f"the clock was put back in {zone.key} and the local time in {source} came twice; the first was taken"
        return at, (defect("time_ambiguous", what),)
    return at, ()
