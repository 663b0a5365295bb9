"""Calls of a telephone system, recordings, days and surveys for tests, a line each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd

from pipeline.config import KpiSettings
from pipeline.kpis.calls import all_calls
from pipeline.records.kpis import Columns, KnownUntil, KpiRows
from pipeline.store.kpi_tables import phone_calls, phone_days
from pipeline.store.kpi_tables import surveys as surveys_table

MONDAY = datetime(2026, 10, 5, 13, 0, tzinfo=UTC)
TODAY = MONDAY.date()
LONG_AFTER = MONDAY + timedelta(days=100)
ZONE = "America/New_York"
SETTINGS = KpiSettings()

_PHONE = tuple(column.name for column in phone_calls.columns if column.name != "import_id")
_DAYS = tuple(column.name for column in phone_days.columns if column.name != "import_id")
_SURVEYS = tuple(column.name for column in surveys_table.columns if column.name not in ("import_id", "survey_ref"))
_RECORDED = (
    "call_id",
    "external_id",
    "agent_id",
    "team",
    "queue",
    "topic",
    "customer_ref",
    "direction",
    "started_at",
    "share",
)


def at(days: float = 0, *, hours: float = 0, seconds: float = 0) -> datetime:
    """A moment so long after Monday, nine o'clock in New York."""
    return MONDAY + timedelta(days=days, hours=hours, seconds=seconds)


def phone(**changes: Any) -> dict[str, Any]:
    """A call of Maria's that took 100 s: 60 talking, 10 on hold, 30 of wrap-up."""
    given = {"agent_id": "maria", "started_at": MONDAY, "talk_s": 60.0, "hold_s": 10.0, "wrap_up_s": 30.0}
    return {**given, "transferred": False, **changes}


def recorded(call_id: str = "c-1", **changes: Any) -> dict[str, Any]:
    """A recording of Maria's, of the north, with a score of 80 %."""
    return {"call_id": call_id, "agent_id": "maria", "team": "north", "started_at": MONDAY, "share": 0.8, **changes}


def agent_day(day: date = TODAY, **changes: Any) -> dict[str, Any]:
    """A day of Maria's."""
    return {"agent_id": "maria", "day": day, **changes}


def rows(
    calls: Sequence[Mapping[str, Any]] = (),
    recordings: Sequence[Mapping[str, Any]] = (),
    days: Sequence[Mapping[str, Any]] = (),
    surveys: Sequence[Mapping[str, Any]] = (),
    *,
    known_until: datetime | None = LONG_AFTER,
) -> KpiRows:
    """What the store would hand over."""
    keyed = [{"phone_key": f"p{number}", **call} for number, call in enumerate(calls)]
    named = [{"survey_key": f"s{number}", **survey} for number, survey in enumerate(surveys)]
    return KpiRows(
        phone=columns(_PHONE, keyed),
        recordings=columns(_RECORDED, recordings),
        days=columns(_DAYS, days),
        surveys=columns(_SURVEYS, named),
        known_until=KnownUntil(phone=known_until, recordings=known_until),
    )


def calls_of(*calls: Mapping[str, Any], recordings: Sequence[Mapping[str, Any]] = ()) -> pd.DataFrame:
    """The calls as one table, in the given order."""
    made = rows(calls, recordings)
    return all_calls(made.phone, made.recordings, within_s=30)


def columns(names: Sequence[str], lines: Sequence[Mapping[str, Any]]) -> Columns:
    """A table by column; what a line does not name is None."""
    unknown = {name for line in lines for name in line} - set(names)
    assert not unknown, unknown
    return {name: [line.get(name) for line in lines] for name in names}
