"""Keys change with everything that bears on a result, and with nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pipeline import keys
from pipeline.config import FlagSettings, SentimentSettings
from pipeline.records import MadeBy, Rubric
from tests.factories import MADE_BY, recording

RUBRIC = Rubric(id="general", version=1, title="General", sections=(), fingerprint="rubric-1:a")


def transcript_key(**changes: Any) -> str:
    given = {"recording": recording(), "engine": MADE_BY, "turns": "turns-1:a", **changes}
    return keys.transcript_key(given["recording"], engine=given["engine"], turns=given["turns"])


@pytest.mark.parametrize(
    "changes",
    [
        {"recording": recording(sha256="1" * 64)},
        {"recording": recording(channels=1)},
        {"recording": recording(metadata={"agent_channel": "1"})},
        {"engine": replace(MADE_BY, version="2")},
        {"engine": replace(MADE_BY, model_sha256="f" * 64)},
        {"recording": recording(direction="outbound")},
        {"turns": "turns-1:b"},
    ],
)
def test_transcript_key_changes_with_sound_engine_and_settings(changes: dict[str, Any]) -> None:
    assert transcript_key(**changes) != transcript_key()


@pytest.mark.parametrize("changes", [{"media_uri": "other/name.wav"}, {"agent_id": "tom"}, {"queue": "sales"}])
def test_transcript_key_is_the_same_under_another_name_and_other_metadata(changes: dict[str, Any]) -> None:
    assert transcript_key(recording=recording(**changes)) == transcript_key()


def detected_key(**changes: Any) -> str:
    given = {
        "recording": recording(),
        "transcript": "t",
        "rules": "r",
        "sentiment": MadeBy(engine="minilm", version="1"),
        "settings": {"sentiment": SentimentSettings()},
        **changes,
    }
    return keys.detected_key(given.pop("recording"), **given)


@pytest.mark.parametrize(
    "changes",
    [
        {"recording": recording(queue="sales")},
        {"transcript": "t2"},
        {"rules": "r2"},
        {"sentiment": MadeBy(engine="minilm", version="2")},
        {"settings": {"sentiment": SentimentSettings(min_characters=3)}},
    ],
)
def test_detected_key_changes_with_all_its_inputs(changes: dict[str, Any]) -> None:
    assert detected_key(**changes) != detected_key()


def test_detected_key_is_the_same_where_the_file_lies_elsewhere() -> None:
    assert detected_key(recording=recording(media_uri="moved.wav")) == detected_key()


def test_score_key_changes_with_rubric_facts_and_flag_settings() -> None:
    def key(rubric: Rubric = RUBRIC, detected: str = "d", flags: FlagSettings | None = None) -> str:
        return keys.score_key(detected=detected, rubric=rubric, flags=flags or FlagSettings())

    others = {
        key(rubric=replace(RUBRIC, fingerprint="rubric-1:b")),
        key(rubric=replace(RUBRIC, version=2)),
        key(detected="d2"),
        key(flags=FlagSettings(below_share=0.7)),
    }
    assert len(others | {key()}) == 5
    assert key(rubric=replace(RUBRIC, title="Another title")) == key()
