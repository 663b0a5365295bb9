"""What a rubric itself asks of a transcript: its own phrases, and its questions to a language model."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pipeline import keys
from pipeline.config import Settings
from pipeline.errors import JudgeError
from pipeline.judge.fingerprints import judge_fingerprint
from pipeline.records import (
    CallFindings,
    CallJudgements,
    FactKeys,
    Finding,
    Judgement,
    LlmTest,
    Recording,
    Rubric,
    Transcript,
)
from pipeline.rubric_facts.phrases import find_own, own_key
from pipeline.score.fingerprints import question_fingerprint

Once = Callable[[str, str, type[Any], Callable[[], Any]], Any]
"""Does a step once: its name, its key, what it gives, and how to make that."""

NOT_ANSWERED = "judgements-none"
"""Stands for the key of judgements that could not be had: nothing is stored under it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RubricFacts:
    """What was found for a rubric, and the keys of all facts that its score rests on."""

    keys: FactKeys
    findings: tuple[Finding, ...] = ()
    judgements: tuple[Judgement, ...] = ()


def facts_for(
    rubric: Rubric, transcript: Transcript, recording: Recording, *, under: FactKeys, settings: Settings, once: Once
) -> RubricFacts:
    """Return what a rubric's own phrases and questions find in a call; most rubrics ask for neither.

    Args:
        rubric: What the call is scored by.
        transcript: The redacted one.
        recording: The call.
        under: The keys of the facts that every rubric looks at.
        settings: How near words must be, and which language model answers, if any.
        once: Returns what is stored of a step, or makes and stores it.
    """
    findings: tuple[Finding, ...] = ()
    own = own_key(rubric, transcript=under.transcript, settings=settings.compliance)
    if own is not None:
        found = once(
            "own_findings", own, CallFindings, lambda: find_own(rubric, transcript, recording, settings.compliance)
        )
        findings, under = found.findings, dataclasses.replace(under, own_findings=own)
    questions = questions_of(rubric)
    if not questions or settings.judge.url is None or not rubric.covers(transcript.language):
        return RubricFacts(keys=under, findings=findings)
    key, judgements = _judgements(questions, transcript, under, settings, once)
    return RubricFacts(keys=dataclasses.replace(under, judgements=key), findings=findings, judgements=judgements)


def questions_of(rubric: Rubric) -> dict[str, LlmTest]:
    """Return the questions of a rubric to a language model, by fingerprint: one that is asked twice is asked once."""
    tests = [criterion.test for criterion in rubric.criteria()]
    return {question_fingerprint(test): test for test in tests if isinstance(test, LlmTest)}


def _judgements(
    questions: dict[str, LlmTest], transcript: Transcript, under: FactKeys, settings: Settings, once: Once
) -> tuple[str, tuple[Judgement, ...]]:
    """Return the key and the answers; where the server failed nothing is stored, and the next run asks again."""

    def ask() -> CallJudgements:
        from pipeline.judge.judge import judge_call  # noqa: PLC0415 - its HTTP client is imported where one is asked

        judged = judge_call(transcript, questions, settings.judge)
        if judged.passing:
            raise JudgeError(judged.passing[0].reason)
        return judged.judgements

    key = keys.judgements_key(transcript=under.transcript, judge=judge_fingerprint(settings.judge, questions))
    try:
        return key, once("judgements", key, CallJudgements, ask).judgements
    except JudgeError:
        reason = "the language model could not be asked; the next run asks again"
        return NOT_ANSWERED, tuple(Judgement(question=name, answer=None, reason=reason) for name in questions)
