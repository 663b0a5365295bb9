"""Everything that is kept about one call, put together for whoever looks at it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from pipeline.records import CallSentiment, Detected, Finding, Flag, Measures, Recording, Transcript
from pipeline.store.calls import get_recording
from pipeline.store.failures import get_failure
from pipeline.store.flags import flags_of_score
from pipeline.store.scores import StoredScore, scores_of_call
from pipeline.store.steps import get_step, latest_step


@dataclass(frozen=True, kw_only=True, slots=True)
class CallRecord:
    """One call with all that is known about it.

    Attributes:
        failure: Why the last run failed on the call; None where it did not.
        transcript: What the current score rests on; of a call without a score, its newest transcript, or None.
        findings: Likewise; empty where nothing was detected yet.
        scores: The current one first, then older ones, newest first.
        flags: Of the current score.
    """

    recording: Recording
    failure: str | None
    transcript: Transcript | None
    findings: tuple[Finding, ...]
    sentiment: CallSentiment | None
    measures: Measures | None
    scores: tuple[StoredScore, ...]
    flags: tuple[Flag, ...]


def read_call(connection: Connection, call_id: str) -> CallRecord:
    """Return everything kept about a call.

    Args:
        connection: Where to read.
        call_id: Its id, or the beginning of its id where only one begins so.

    Raises:
        NotFoundError: No call has such an id, or several begin so.
    """
    recording = get_recording(connection, call_id)
    failure = get_failure(connection, recording.call_id)
    stored = sorted(scores_of_call(connection, recording.call_id), key=lambda score: not score.current)
    current = stored[0] if stored and stored[0].current else None
    if current:
        detected = get_step(connection, current.facts_key, Detected)
    else:
        detected = latest_step(connection, recording.call_id, "detected", Detected)
    if detected:
        transcript = get_step(connection, detected.transcript_key, Transcript)
    else:
        transcript = latest_step(connection, recording.call_id, "transcript", Transcript)
    return CallRecord(
        recording=recording,
        failure=failure.reason if failure else None,
        transcript=transcript,
        findings=detected.findings if detected else (),
        sentiment=detected.sentiment if detected else None,
        measures=detected.measures if detected else None,
        scores=tuple(stored),
        flags=flags_of_score(connection, current.score.score_id) if current else (),
    )
