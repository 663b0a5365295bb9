"""One call through every step. This is the file to read first.

    transcribe and redact -> find phrases, read sentiment, measure the conversation -> score -> flag

Each step's result is stored under the hash of its inputs, in one transaction. A step whose key is stored is not done
again: a run that was killed goes on where it stopped, and a new rubric never transcribes twice.
"""

from __future__ import annotations

from pipeline import keys
from pipeline.call_steps import Now, Steps
from pipeline.intake.decode import call_audio
from pipeline.logs import tells_of_calls
from pipeline.parts import Parts
from pipeline.privacy.redact import redact
from pipeline.privacy.unredacted import keep_if_asked
from pipeline.records import (
    CallFacts,
    CallFindings,
    CallScore,
    CallSentiment,
    Measures,
    Role,
    Transcript,
)
from pipeline.rubric_facts.facts import facts_for
from pipeline.score.evaluate import evaluate
from pipeline.score.flags import raise_flags
from pipeline.store import calls, failures, history, scores
from pipeline.store.database import Store
from pipeline.store.steps import put_step
from pipeline.store.trust import latest_trust
from pipeline.transcribe.transcribe import transcribe_call, turn_settings_fingerprint


@tells_of_calls
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

    as_heard: list[Transcript] = []

    def transcribe() -> Transcript:
        heard = transcribe_call(recording, audio, engine=parts.engine, settings=settings.transcribe, terms=terms)
        as_heard.append(heard)
        return redact(heard, settings.privacy)  # before anything is stored: what must not be kept is never written

    turns = turn_settings_fingerprint(settings.transcribe, terms)
    made_by = parts.engine.made_by(recording)
    key = keys.transcript_key(recording, engine=made_by, turns=turns, privacy=settings.privacy)
    transcript = steps.once(
        "transcript", key, Transcript, transcribe, beside=lambda: keep_if_asked(as_heard[-1], key, settings)
    )

    under = detectors.keys(key, recording, judged)
    sentiment = steps.once("sentiment", under.sentiment, CallSentiment, lambda: detectors.read(transcript))
    measures = steps.once("measures", under.measures, Measures, lambda: detectors.measure(transcript, audio))

    def find() -> CallFindings:
        return detectors.find(transcript, recording, sentiment, measures, judged)

    found = steps.once("findings", under.findings, CallFindings, find)
    rubric = parts.rubric_for(recording, transcript.language)
    own = facts_for(rubric, transcript, recording, under=under, settings=settings, once=steps.once)
    facts = CallFacts(
        recording=recording,
        transcript=transcript,
        findings=(*found.findings, *own.findings),
        sentiment=sentiment,
        measures=measures,
        judgements=own.judgements,
    )
    facts_key = keys.facts_key(recording, own.keys)

    with store.read() as connection:
        trust = latest_trust(connection, rubric.id)  # how sure its answers turned out to be
    score_id = keys.score_key(facts=facts_key, rubric=rubric, flags=settings.flags, trust=trust)
    score = evaluate(facts, rubric, score_id=score_id, trust=trust)
    flags = raise_flags(facts, score, rubric, settings.flags)
    customer = sentiment.of(Role.CUSTOMER)
    with store.begin() as connection:
        put_step(connection, facts_key, call_id=recording.call_id, step="facts", record=own.keys, now=now())
        overall = customer.overall if customer else None
        is_new = scores.put_score(connection, score, facts_key, flags, customer_sentiment=overall, now=now())
        history.put_heard(connection, recording, detectors.about_calls.heard(transcript, found.findings, judged))
        failures.clear_failure(connection, recording.call_id)
    return score, (*steps.done, *(["score"] if is_new else []))
