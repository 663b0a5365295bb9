"""Read a transcript turn by turn, and add the readings up by party and quarter of the call."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from pipeline.canonical import fingerprint
from pipeline.config import SentimentSettings
from pipeline.records import CallSentiment, PartySentiment, Role, SentimentReading, Transcript, Turn
from pipeline.records.language import covered
from pipeline.sentiment.engine import LabelProbabilities, SentimentEngine
from pipeline.text import tokens

PARTIES = (Role.AGENT, Role.CUSTOMER, Role.UNKNOWN)  # an announcement's voice has no mood
FILLERS = frozenset({"ah", "eh", "er", "erm", "hm", "hmm", "huh", "mhm", "mm", "mmm", "oh", "uh", "uhm", "um"})
SIGNS = {"negative": -1, "neutral": 0, "positive": 1}
DECIMALS = 4  # the last bits of a probability differ between machines and batches; a stored score must not

_MASKED = re.compile(r"\[\w+\]\W*")


def read_sentiment(transcript: Transcript, engine: SentimentEngine, settings: SentimentSettings) -> CallSentiment:
    """Return how every turn long enough sounds, and what that adds up to by party.

    A turn is not read where it is shorter than ``settings.min_characters`` (masked personal data left out), holds
    nothing but fillers, or is an announcement (role system); none is where the engine does not know the language. A
    reading's signed score is minus the probability of the label where that is negative, plus it where positive, and 0
    where neutral (AWS Post Call Analytics): a neutral turn, however sure, does not move the call.

    Raises:
        ModelError: The engine's model is missing or not the one it should be.
        EngineError: The engine failed on this call.
    """
    spoken = [(turn, _readable(turn)) for turn in transcript.turns if turn.role in PARTIES]
    understood = engine.languages is None or covered(transcript.language, engine.languages)
    read = [(turn, text) for turn, text in spoken if understood and _worth_reading(text, settings.min_characters)]
    found = engine.read([text for _, text in read], [turn.role for turn, _ in read]) if read else []
    readings = tuple(_reading(turn, probabilities) for (turn, _), probabilities in zip(read, found, strict=True))
    heard = [role for role in PARTIES if any(turn.role is role and turn.words for turn, _ in spoken)]
    return CallSentiment(
        readings=readings,
        parties=tuple(_party(role, readings, transcript) for role in heard),
        made_by=dataclasses.replace(
            engine.made_by,
            settings_sha256=fingerprint(
                "sentiment-settings-1",
                {"engine": engine.made_by.settings_sha256, "min_characters": settings.min_characters},
            ),
        ),
    )


def _readable(turn: Turn) -> str:
    """Return a turn's text without masked personal data, which would only confuse the model."""
    return " ".join(word.text for word in turn.words if not _MASKED.fullmatch(word.text))


def _worth_reading(text: str, min_characters: int) -> bool:
    folded = [token.folded for token in tokens(text)]
    return len(text) >= min_characters and any(word not in FILLERS for word in folded)


def _reading(turn: Turn, probabilities: LabelProbabilities) -> SentimentReading:
    label = probabilities.label
    probability = round(probabilities.of(label), DECIMALS)
    return SentimentReading(
        turn_index=turn.index, role=turn.role, label=label, score=SIGNS[label] * probability, probability=probability
    )


def _party(role: Role, readings: Sequence[SentimentReading], transcript: Transcript) -> PartySentiment:
    """Add one party's readings up.

    Quarter = min(3, floor(4 * turn midpoint / call duration)); its score is the sum of the signed scores of the turns
    read in it, divided by their number; change is the last quarter minus the first (AWS Post Call Analytics). None
    where nothing was read.
    """
    turns = {turn.index: turn for turn in transcript.turns}
    by_quarter: tuple[list[float], ...] = ([], [], [], [])
    for reading in readings:
        if reading.role is role:
            by_quarter[_quarter(turns[reading.turn_index], transcript.duration_ms)].append(reading.score)
    first, second, third, last = (_mean(scores) for scores in by_quarter)
    return PartySentiment(
        role=role,
        quarters=(first, second, third, last),
        overall=_mean([score for scores in by_quarter for score in scores]),
        change=None if first is None or last is None else round(last - first, DECIMALS),
    )


def _quarter(turn: Turn, duration_ms: int) -> int:
    twice_midpoint_ms = turn.start_ms + turn.end_ms
    return max(0, min(3, 2 * twice_midpoint_ms // duration_ms)) if duration_ms > 0 else 0


def _mean(scores: Sequence[float]) -> float | None:
    return round(sum(scores) / len(scores), DECIMALS) + 0.0 if scores else None  # + 0.0: never -0.0
