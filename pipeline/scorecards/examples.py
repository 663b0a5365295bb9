"""Which calls a scorecard names: flagged ones to coach on, and good ones to learn from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from pipeline.records import CallToHear, Evidence, FlagReason, Severity, Status

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
    named = [_call(row, flags=tuple(flags[row["score_id"]])) for row in _dicts(calls[calls["flagged"]])]
    return tuple(sorted(named, key=urgency)[:limit])


def urgency(call: CallToHear) -> tuple[Any, ...]:
    """Return a sort key: the call to hear first comes first."""
    return (
        _RANK[call.severity] if call.severity else len(_RANK),
        call.share is None,
        call.share,
        -call.started_at.timestamp() if call.started_at else 0.0,
        call.call_id,
    )


def good_calls(calls: pd.DataFrame, answers: pd.DataFrame, limit: int) -> tuple[CallToHear, ...]:
    """Return passed calls without a flag, the best first, then the newest; what was met is said in the note."""
    passed = calls[calls["passed"].fillna(False).astype("bool") & ~calls["flagged"]]
    ascending = [False, False, True]
    ranked = passed.sort_values(["share", "started_at", "call_id"], ascending=ascending, kind="stable")
    best = _dicts(ranked.head(min(limit, MAX_GOOD_CALLS)))
    statuses = answers[answers["score_id"].isin([row["score_id"] for row in best])].groupby("score_id")["status"]
    by_score = {score_id: list(group) for score_id, group in statuses}
    return tuple(_call(row, note=_note(by_score.get(row["score_id"], []))) for row in best)


def _note(statuses: Sequence[str]) -> str:
    assessed = [status for status in statuses if status in (Status.PASS, Status.PARTIAL, Status.FAIL)]
    met = sum(status == Status.PASS for status in assessed)
    if not assessed:
        return ""
    if met == len(assessed):
        return "met every criterion that could be assessed"
    return f"met {met} of {len(assessed)} criteria that could be assessed"


def _call(row: Mapping[str, Any], *, flags: tuple[FlagReason, ...] = (), note: str = "") -> CallToHear:
    return CallToHear(
        call_id=row["call_id"],
        started_at=row["started_at"],
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
