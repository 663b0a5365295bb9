"""Score a call: a pure function of its facts and a rubric. Equal inputs give equal bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pipeline.records import CallFacts, CallScore, Criterion, CriterionResult, Rubric, RuleTest, Section
from pipeline.score.answer import Answer, unknown
from pipeline.score.applies import exemption, language_gap
from pipeline.score.kinds import manual, measure, rule, sentiment

KINDS: dict[str, Callable[[CallFacts, Any], Answer]] = {
    "rule": rule.answer,
    "measure": measure.answer,
    "sentiment": sentiment.answer,
    "manual": manual.answer,
}
"""How each kind of criterion is answered."""


def evaluate(facts: CallFacts, rubric: Rubric, *, score_id: str) -> CallScore:
    """Answer every criterion of a rubric, in order.

    Args:
        facts: Everything that is known about the call.
        rubric: From `pipeline.score.rubrics`, checked.
        score_id: Id of the score, from the hash of its inputs.

    Returns:
        The answers, from which `CallScore` derives totals. Nothing is raised for what is unknown: that is an answer. In
        a language that the rubric does not cover, all of them are unknown.
    """
    gap = language_gap(facts, rubric)
    unanswerable = None if gap is None else unknown(gap)
    results = tuple(
        _result(section, criterion, unanswerable or _answer(facts, criterion))
        for section in rubric.sections
        for criterion in section.criteria
    )
    return CallScore(
        score_id=score_id,
        call_id=facts.recording.call_id,
        rubric_id=rubric.id,
        rubric_version=rubric.version,
        rubric_fingerprint=rubric.fingerprint,
        pass_share=rubric.pass_share,
        results=results,
    )


def _answer(facts: CallFacts, criterion: Criterion) -> Answer:
    return exemption(facts, criterion.applies_if) or KINDS[criterion.test.kind](facts, criterion.test)


def _result(section: Section, criterion: Criterion, answer: Answer) -> CriterionResult:
    return CriterionResult(
        criterion_id=criterion.id,
        section_id=section.id,
        title=criterion.title,
        status=answer.status,
        reason=answer.reason,
        points_possible=criterion.points,
        points_earned=None if answer.share is None else criterion.points * answer.share,
        weight=section.weight,
        critical=criterion.critical,
        auto_fail=criterion.auto_fail,
        confidence=answer.confidence,
        evidence=answer.evidence,
        searched=answer.searched,
        nearest_miss=answer.nearest_miss,
        rule_ids=criterion.test.rules if isinstance(criterion.test, RuleTest) else (),
    )
