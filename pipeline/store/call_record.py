"""Everything that is kept about one call, put together for whoever looks at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection

from pipeline.records import CallFindings, CallSentiment, FactKeys, Finding, Flag, Measures, Recording, Transcript
from pipeline.store.calls import get_recording
from pipeline.store.failures import get_failure
from pipeline.store.flags import flags_of_score
from pipeline.store.scores import StoredScore, scores_of_call
from pipeline.store.steps import get_step, latest_step

Record = TypeVar("Record")


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
    every_score = sorted(scores_of_call(connection, recording.call_id), key=lambda score: not score.current)
    current = every_score[0] if every_score and every_score[0].current else None
    under = get_step(connection, current.facts_key, FactKeys) if current else None

    def stored(step: str, key: str | None, kind: type[Record]) -> Record | None:
        if key is not None:
            return get_step(connection, key, kind)
        return latest_step(connection, recording.call_id, step, kind)

    found = stored("findings", under.findings if under else None, CallFindings)
    return CallRecord(
        recording=recording,
        failure=failure.reason if failure else None,
        transcript=stored("transcript", under.transcript if under else None, Transcript),
        findings=found.findings if found else (),
        sentiment=stored("sentiment", under.sentiment if under else None, CallSentiment),
        measures=stored("measures", under.measures if under else None, Measures),
        scores=tuple(every_score),
        flags=flags_of_score(connection, current.score.score_id) if current else (),
    )
