"""Whether a call began at a convenient time at the customer's place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pipeline.compliance.history import HoursCheck
from pipeline.compliance.judged import Judged
from pipeline.records import FindingKind


def judge_hours(check: HoursCheck, started_at: datetime, zones: Sequence[ZoneInfo]) -> Judged:
    """Tell whether a call began outside the hours; both ends of them are still inside.

    Args:
        check: The hours, local time.
        started_at: When the call began, with its zone.
        zones: Where the customer may be. Where they disagree nothing can be told.
    """
    if not zones:
        reason = "the time zone at the customer's place is not known"
        return Judged(kind=FindingKind.CANNOT_ASSESS, reason=reason)
    times = {_offset(local): local for zone in zones for local in [started_at.astimezone(zone)]}
    outside = {not check.earliest <= local.time() <= check.latest for local in times.values()}
    told = " or ".join(f"{local:%H:%M:%S} ({_in_words(offset)})" for offset, local in sorted(times.items()))
    hours = f"calls are allowed from {check.earliest:%H:%M} to {check.latest:%H:%M}"
    if len(outside) > 1:
        reason = f"the call began at {told} at the customer's place, where {hours}: the possible time zones disagree"
        return Judged(kind=FindingKind.CANNOT_ASSESS, reason=reason)
    kind = FindingKind.PRESENT if outside.pop() else FindingKind.ABSENT
    return Judged(kind=kind, reason=f"the call began at {told} at the customer's place, where {hours}")


def _offset(local: datetime) -> timedelta:
    offset = local.utcoffset()
    assert offset is not None  # it was brought to a zone
    return offset


def _in_words(offset: timedelta) -> str:
    minutes = offset // timedelta(minutes=1)
    return f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
