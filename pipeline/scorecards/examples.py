"""Which calls a scorecard names: flagged ones to coach on, and good ones to learn from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from pipeline.records import CallToHear, Evidence, FlagReason, Severity, Status
from pipeline.scorecards.topics import ASSESSED

FlagsByScore = Mapping[str, Sequence[FlagReason]]

MAX_GOOD_CALLS = 3
_RANK = {Severity.CRITICAL: 0, Severity.MAJOR: 1, Severity.MINOR: 2}


def flags_by_score(rows: Sequence[Mapping[str, Any]]) -> FlagsByScore:
    """Return the flags of every score, worst first."""
    flags: defaultdict[str, list[FlagReason]] = defaultdict(list)
    for row in rows:
        evidence: tuple[Evidence, ...] = tuple(row["evidence"])
        flags[row["score_id"]].append(
            FlagReason(
                code=row["code"],
                severity=Severity(row["severity"]),
                reason=row["reason"],
                criterion_id=row["criterion_id"],
                evidence=evidence,
            )
        )
    return {score_id: sorted(of_score, key=lambda flag: _RANK[flag.severity]) for score_id, of_score in flags.items()}


def calls_to_hear(calls: pd.DataFrame, flags: FlagsByScore, limit: int) -> tuple[CallToHear, ...]:
    """Return the flagged calls to hear first: the worst flag first, then the lowest score, then the newest.

    Args:
        calls: Lines of `selection.select`.
        flags: Flags by score.
        limit: At most this many.
    """
    flagged = calls[calls["flagged"]]
    gravest = flagged["score_id"].map(lambda score_id: _RANK[flags[score_id][0].severity])
    first = flagged.assign(gravest=gravest).sort_values(
        ["gravest", "share", "started_at", "call_id"], ascending=[True, True, False, True]
    )
    return tuple(_call(row, flags=tuple(flags[row["score_id"]])) for row in _dicts(first.head(limit)))


def urgency(call: CallToHear) -> tuple[Any, ...]:
    """Return a sort key: the call to hear first comes first."""
    return (
        _RANK[call.severity] if call.severity else len(_RANK),
        call.share is None,
        call.share,
        -call.started_at.timestamp() if call.started_at else 0.0,
        call.call_id,
    )


def good_calls(calls: pd.DataFrame, answers: pd.DataFrame, limit: int) -> Mapping[int, tuple[CallToHear, ...]]:
    """Return passed calls without a flag, the best first, then the newest; what was met is said in the note.

    Args:
        calls: Lines of `selection.select` with ``card``, the number of their scorecard, and ``place``.
        answers: Answers of `selection.answers_of`.
        limit: At most this many of each scorecard, and never more than `MAX_GOOD_CALLS`.

    Returns:
        Calls by the number of the scorecard; scorecards without any are left out.
    """
    if calls.empty:
        return {}
    passed = calls[calls["passed"].fillna(False).astype("bool") & ~calls["flagged"]]
    ascending = [False, False, True]
    ranked = passed.sort_values(["share", "started_at", "call_id"], ascending=ascending, kind="stable")
    best = ranked.groupby("card").head(min(limit, MAX_GOOD_CALLS))
    assessed = answers[answers["place"].isin(best["place"]) & answers["status"].isin(ASSESSED)]
    met = (assessed["status"] == Status.PASS).groupby(assessed["place"]).agg(["sum", "size"])
    good: defaultdict[int, list[CallToHear]] = defaultdict(list)
    for row in _dicts(best.join(met, on="place")):
        good[row["card"]].append(_call(row, note=_note(row["sum"], row["size"])))
    return {card: tuple(of_card) for card, of_card in good.items()}


def _note(met: float | None, assessed: float | None) -> str:
    if met is None or assessed is None:
        return ""
    if met == assessed:
        return "met every criterion that could be assessed"
    return f"met {met:.0f} of {assessed:.0f} criteria that could be assessed"


def _call(row: Mapping[str, Any], *, flags: tuple[FlagReason, ...] = (), note: str = "") -> CallToHear:
    return CallToHear(
        call_id=row["call_id"],
        started_at=None if row["started_at"] is None else row["started_at"].to_pydatetime(),
        share=row["share"],
        raw_share=row["raw_share"],
        severity=flags[0].severity if flags else None,
        agent_id=row["agent_id"],
        team=row["team"],
        queue=row["queue"],
        media_uri=row["media_uri"],
        flags=flags,
        note=note,
    )


def _dicts(calls: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the lines as plain values: no NaN, NaT or NA, which compare and serialise in their own ways."""
    return [
        {str(name): None if pd.isna(value) else value for name, value in row.items()}
        for row in calls.to_dict(orient="records")
    ]
