"""The calls behind the figures, one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipeline.config import KpiSettings
from pipeline.kpis.calls import BORROWED
from pipeline.kpis.surveys import ANSWERS
from pipeline.kpis.tables import AskedKpis, Tables, joined_tables, own_recordings, seen, without_borrowed
from pipeline.records.kpis import KpiCall, KpiRows

_NAMES = ("agent_id", "team", "queue", "direction", "not_judged")
_RECORDED = ("recorded_agent_id", "recorded_team")
_BORROWED = tuple(f"{name}_borrowed" for name in BORROWED)
_SECONDS = ("talk_s", "hold_s", "wrap_up_s", "handle_s")
_OTHERS = ("call_id", "from_phone", "started_at", "handled", "transferred", "resolved", "day")

CHOICES: Mapping[str, Callable[[pd.DataFrame], pd.Series[bool]]] = {
    "": lambda calls: pd.Series(True, index=calls.index),
    "handled": lambda calls: calls["handled"],
    "transferred": lambda calls: calls["handled"] & calls["transferred"].fillna(False).astype("bool"),
    "again": lambda calls: (~calls["resolved"]).fillna(False).astype("bool"),
    "resolved": lambda calls: calls["resolved"].fillna(False).astype("bool"),
    "not-judged": lambda calls: calls["resolved"].isna(),
    "surveyed": lambda calls: calls[list(ANSWERS)].notna().any(axis=1),
    "csat": lambda calls: calls["csat"].notna(),
    "nps": lambda calls: calls["nps"].notna(),
    "effort": lambda calls: calls["effort"].notna(),
}
"""Which calls may be listed, by name: all, or those that a figure counts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """Some of the calls that were found; ``found`` is how many there are."""

    calls: tuple[KpiCall, ...]
    found: int


def tables_to_list(rows: KpiRows, settings: KpiSettings, *, zone: str) -> Tables:
    """Return all calls, the newest first, those without a start time last, and their surveys: as little as lists need.

    That may be kept and shown to many: `listed_calls` leaves out what whoever asks may not see.

    Args:
        rows: What the store hands over, with calls of the windows after the last day.
        settings: Windows and joins.
        zone: IANA zone in which days begin.
    """
    tables = joined_tables(rows, settings, zone=zone)
    calls = tables.calls[[*_NAMES, *_RECORDED, *_SECONDS, *_OTHERS, *_BORROWED]]
    calls = calls.sort_values("started_at", ascending=False, kind="stable", na_position="last")
    calls = calls.assign(day=pd.to_datetime(calls["day"])).astype(dict.fromkeys((*_NAMES, *_RECORDED), "category"))
    surveys = tables.surveys.loc[
        tables.surveys["call"].notna(), ["call", "agent_id", "agent_id_borrowed", "team", "day", *ANSWERS]
    ]
    return Tables(calls, tables.days.iloc[:0], surveys)


def listed_calls(tables: Tables, asked: AskedKpis, *, of: str = "", start: int = 0, count: int | None = None) -> Listed:
    """Return calls that figures are of.

    Args:
        tables: As `tables_to_list` gives them, of the days asked for or more.
        asked: Whose calls, of which days, and the scope of who asks.
        of: Which of them: one of `CHOICES`.
        start: How many to pass over; ``count`` is how many to give at most.
    """
    own = own_recordings(tables.calls, asked.scope)
    calls, surveys = tables.calls, tables.surveys
    if not asked.scope.whole:
        calls, surveys = without_borrowed(calls, surveys, own)
    answers = surveys[seen(surveys, asked)].groupby("call")[list(ANSWERS)].last()
    calls = pd.concat([calls, answers.reindex(calls.index)], axis=1)
    places = np.flatnonzero(seen(calls, asked) & CHOICES[of](calls))
    end = None if count is None else start + count
    some = calls.iloc[places[start:end]]
    some = some.assign(call_id=some["call_id"].where(own[some.index]))
    lines = some.to_dict("records")
    return Listed(
        calls=tuple(_listed({str(name): _known(value) for name, value in line.items()}) for line in lines),
        found=len(places),
    )


def _listed(line: dict[str, Any]) -> KpiCall:
    plain: dict[str, Any] = {name: line[name] for name in ("call_id", *_NAMES, *_SECONDS)}
    plain |= {name: None if line[name] is None else int(line[name]) for name in ANSWERS}
    return KpiCall(
        from_phone=bool(line["from_phone"]),
        started_at=None if line["started_at"] is None else line["started_at"].to_pydatetime(),
        handled=bool(line["handled"]),
        transferred=None if line["transferred"] is None else bool(line["transferred"]),
        resolved=None if line["resolved"] is None else bool(line["resolved"]),
        **plain,
    )


def _known(value: Any) -> Any:
    return None if value is None or pd.isna(value) else value
