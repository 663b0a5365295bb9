"""All calls of a period as one table: those of the telephone system, and recorded ones that it does not tell of."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from pipeline.kpis.joins import join_recordings
from pipeline.records.direction import direction
from pipeline.records.kpis import Columns

_TEXTS = ("agent_id", "team", "queue", "topic", "customer_ref", "direction")
BORROWED = ("agent_id", "queue", "direction")
"""What lists show of a call that may be its recording's alone; ``NAME_borrowed`` tells of which calls it is."""
_SECONDS = ("talk_s", "hold_s", "wrap_up_s")


def all_calls(phone: Columns, recordings: Columns, *, within_s: float) -> pd.DataFrame:
    """Return one line per call.

    Columns: call_ref, call_id and external_id (of the recording, or None), joined_by, from_phone, agent_id, team,
    queue, topic, customer_ref, direction, started_at (UTC or NaT), talk_s, hold_s, wrap_up_s, transferred, share,
    handled, handle_s, recorded_agent_id and recorded_team: whose the recording is; agent_id_borrowed, queue_borrowed
    and direction_borrowed: whether the telephone system told nothing of it, and it is the recording's.
    What the telephone system does not tell of a call is taken from its recording. A team that neither names is that of
    the agent, where the agent's recordings are all of one team.
    """
    called = _frame(phone, (*_TEXTS, "call_ref"), _SECONDS)
    called["transferred"] = called["transferred"].astype("boolean")
    recorded = _frame(recordings, (*_TEXTS, "call_id", "external_id"), ("share",))
    called[["call_id", "joined_by"]] = join_recordings(called, recorded, within_s=within_s)
    of_call = recorded.set_index("call_id")
    for name in _TEXTS:
        of_recording = of_call[name].reindex(called["call_id"]).set_axis(called.index)
        if name in BORROWED:
            called[f"{name}_borrowed"] = called[name].isna() & of_recording.notna()
        called[name] = called[name].where(called[name].notna(), of_recording)
    called["share"] = of_call["share"].reindex(called["call_id"]).set_axis(called.index)
    called["external_id"] = of_call["external_id"].reindex(called["call_id"]).set_axis(called.index)
    for name in ("agent_id", "team"):
        called[f"recorded_{name}"] = of_call[name].reindex(called["call_id"]).set_axis(called.index)
    called["from_phone"] = True
    alone = recorded[~recorded["call_id"].isin(called["call_id"].dropna())]
    alone = alone.assign(recorded_agent_id=alone["agent_id"], recorded_team=alone["team"])
    alone = alone.assign(**{f"{name}_borrowed": False for name in BORROWED})
    calls = _below_each_other(called, alone.assign(from_phone=False))
    calls["direction"] = calls["direction"].map(direction, na_action="ignore")
    calls["team"] = known_teams(calls, recorded)
    calls["handled"] = calls["from_phone"] & calls["agent_id"].notna() & (calls["talk_s"] > 0)
    calls["handle_s"] = calls["talk_s"] + calls["hold_s"] + calls["wrap_up_s"]
    return calls


def known_teams(rows: pd.DataFrame, known_calls: pd.DataFrame) -> pd.Series[str]:
    """Return teams, the unknown ones filled in where all calls of the agent of which a team is known are of one."""
    known = known_calls[["agent_id", "team"]].dropna().drop_duplicates()
    single = known.drop_duplicates("agent_id", keep=False).set_index("agent_id")["team"]
    of_agent = single.reindex(rows["agent_id"]).set_axis(rows.index)
    teams = rows["team"].where(rows["team"].notna(), of_agent).astype("object")
    return teams.where(teams.notna(), None)


def _frame(columns: Columns, texts: Iterable[str], numbers: Iterable[str]) -> pd.DataFrame:
    frame = pd.DataFrame({name: pd.Series(list(values), dtype="object") for name, values in columns.items()})
    for name in texts:
        frame[name] = frame[name].where(frame[name].notna(), None)
    for name in numbers:
        frame[name] = frame[name].astype("float64")
    frame["started_at"] = pd.to_datetime(frame["started_at"], utc=True).astype("datetime64[us, UTC]")
    return frame


def _below_each_other(called: pd.DataFrame, alone: pd.DataFrame) -> pd.DataFrame:
    """Return both tables as one; every column keeps its type, also where one of them is empty."""
    alone = alone.reindex(columns=called.columns)
    return pd.concat(
        [called, alone.astype({name: called[name].dtype for name in called if alone[name].isna().all()})],
        ignore_index=True,
    ).astype({name: called[name].dtype for name in called if name != "from_phone"} | {"from_phone": "bool"})
