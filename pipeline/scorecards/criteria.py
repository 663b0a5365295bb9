"""How each criterion went, and which misses repeat themselves."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

import pandas as pd

from pipeline.records import CoachingTopic, CriterionSummary, Status
from pipeline.scorecards.statistics import DECIMALS, wilson

LAST_CALLS = 5
MISSES = 4
MAX_TOPICS = 2


def criterion_summaries(answers: pd.DataFrame) -> tuple[CriterionSummary, ...]:
    """Return one summary per criterion, in the rubric's order.

    Args:
        answers: Answers of the calls of one scorecard, in the rubric's order (`selection.answers_of`).
    """
    if answers.empty:
        return ()
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for criterion_id, status in zip(answers["criterion_id"], answers["status"], strict=True):
        counts[criterion_id][status] += 1
    assessed = answers[answers["points_earned"].notna()].groupby("criterion_id")
    earned, possible = assessed["points_earned"].sum().to_dict(), assessed["points_possible"].sum().to_dict()
    # Wording may change under one fingerprint: the latest answer has the wording of today.
    described = answers.drop_duplicates("criterion_id", keep="last").to_dict(orient="records")
    return tuple(
        _summary(row, counts[criterion_id], earned.get(criterion_id, 0.0), possible.get(criterion_id, 0.0))
        for row in described
        for criterion_id in [row["criterion_id"]]
    )


def coaching_topics(answers: pd.DataFrame, calls: pd.DataFrame) -> tuple[CoachingTopic, ...]:
    """Return what to coach on: criteria failed in at least 4 of the last 5 calls that could be assessed, at most two.

    A single miss is no topic, and neither is one of fewer than 4 calls. Critical criteria come first, then the most
    frequent misses.

    Args:
        answers: Answers of the calls of one scorecard.
        calls: Those calls, with ``score_id``, ``call_id`` and ``started_at``; calls without a time count as oldest.
    """
    in_order = calls.sort_values(["started_at", "call_id"], na_position="first", kind="stable")
    place = {score_id: i for i, score_id in enumerate(in_order["score_id"])}
    call_ids = dict(zip(in_order["score_id"], in_order["call_id"], strict=True))
    assessed = answers[answers["status"].isin([Status.PASS, Status.PARTIAL, Status.FAIL])]
    topics = []
    for criterion_id, group in assessed.groupby("criterion_id", sort=False):
        last = group.assign(place=group["score_id"].map(place)).sort_values("place").tail(LAST_CALLS)
        missed = last[last["status"] == Status.FAIL]
        if len(missed) >= MISSES:
            topics.append(
                CoachingTopic(
                    criterion_id=str(criterion_id),
                    title=str(last["title"].iloc[-1]),
                    missed=len(missed),
                    assessed=len(last),
                    call_ids=tuple(call_ids[score_id] for score_id in missed["score_id"]),
                    critical=bool(last["critical"].iloc[-1]),
                )
            )
    return tuple(sorted(topics, key=lambda topic: (not topic.critical, -topic.missed))[:MAX_TOPICS])


def _summary(
    row: Mapping[Any, Any], count: Mapping[str, int], points_earned: float, points_possible: float
) -> CriterionSummary:
    return CriterionSummary(
        criterion_id=str(row["criterion_id"]),
        title=str(row["title"]),
        section_id=str(row["section_id"]),
        passed=count[Status.PASS],
        partial=count[Status.PARTIAL],
        failed=count[Status.FAIL],
        not_applicable=count[Status.NOT_APPLICABLE],
        cannot_assess=count[Status.CANNOT_ASSESS],
        pass_rate=wilson(count[Status.PASS], count[Status.PASS] + count[Status.PARTIAL] + count[Status.FAIL]),
        points_share=round(points_earned / points_possible, DECIMALS) if points_possible > 0 else None,
        critical=bool(row["critical"]),
    )
