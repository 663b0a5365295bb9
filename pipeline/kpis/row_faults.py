"""What may be wrong with a row's times and lengths, in words that say what to do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pandas as pd

from pipeline.kpis.columns import DAY_S
from pipeline.kpis.values import Fault

DECIMAL_COMMA = (
    "a decimal comma is read only in files whose cells are parted by something else than commas; write 61.5 for 61,5"
)
_LENGTHS = ("logged_in_s", "available_s", "talk_s", "hold_s", "wrap_up_s")


def time_fault(fault: Fault, written: str | None) -> str:
    """Return what to say of a time; ``written`` is `kpis.time_format`, where it is set."""
    offset = "write it with its offset, such as 2026-10-31T14:05:00-04:00"
    if written is None:
        unreadable = (
            "unreadable as a time; write 2026-10-31T14:05:00-04:00, or set kpis.time_format to the export's form"
        )
    else:
        unreadable = f"unreadable as a time; it fits neither kpis.time_format ({written}) nor 2026-10-31T14:05:00-04:00"
    told: dict[Fault, str] = {
        "unreadable": unreadable,
        "early": "before 1971: so exporters write a time that they do not know",
        "ahead": "the time lies ahead; compare the order of day and month, and kpis.timezone",
        "skipped": f"no such time: clocks were put forward past it; compare kpis.timezone, or {offset}",
        "twice": f"this time came twice as clocks were put back; {offset}",
        "without-zone": "the time names no zone; set kpis.timezone",
    }
    return told[fault]


def day_fault(fault: Fault, written: str | None) -> str:
    """Return what to say of a day; ``written`` is `kpis.day_format`, where it is set."""
    if fault == "early":
        return "before 1971: so exporters write a day that they do not know"
    if fault == "ahead":
        return "the day lies ahead; compare the order of day and month"
    if written is None:
        return "unreadable as a day; write 2026-10-31, or set kpis.day_format to the export's form"
    return f"unreadable as a day; it fits neither kpis.day_format ({written}) nor 2026-10-31"


def implausible_days(rows: pd.DataFrame, zone: str | None) -> Iterator[tuple[str, pd.Series[bool], str]]:
    """Give what no day of an agent can be: field, which rows, and the reason.

    A day has 24 hours, and 25 where clocks are put back in it.

    Args:
        rows: agent_id, day and lengths of agents' days.
        zone: IANA zone of the days; None where it is not known.
    """
    hours = rows["day"].map({day: _hours(day, zone) for day in rows["day"].dropna().unique()}).astype("float64")
    for name in _LENGTHS:
        too_long = rows[name].astype("float64") > hours * 3600
        yield name, too_long, "longer than the day, which has 24 hours (25 where clocks are put back)"
    available, logged_in = rows["available_s"].astype("float64"), rows["logged_in_s"].astype("float64")
    yield "available_s", (available > logged_in) & (available <= hours * 3600), "longer than logged_in_s of the day"


def _hours(day: date, zone: str | None) -> float:
    if zone is None:
        return DAY_S / 3600
    begins, ends = (datetime.combine(each, time(), ZoneInfo(zone)) for each in (day, day + timedelta(days=1)))
    return max(24.0, (ends.timestamp() - begins.timestamp()) / 3600)
