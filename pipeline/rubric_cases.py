"""Look at the words of a case of a rubric as at a call: rules, the rubric's own phrases, sentiment and measures."""

from __future__ import annotations

from dataclasses import replace

from pipeline.detectors import Detectors
from pipeline.dialogue import transcript_of_lines
from pipeline.privacy.redact import redact
from pipeline.records import CallFacts
from pipeline.rubric_facts.phrases import find_own
from pipeline.score.cases.cases import RubricCase
from pipeline.score.cases.facts import judgements_of, recording_of


def heard_facts(case: RubricCase, detectors: Detectors) -> CallFacts:
    """Return what is found in the lines of a case; what only sound can tell is told from the words alone.

    Args:
        case: One with lines.
        detectors: Rules and sentiment engine.

    Raises:
        ModelError: A model file is not the one it should be.
    """
    settings, call = detectors.settings, case.call
    length_s = call.duration_s if "duration_s" in call.model_fields_set else None
    spoken = transcript_of_lines(case.lines, language=call.language, confidence=call.confidence, duration_s=length_s)
    clean = redact(spoken, settings.privacy)
    recording = replace(recording_of(case), duration_ms=clean.duration_ms)
    sentiment, measures = detectors.read(clean), detectors.measure(clean, None)
    found = detectors.find(clean, recording, sentiment, measures).findings
    own = find_own(case.rubric, clean, recording, settings.compliance).findings
    return CallFacts(
        recording=recording,
        transcript=clean,
        findings=(*found, *own),
        sentiment=sentiment,
        measures=measures,
        judgements=judgements_of(case),
    )
