"""Which recording is which call of the telephone system: by the call's id, or by who took it and when."""

from __future__ import annotations

import pandas as pd

BY_CALL_ID = "call id"
BY_EXTERNAL_ID = "external id"
BY_AGENT_AND_START = "agent and start"


def join_recordings(phone: pd.DataFrame, recordings: pd.DataFrame, *, within_s: float) -> pd.DataFrame:
    """Return ``call_id`` and ``joined_by`` for each of the telephone system's calls, by its index; None where none.

    First by ``call_ref``, as the id of a recording or the external id in its metadata; an external id that several
    recordings have joins none. What is left over is joined by agent and start: to the agent's recording that begins
    nearest, at most ``within_s`` away. A recording is joined once: of several parts of a call (legs) to the one of its
    own agent, else to the first; of two calls that begin near it to the nearer one.

    Args:
        phone: call_ref, agent_id, started_at.
        recordings: call_id, external_id, agent_id, started_at.
        within_s: How far the starts may lie apart.
    """
    joined = pd.DataFrame({"call_id": None, "joined_by": None}, index=phone.index, dtype="object")
    if phone.empty or recordings.empty:
        return joined
    for column, name in (("call_id", BY_CALL_ID), ("external_id", BY_EXTERNAL_ID)):
        known = recordings[recordings[column].notna() & ~recordings["call_id"].isin(joined["call_id"].dropna())]
        known = known.drop_duplicates(column, keep=False).set_index(column, drop=False)
        left = phone[joined["call_id"].isna() & phone["call_ref"].isin(known.index)]
        if left.empty:
            continue
        found = known["call_id"].reindex(left["call_ref"]).set_axis(left.index)
        own_agent = known["agent_id"].reindex(left["call_ref"]).set_axis(left.index) == left["agent_id"]
        order = pd.DataFrame({"call_id": found, "other": ~own_agent, "at": left["started_at"]})
        first = order.sort_values(["other", "at"], kind="stable").drop_duplicates("call_id").index
        joined.loc[first, "call_id"] = found[first]
        joined.loc[first, "joined_by"] = name
    # The other legs of a joined call are not joined by time either: their recording has its call.
    legs = phone["call_ref"].isin(phone.loc[joined["call_id"].notna(), "call_ref"].dropna())
    nearest = _nearest(
        phone[joined["call_id"].isna() & ~legs],
        recordings[~recordings["call_id"].isin(joined["call_id"].dropna())],
        within_s,
    )
    joined.loc[nearest.index, "call_id"] = nearest
    joined.loc[nearest.index, "joined_by"] = BY_AGENT_AND_START
    return joined


def _nearest(phone: pd.DataFrame, recordings: pd.DataFrame, within_s: float) -> pd.Series[str]:
    """Return the recording of each call that one was found for, by the call's index."""
    left = phone.loc[phone["agent_id"].notna(), ["agent_id", "started_at"]].rename_axis("place").reset_index()
    right = recordings.loc[
        recordings["agent_id"].notna() & recordings["started_at"].notna(), ["agent_id", "started_at", "call_id"]
    ].assign(recorded_at=lambda frame: frame["started_at"])
    if left.empty or right.empty:
        return pd.Series(dtype="object")
    met = pd.merge_asof(
        left.sort_values("started_at", kind="stable"),
        right.sort_values("started_at", kind="stable"),
        on="started_at",
        by="agent_id",
        direction="nearest",
        tolerance=pd.Timedelta(seconds=within_s),
    )
    met = met[met["call_id"].notna()]
    apart = (met["started_at"] - met["recorded_at"]).abs()
    nearest = met.assign(apart=apart).sort_values(["apart", "started_at"], kind="stable").drop_duplicates("call_id")
    return nearest.set_index("place")["call_id"].astype("object")
