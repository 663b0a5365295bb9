"""Read a call passage by passage, and add the readings up by party."""

from __future__ import annotations

import dataclasses

from pipeline.canonical import fingerprint
from pipeline.config import SentimentSettings
from pipeline.records import CallSentiment, SentimentReading, Transcript
from pipeline.records.language import covered
from pipeline.sentiment.course import party_course
from pipeline.sentiment.engine import LabelProbabilities, SentimentEngine
from pipeline.sentiment.passages import PARTIES, Passage, passages

SIGNS = {"negative": -1, "neutral": 0, "positive": 1}
DECIMALS = 4  # the last bits of a probability differ between machines and batches; a stored score must not


def read_sentiment(transcript: Transcript, engine: SentimentEngine, settings: SentimentSettings) -> CallSentiment:
    """Return how every passage worth reading sounds, and what that adds up to by party.

    Nothing is read where the engine does not know the language. A reading's signed score is minus the probability of
    the label where that is negative, plus it where positive, and 0 where neutral (AWS Post Call Analytics): a neutral
    passage, however sure, does not move the call.

    Raises:
        ModelError: The engine's model is missing or not the one it should be.
        EngineError: The engine failed on this call.
    """
    understood = engine.languages is None or covered(transcript.language, engine.languages)
    read = passages(transcript, settings.min_characters) if understood else ()
    found = engine.read([passage.text for passage in read], [passage.role for passage in read]) if read else []
    readings = tuple(_reading(passage, each) for passage, each in zip(read, found, strict=True))
    heard = {turn.role for turn in transcript.turns if turn.words}
    return CallSentiment(
        readings=readings,
        parties=tuple(party_course(role, readings, transcript) for role in PARTIES if role in heard),
        made_by=dataclasses.replace(
            engine.made_by,
            settings_sha256=fingerprint(
                "sentiment-settings-2",
                {"engine": engine.made_by.settings_sha256, "min_characters": settings.min_characters},
            ),
        ),
    )


def _reading(passage: Passage, probabilities: LabelProbabilities) -> SentimentReading:
    label = probabilities.label
    probability = round(probabilities.of(label), DECIMALS)
    return SentimentReading(
        turn_index=passage.turn_indexes[0],
        role=passage.role,
        label=label,
        score=SIGNS[label] * probability,
        probability=probability,
        turn_indexes=passage.turn_indexes,
        start_ms=passage.start_ms,
        end_ms=passage.end_ms,
    )
