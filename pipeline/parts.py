"""The parts that a run works with, built once from settings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.compliance.detect import detect
from pipeline.compliance.packs import load_packs, rules_fingerprint
from pipeline.compliance.rule import Rule
from pipeline.config import Settings
from pipeline.conversation.measure import measure
from pipeline.records import Detected, Recording, Rubric, Transcript
from pipeline.score.rubrics import load_rubrics
from pipeline.sentiment.engine import SentimentEngine, create_sentiment_engine
from pipeline.sentiment.read import read_sentiment
from pipeline.transcribe.engine import Engine, create_engine


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Engines, rules and rubrics. ``rules_key`` stands for all rules together."""

    settings: Settings
    engine: Engine
    sentiment: SentimentEngine
    rules: tuple[Rule, ...]
    rules_key: str
    rubrics: tuple[Rubric, ...]


def assemble(settings: Settings) -> Parts:
    """Build the parts that settings name. Rules and rubrics are checked here; weights are loaded when first used.

    Raises:
        AuthoredFileError: A rule pack or rubric has problems; all of them are listed.
        UnknownNameError: Settings name an engine that there is not.
        ModelError: Weights are missing or are not the ones they should be.
    """
    rules = load_packs(settings.compliance.rules_dir)
    return Parts(
        settings=settings,
        engine=create_engine(settings.transcribe, settings.models_dir),
        sentiment=create_sentiment_engine(settings.sentiment, settings.models_dir),
        rules=rules,
        rules_key=rules_fingerprint(rules),
        rubrics=load_rubrics(settings.score.rubrics_dir),
    )


def detect_all(
    recording: Recording,
    transcript: Transcript,
    audio: NDArray[np.float32] | None,
    parts: Parts,
    *,
    transcript_key: str,
) -> Detected:
    """Return what rules, sentiment and measures find in a redacted transcript.

    Args:
        recording: For what rules say about queue, direction and team.
        transcript: Redacted.
        audio: ``[channels, samples]`` at 16 kHz, or None where there is only a transcript.
        parts: Rules, sentiment engine and their settings.
        transcript_key: What the result is about.
    """
    settings = parts.settings
    return Detected(
        transcript_key=transcript_key,
        findings=detect(transcript, recording, parts.rules, settings.compliance),
        sentiment=read_sentiment(transcript, parts.sentiment, settings.sentiment),
        measures=measure(transcript, audio, settings.conversation),
    )
