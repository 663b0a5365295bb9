"""One call through every step. This is the file to read first.

    transcribe -> redact -> detect and measure -> score -> flag

Each step's result is stored under the hash of its inputs, in one transaction. A step whose key is stored is not done
again: a run that was killed goes on where it stopped, and a new rubric never transcribes twice.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from pipeline import keys
from pipeline.intake.decode import load_call_audio
from pipeline.parts import Parts, detect_all
from pipeline.privacy.redact import redact
from pipeline.records import CallFacts, CallScore, Detected, Role, Transcript
from pipeline.score.evaluate import evaluate
from pipeline.score.flags import raise_flags
from pipeline.score.rubrics import choose_rubric
from pipeline.store import calls, failures, scores, steps
from pipeline.store.database import Store
from pipeline.transcribe.transcribe import transcribe_call, turn_settings_fingerprint

Result = TypeVar("Result")


def process_call(
    call_id: str, parts: Parts, store: Store, *, now: Callable[[], datetime]
) -> tuple[CallScore, tuple[str, ...]]:
    """Take one call from its recording to its score and flags.

    Args:
        call_id: A call that intake has stored.
        parts: Engines, rules and rubrics.
        store: Where results are kept.
        now: Tells the time at which a result is stored.

    Returns:
        The call's score, and the names of the steps that had to be done; none when all of it was stored already.

    Raises:
        EarmarkError: A step cannot be done; what was stored before it stays.
    """
    settings = parts.settings
    done: list[str] = []

    def once(step: str, key: str, kind: type[Result], make: Callable[[], Result]) -> Result:
        with store.begin() as connection:
            stored = steps.get_step(connection, key, kind)
        if stored is not None:
            return stored
        made = make()
        with store.begin() as connection:
            steps.put_step(connection, key, call_id=recording.call_id, step=step, record=made, now=now())
        done.append(step)
        return made

    with store.begin() as connection:
        recording = calls.get_recording(connection, call_id)
    audio = functools.cache(lambda: load_call_audio(recording, settings.intake))

    def transcribe() -> Transcript:
        heard = transcribe_call(recording, audio(), engine=parts.engine, settings=settings.transcribe)
        return redact(heard)  # before anything is stored: what must not be kept is never written

    turns = turn_settings_fingerprint(settings.transcribe)
    transcript_key = keys.transcript_key(recording, engine=parts.engine.made_by, turns=turns)
    transcript = once("transcript", transcript_key, Transcript, transcribe)

    detected_key = keys.detected_key(
        recording,
        transcript=transcript_key,
        rules=parts.rules_key,
        sentiment=parts.sentiment.made_by,
        settings={name: getattr(settings, name) for name in ("sentiment", "conversation", "compliance")},
    )
    detected = once(
        "detected",
        detected_key,
        Detected,
        lambda: detect_all(recording, transcript, audio(), parts, transcript_key=transcript_key),
    )

    facts = CallFacts(
        recording=recording,
        transcript=transcript,
        findings=detected.findings,
        sentiment=detected.sentiment,
        measures=detected.measures,
    )
    rubric = choose_rubric(parts.rubrics, recording, settings.score)
    score_id = keys.score_key(detected=detected_key, rubric=rubric, flags=settings.flags)
    score = evaluate(facts, rubric, score_id=score_id)
    flags = raise_flags(facts, score, settings.flags)
    customer = detected.sentiment.of(Role.CUSTOMER)
    with store.begin() as connection:
        if scores.get_score(connection, score_id) is None:
            done.append("score")
        overall = customer.overall if customer else None
        scores.put_score(connection, score, detected_key, flags, customer_sentiment=overall, now=now())
        failures.clear_failure(connection, recording.call_id)
    return score, tuple(done)
