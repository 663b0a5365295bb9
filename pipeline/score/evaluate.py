"""Score a call: a pure function of its facts, a rubric and what reviews taught. Equal inputs give equal bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pipeline.records import (
    LEFT_TO_PEOPLE,
    CallFacts,
    CallScore,
    CombinationTest,
    Criterion,
    CriterionResult,
    CriterionTest,
    LlmTest,
    PhraseTest,
    Rubric,
    ScoreTerms,
    Section,
    SectionTerms,
    Trust,
)
from pipeline.score.answer import Answer, unknown
from pipeline.score.applies import Results, exemption, language_gap
from pipeline.score.fingerprints import question_fingerprint
from pipeline.score.heard import as_heard
from pipeline.score.kinds import combination, llm, manual, measure, phrase, rule, sentiment, sequence
from pipeline.score.order import answering_order
from pipeline.score.questions import named_rules, own_rule_ids
from pipeline.score.withhold import withhold_unsure

KINDS: dict[str, Callable[[CallFacts, Any], Answer]] = {
    "rule": rule.answer,
    "measure": measure.answer,
    "sentiment": sentiment.answer,
    "sequence": sequence.answer,
    "manual": manual.answer,
    "llm": llm.answer,
}
"""How each kind of test is answered that needs nothing but the facts; `phrase` and `combination` stand in `_answer`."""


def evaluate(facts: CallFacts, rubric: Rubric, *, score_id: str, trust: Trust | None = None) -> CallScore:
    """Answer every criterion of a rubric.

    Args:
        facts: Everything that is known about the call.
        rubric: From `pipeline.score.rubrics`, checked.
        score_id: Id of the score, from the hash of its inputs.
        trust: What reviewed answers tell about the confidence of this rubric's answers; None where nothing was learnt.

    Returns:
        The answers in the order of the rubric, from which `CallScore` derives totals. Nothing is raised for what is
        unknown: that is an answer. In a language that the rubric does not cover, all of them are unknown; of a party of
        whom nothing was heard, what that party said. Where the criteria stand in the file decides nothing: what hangs
        on another answer is answered after it.
    """
    facts = as_heard(facts)
    gap = language_gap(facts, rubric)
    unanswerable = None if gap is None else unknown(gap)
    stands_in = {criterion.id: (section, criterion) for section in rubric.sections for criterion in section.criteria}
    results: dict[str, CriterionResult] = {}
    for criterion_id in answering_order(_dependencies(rubric)):
        section, criterion = stands_in[criterion_id]
        answer = unanswerable or _answer_criterion(facts, rubric, criterion, results)
        results[criterion_id] = withhold_unsure(_result(facts, section, criterion, answer), criterion, trust)
    return CallScore(
        score_id=score_id,
        call_id=facts.recording.call_id,
        rubric_id=rubric.id,
        rubric_version=rubric.version,
        rubric_fingerprint=rubric.fingerprint,
        pass_share=rubric.pass_share,
        results=tuple(results[criterion_id] for criterion_id in stands_in),
        terms=_terms(rubric),
    )


def _dependencies(rubric: Rubric) -> dict[str, tuple[str, ...]]:
    return {
        criterion.id: tuple(condition.criterion_id for condition in criterion.applies_if.answers)
        for criterion in rubric.criteria()
    }


def _answer_criterion(facts: CallFacts, rubric: Rubric, criterion: Criterion, results: Results) -> Answer:
    exempt = exemption(facts, criterion.applies_if, results)
    return exempt or _answer(facts, criterion.test, iter(own_rule_ids(rubric, criterion)))


def _answer(facts: CallFacts, test: CriterionTest, own_ids: Iterator[str]) -> Answer:
    """Answer a test; phrase tests take the ids under which they were looked for one after the other."""
    if isinstance(test, PhraseTest):
        return phrase.answer(facts, test, next(own_ids))
    if isinstance(test, CombinationTest):
        return combination.combine(test, [_answer(facts, part, own_ids) for part in test.tests])
    return KINDS[test.kind](facts, test)


def _result(facts: CallFacts, section: Section, criterion: Criterion, answer: Answer) -> CriterionResult:
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
        auto_fail_effect=criterion.auto_fail_effect,
        auto_fail_cap=criterion.auto_fail_cap,
        confidence=answer.confidence,
        raw_confidence=answer.confidence,
        answer=answer.words,
        asked=question_fingerprint(criterion.test),
        kind=_what_answered(facts, criterion.test),
        depends_on=criterion.applies_if.answers,
        evidence=answer.evidence,
        searched=answer.searched,
        nearest_miss=answer.nearest_miss,
        rule_ids=tuple(dict.fromkeys(named.rule_id for named in named_rules(criterion) if named.test is not None)),
    )


def _what_answered(facts: CallFacts, test: CriterionTest) -> str:
    """Return the kind of a test; a question for a language model that was not asked is one for people."""
    not_asked = isinstance(test, LlmTest) and facts.judgement(question_fingerprint(test)) is None
    return LEFT_TO_PEOPLE if not_asked else test.kind


def _terms(rubric: Rubric) -> ScoreTerms:
    sections = tuple(
        SectionTerms(
            section_id=section.id, title=section.title, bonus=section.bonus, critical_below=section.critical_below
        )
        for section in rubric.sections
    )
    return ScoreTerms(weighting=rubric.weighting, max_share=rubric.max_share, sections=sections)
