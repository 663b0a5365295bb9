"""What a rubric itself asks of a transcript: its own phrases, and its questions to a language model."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from pipeline.config import Settings
from pipeline.records import CallFindings, FactKeys, Finding, Judgement, Recording, Rubric, Transcript
from pipeline.rubric_facts.judgements import Once, ask, put_together, questions_for
from pipeline.rubric_facts.phrases import find_own, own_key


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
        rubric: What the call is scored by. In a language that it does not cover no model is asked.
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
        findings = found.findings
    questions = questions_for(rubric, transcript=under.transcript, settings=settings)
    covered = rubric.covers(transcript.language)
    asked = ask(questions, transcript, settings, once) if covered and questions else put_together(questions, {})
    return RubricFacts(
        keys=dataclasses.replace(under, own_findings=own, judgements=asked.keys),
        findings=findings,
        judgements=asked.judgements,
    )
