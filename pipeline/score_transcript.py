"""Score a transcript without a recording and without a database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pipeline import keys
from pipeline.detectors import Detectors
from pipeline.match_transcript import recording_of
from pipeline.privacy.redact import redact
from pipeline.records import CallFacts, CallScore, Flag, Rubric, Transcript
from pipeline.rubric_facts.facts import facts_for
from pipeline.score.evaluate import evaluate
from pipeline.score.flags import raise_flags


@dataclass(frozen=True, kw_only=True)
class ScoredTranscript:
    """A score with the facts it rests on and the flags it raises."""

    facts: CallFacts
    score: CallScore
    flags: tuple[Flag, ...]


def score_transcript(
    transcript: Transcript,
    rubric: Rubric,
    detectors: Detectors,
    *,
    queue: str | None = None,
    direction: str | None = None,
) -> ScoredTranscript:
    """Score a transcript against a rubric.

    What only sound can tell, such as hold music, is told from the words alone.

    Args:
        transcript: It is redacted first, whether it was before or not.
        rubric: What to score against.
        detectors: Rules and sentiment engine.
        queue: Queue of the call; None takes the rubric's own where it names exactly one.
        direction: ``inbound`` or ``outbound``; None where unknown.
    """
    settings = detectors.settings
    clean = redact(transcript, settings.privacy)
    own_queue = rubric.queues[0] if len(rubric.queues) == 1 else None
    recording = recording_of(clean, queue=queue or own_queue, direction=direction)
    sentiment, measures = detectors.read(clean), detectors.measure(clean, None)
    heard = recording.sha256
    own = facts_for(rubric, clean, recording, under=detectors.keys(heard, recording), settings=settings, once=_at_once)
    facts = CallFacts(
        recording=recording,
        transcript=clean,
        findings=(*detectors.find(clean, recording, sentiment, measures).findings, *own.findings),
        sentiment=sentiment,
        measures=measures,
        judgements=own.judgements,
    )
    facts_key = keys.facts_key(recording, own.keys)
    score_id = keys.score_key(facts=facts_key, rubric=rubric, flags=settings.flags)
    score = evaluate(facts, rubric, score_id=score_id)
    return ScoredTranscript(facts=facts, score=score, flags=raise_flags(facts, score, rubric, settings.flags))


def _at_once(step: str, key: str, kind: type[Any], make: Callable[[], Any]) -> Any:
    return make()
