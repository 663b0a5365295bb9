"""Find what rules say of a transcript, without a recording, a rubric or a database."""

from __future__ import annotations

from pipeline.canonical import fingerprint, to_data
from pipeline.detectors import Detectors
from pipeline.privacy.redact import redact
from pipeline.records import Finding, Recording, Transcript


def match_transcript(
    transcript: Transcript, detectors: Detectors, *, queue: str | None = None, direction: str | None = None
) -> tuple[Finding, ...]:
    """Return one finding per active rule that applies.

    Args:
        transcript: It is redacted first, whether it was before or not.
        detectors: Rules, and what reads sentiment for those that ask for it.
        queue: Queue of the call; None where unknown.
        direction: ``inbound`` or ``outbound``; None where unknown.
    """
    clean = redact(transcript, detectors.settings.privacy)
    recording = recording_of(clean, queue=queue, direction=direction)
    sentiment = detectors.read(clean) if detectors.asks_for_sentiment else None
    measures = detectors.measure(clean, None) if detectors.asks_for_measures else None
    judged = detectors.about_calls.judge(recording, None)
    return detectors.find(clean, recording, sentiment, measures, judged).findings


def recording_of(transcript: Transcript, *, queue: str | None, direction: str | None) -> Recording:
    """Return the recording that a transcript without one stands for."""
    return Recording(
        call_id=transcript.call_id,
        sha256=fingerprint("transcript-file-1", to_data(transcript)),
        media_uri="",
        duration_ms=transcript.duration_ms,
        sample_rate_hz=0,
        channels=len({turn.channel for turn in transcript.turns}),
        queue=queue,
        direction=direction,
    )
