"""One call through every step. This is the file to read first.

    transcribe and redact -> find phrases, read sentiment, measure the conversation -> score -> flag

Each step's result is stored under the hash of its inputs, in one transaction. A step whose key is stored is not done
again: a run that was killed goes on where it stopped, and a new rubric never transcribes twice.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from pipeline import keys
from pipeline.intake.decode import call_audio
from pipeline.parts import Parts
from pipeline.privacy.redact import redact
from pipeline.privacy.unredacted import keep_if_asked
from pipeline.records import (
    CallFacts,
    CallFindings,
    CallScore,
    CallSentiment,
    Measures,
    Recording,
    Role,
    Transcript,
)
from pipeline.score.evaluate import evaluate
from pipeline.score.flags import raise_flags
from pipeline.store import calls, failures, history, scores
from pipeline.store.database import Store
from pipeline.store.steps import get_step, put_step
from pipeline.transcribe.transcribe import transcribe_call, turn_settings_fingerprint

Now = Callable[[], datetime]
Result = TypeVar("Result")


class Steps:
    """Does each step of one call once, and remembers which had to be done."""

    def __init__(self, recording: Recording, store: Store, now: Now) -> None:
        self.done: list[str] = []
        self._recording, self._store, self._now = recording, store, now

    def once(self, step: str, key: str, kind: type[Result], make: Callable[[], Result]) -> Result:
        """Return what is stored under the key; where nothing is, make it and store it."""
        with self._store.read() as connection:
            stored = get_step(connection, key, kind)
        if stored is not None:
            return stored
        made = make()
        self.done.append(step)
        with self._store.begin() as connection:  # another process may have stored its own meanwhile: that one counts
            call_id = self._recording.call_id
            return put_step(connection, key, call_id=call_id, step=step, record=made, now=self._now())


def process_call(call_id: str, parts: Parts, store: Store, *, now: Now) -> tuple[CallScore, tuple[str, ...]]:
    """Take one call from its recording to its score and flags.

    Args:
        call_id: A call that intake has stored.
        parts: Engine, detectors and rubrics.
        store: Where results are kept.
        now: Tells the time at which a result is stored.

    Returns:
        The call's score, and the names of the steps that had to be done; none when all of it was stored already.

    Raises:
        EarmarkError: A step cannot be done; what was stored before it stays.
    """
    settings, detectors = parts.settings, parts.detectors
    with store.read() as connection:
        recording = calls.get_recording(connection, call_id)
        earlier = history.read_history(connection, recording, detectors.about_calls.needs_of(recording))
    judged = detectors.about_calls.judge(recording, earlier)
    steps = Steps(recording, store, now)
    audio = call_audio(recording, settings.intake)
    terms = parts.vocabulary.for_recording(recording)

    def transcribe() -> Transcript:
        heard = transcribe_call(recording, audio, engine=parts.engine, settings=settings.transcribe, terms=terms)
        keep_if_asked(heard, key, settings)
        return redact(heard, settings.privacy)  # before anything is stored: what must not be kept is never written

    turns = turn_settings_fingerprint(settings.transcribe, terms)
    made_by = parts.engine.made_by(recording)
    key = keys.transcript_key(recording, engine=made_by, turns=turns, privacy=settings.privacy)
    transcript = steps.once("transcript", key, Transcript, transcribe)

    under = detectors.keys(key, recording, judged)
    sentiment = steps.once("sentiment", under.sentiment, CallSentiment, lambda: detectors.read(transcript))
    measures = steps.once("measures", under.measures, Measures, lambda: detectors.measure(transcript, audio))

    def find() -> CallFindings:
        return detectors.find(transcript, recording, sentiment, measures, judged)

    found = steps.once("findings", under.findings, CallFindings, find)
    facts = CallFacts(
        recording=recording,
        transcript=transcript,
        findings=found.findings,
        sentiment=sentiment,
        measures=measures,
    )
    facts_key = keys.facts_key(recording, under)

    rubric = parts.rubric_for(recording, transcript.language)
    score_id = keys.score_key(facts=facts_key, rubric=rubric, flags=settings.flags)
    score = evaluate(facts, rubric, score_id=score_id)
    flags = raise_flags(facts, score, rubric, settings.flags)
    customer = sentiment.of(Role.CUSTOMER)
    with store.begin() as connection:
        put_step(connection, facts_key, call_id=recording.call_id, step="facts", record=under, now=now())
        overall = customer.overall if customer else None
        is_new = scores.put_score(connection, score, facts_key, flags, customer_sentiment=overall, now=now())
        history.put_heard(connection, recording, detectors.about_calls.heard(transcript, found.findings, judged))
        failures.clear_failure(connection, recording.call_id)
    return score, (*steps.done, *(["score"] if is_new else []))
