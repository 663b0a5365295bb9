"""How each criterion went, and which misses repeat themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from pipeline.config import CoachingSettings
from pipeline.records import CoachingTopic, CriterionSummary, Interval, Status
from pipeline.scorecards.statistics import DECIMALS, difference, wilson
from pipeline.scorecards.topics import ASSESSED

_QUESTION = ["card", "criterion_id"]


def criterion_summaries(
    answers: pd.DataFrame, calls: pd.DataFrame, min_calls: int
) -> Mapping[int, tuple[CriterionSummary, ...]]:
    """Return one summary per criterion, in the rubric's order, by the number of the scorecard.

    Args:
        answers: Answers of `selection.answers_of`.
        calls: Lines of their calls in order of time, with ``card`` and ``started_at``.
        min_calls: The smallest half of the calls whose pass rate is compared with that of the other half.
    """
    if answers.empty:
        return {}
    counts = answers.groupby([*_QUESTION, "status"]).size().unstack(fill_value=0).reindex(columns=list(Status))
    points = answers[answers["points_earned"].notna()].groupby(_QUESTION)[["points_earned", "points_possible"]].sum()
    # Wording may change under one fingerprint: the latest answer has the wording of today.
    described = answers.drop_duplicates(_QUESTION, keep="last").sort_values("position", kind="stable")
    lines = described[[*_QUESTION, "section_id", "title", "critical"]].join(counts.fillna(0), on=_QUESTION)
    lines = lines.join(points.fillna(0), on=_QUESTION).fillna({"points_earned": 0.0, "points_possible": 0.0})
    changes = _changes(answers, calls, min_calls)
    summaries: defaultdict[int, list[CriterionSummary]] = defaultdict(list)
    for line in lines.to_dict(orient="records"):
        summaries[line["card"]].append(_summary(line, changes.get((line["card"], line["criterion_id"]))))
    return {card: tuple(of_card) for card, of_card in summaries.items()}


def coaching_topics(
    answers: pd.DataFrame, calls: pd.DataFrame, settings: CoachingSettings
) -> Mapping[int, tuple[CoachingTopic, ...]]:
    """Return what to coach on: criteria failed in most of the last calls that could be assessed (4 of 5, at most two).

    A single miss is no topic, and neither is one of fewer calls than have to be failed. Critical criteria come first,
    then the most frequent misses.

    Args:
        answers: Answers of `selection.answers_of`.
        calls: Lines of their calls in order of time, with ``call_id``; calls without a time count as oldest.
        settings: How many of how many calls make a topic, and how many topics are named.

    Returns:
        Topics by the number of the scorecard; scorecards without any are left out.
    """
    last = answers[answers["status"].isin(ASSESSED)].groupby(_QUESTION).tail(settings.last_calls)
    last = last.assign(missed=last["status"] == Status.FAIL)
    last = last[last.groupby(_QUESTION)["missed"].transform("sum") >= settings.misses]
    found: defaultdict[int, list[tuple[int, CoachingTopic]]] = defaultdict(list)
    questions: Iterable[tuple[Any, pd.DataFrame]] = last.groupby(_QUESTION)
    for (card, criterion_id), of_question in questions:
        latest = of_question.iloc[-1]
        missed = calls["call_id"].iloc[of_question.loc[of_question["missed"], "place"]]
        topic = CoachingTopic(
            criterion_id=str(criterion_id),
            title=str(latest["title"]),
            missed=len(missed),
            assessed=len(of_question),
            call_ids=tuple(missed),
            critical=bool(latest["critical"]),
        )
        found[card].append((int(latest["position"]), topic))
    return {card: _first(topics)[: settings.max_topics] for card, topics in found.items()}


def _first(topics: list[tuple[int, CoachingTopic]]) -> tuple[CoachingTopic, ...]:
    """Return topics with their positions in the rubric in order of urgency."""
    ranked = sorted(topics, key=lambda each: (not each[1].critical, -each[1].missed, each[0]))
    return tuple(topic for _, topic in ranked)


def _changes(answers: pd.DataFrame, calls: pd.DataFrame, min_calls: int) -> dict[tuple[int, str], Interval]:
    """Return by question how its pass rate changed from the earlier half of the assessed calls to the later one."""
    dated = calls["started_at"].notna().to_numpy()
    assessed = answers[answers["status"].isin(ASSESSED) & dated[answers["place"]]]
    questions = assessed.groupby(_QUESTION)["place"]
    is_later = questions.cumcount() >= questions.transform("size") // 2
    marked = assessed[_QUESTION].assign(passed=assessed["status"] == Status.PASS)
    earlier, later = (marked[half].groupby(_QUESTION)["passed"].agg(["sum", "size"]) for half in (~is_later, is_later))
    enough = earlier[earlier["size"] >= min_calls].join(later.add_suffix("_later"))
    halves: Mapping[Any, Mapping[Any, int]] = enough.to_dict(orient="index")
    return {
        question: difference(_rate(half["sum_later"], half["size_later"]), _rate(half["sum"], half["size"]))
        for question, half in halves.items()
    }


def _rate(passed: int, calls: int) -> Interval:
    rate = wilson(passed, calls)
    assert rate is not None, "a half has calls"
    return rate


def _summary(line: Mapping[Any, Any], change: Interval | None) -> CriterionSummary:
    passed, partial, failed = (int(line[status]) for status in ASSESSED)
    possible = line["points_possible"]
    return CriterionSummary(
        criterion_id=str(line["criterion_id"]),
        title=str(line["title"]),
        section_id=str(line["section_id"]),
        passed=passed,
        partial=partial,
        failed=failed,
        not_applicable=int(line[Status.NOT_APPLICABLE]),
        cannot_assess=int(line[Status.CANNOT_ASSESS]),
        pass_rate=wilson(passed, passed + partial + failed),
        points_share=round(line["points_earned"] / possible, DECIMALS) if possible > 0 else None,
        critical=bool(line["critical"]),
        change=change,
    )
