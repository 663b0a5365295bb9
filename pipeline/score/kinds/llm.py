"""Criteria answered by a language model that has read the transcript and cites it."""

from __future__ import annotations

import dataclasses

from pipeline.errors import AnswerError
from pipeline.records import CallFacts, LlmTest, Status
from pipeline.score.answer import Answer, not_applicable, unknown
from pipeline.score.answers import allowed, share_of_answer, spelled
from pipeline.score.fingerprints import question_fingerprint
from pipeline.score.kinds.findings import place


def answer(facts: CallFacts, test: LlmTest) -> Answer:
    """Answer as the model did, where its answer is one that the question has and cites the call; else a person answers.

    Whether the cited words stand in the transcript was checked before (`pipeline.judge`). Without a citation there is
    no point to give: an answer that shows nothing cannot be contradicted. Confidence is the model's own.
    """
    judgement = facts.judgement(question_fingerprint(test))
    if judgement is None:
        return unknown(f"The language-model judge is off; a person answers this: {test.question}")
    evidence = tuple(sorted(judgement.evidence, key=place))
    if not judgement.applicable:
        exempt = not_applicable(judgement.reason)
        return dataclasses.replace(exempt, confidence=judgement.confidence, evidence=evidence)
    if judgement.answer is None:
        return dataclasses.replace(unknown(judgement.reason), evidence=evidence)
    try:
        status, share = share_of_answer(test.answers, judgement.answer)
    except AnswerError:  # its message repeats the answer, which may hold words of the call
        return unknown(f"The language model gave no answer that this question has; it is {allowed(test.answers)}.")
    if not evidence and status is not Status.NOT_APPLICABLE:
        return unknown("The language model's answer cites nothing from the call: no citation, no point.")
    return Answer(
        status=status,
        share=share,
        reason=judgement.reason,
        confidence=judgement.confidence,
        evidence=evidence,
        words=spelled(test.answers, judgement.answer),
    )
