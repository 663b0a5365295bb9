"""How each criterion went, and which misses repeat themselves."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from pipeline.records import CoachingTopic, CriterionSummary, Interval, Status
from pipeline.scorecards.statistics import DECIMALS, difference, wilson
from pipeline.scorecards.topics import ASSESSED, LAST_CALLS, MAX_TOPICS, MISSES


def criterion_summaries(answers: pd.DataFrame, calls: pd.DataFrame, min_calls: int) -> tuple[CriterionSummary, ...]:
    """Return one summary per criterion, in the rubric's order.

    Args:
        answers: Answers of the calls of one scorecard, in the rubric's order (`selection.answers_of`).
        calls: Those calls, with ``score_id``, ``call_id`` and ``started_at``.
        min_calls: The smallest half of the calls whose pass rate is compared with that of the other half.
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
    changes = _changes(answers, calls, min_calls)
    return tuple(
        _summary(
            row,
            counts[criterion_id],
            earned.get(criterion_id, 0.0),
            possible.get(criterion_id, 0.0),
            changes.get(criterion_id),
        )
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
    place = _places(calls)
    call_ids = dict(zip(calls["score_id"], calls["call_id"], strict=True))
    told = zip(*(answers[name] for name in ("criterion_id", "score_id", "status", "title", "critical")), strict=True)
    by_criterion: defaultdict[str, list[tuple[int, str, str, str, bool]]] = defaultdict(list)
    for criterion_id, score_id, status, title, critical in told:
        if status in ASSESSED:
            by_criterion[criterion_id].append((place[score_id], score_id, status, title, critical))
    topics = []
    for criterion_id, placed in by_criterion.items():
        last = sorted(placed)[-LAST_CALLS:]
        missed = [score_id for _, score_id, status, _, _ in last if status == Status.FAIL]
        if len(missed) >= MISSES:
            topics.append(
                CoachingTopic(
                    criterion_id=str(criterion_id),
                    title=str(last[-1][3]),
                    missed=len(missed),
                    assessed=len(last),
                    call_ids=tuple(call_ids[score_id] for score_id in missed),
                    critical=bool(last[-1][4]),
                )
            )
    return tuple(sorted(topics, key=lambda topic: (not topic.critical, -topic.missed))[:MAX_TOPICS])


def _places(calls: pd.DataFrame) -> dict[str, int]:
    """Return the place in time of each score; calls without a time come first."""
    in_order = calls.sort_values(["started_at", "call_id"], na_position="first", kind="stable")
    return {score_id: place for place, score_id in enumerate(in_order["score_id"])}


def _changes(answers: pd.DataFrame, calls: pd.DataFrame, min_calls: int) -> dict[str, Interval]:
    """Return by criterion how its pass rate changed from the earlier half of the assessed calls to the later one."""
    place = _places(calls[calls["started_at"].notna()])
    by_criterion: defaultdict[str, list[tuple[int, bool]]] = defaultdict(list)
    for criterion_id, score_id, status in zip(
        answers["criterion_id"], answers["score_id"], answers["status"], strict=True
    ):
        if status in ASSESSED and score_id in place:
            by_criterion[criterion_id].append((place[score_id], status == Status.PASS))
    changes = {}
    for criterion_id, placed in by_criterion.items():
        passes = [passed for _, passed in sorted(placed)]
        middle = len(passes) // 2
        if middle >= min_calls:
            earlier, later = _rate(passes[:middle]), _rate(passes[middle:])
            changes[criterion_id] = difference(later, earlier)
    return changes


def _rate(passes: Sequence[bool]) -> Interval:
    rate = wilson(sum(passes), len(passes))
    assert rate is not None, "a half has calls"
    return rate


def _summary(
    row: Mapping[Any, Any],
    count: Mapping[str, int],
    points_earned: float,
    points_possible: float,
    change: Interval | None,
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
        change=change,
    )
