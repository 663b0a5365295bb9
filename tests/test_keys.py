"""Keys change with everything that bears on a result, and with nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline import keys
from pipeline.config import ComplianceSettings, ConversationSettings, FlagSettings, PrivacySettings, SentimentSettings
from pipeline.records import MadeBy, Rubric
from tests.factories import MADE_BY, recording

RUBRIC = Rubric(id="general", version=1, title="General", sections=(), fingerprint="rubric-1:a")


def transcript_key(**changes: Any) -> str:
    given = {"recording": recording(), "engine": MADE_BY, "turns": "turns-1:a", **changes}
    recorded, privacy = given["recording"], given.get("privacy")
    return keys.transcript_key(recorded, engine=given["engine"], turns=given["turns"], privacy=privacy)


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
        {"privacy": PrivacySettings(kinds=("card_number", "security_code"))},
        {"privacy": PrivacySettings(phone_region="GB")},
    ],
)
def test_transcript_key_changes_with_sound_engine_and_settings(changes: dict[str, Any]) -> None:
    assert transcript_key(**changes) != transcript_key()


@pytest.mark.parametrize("changes", [{"media_uri": "other/name.wav"}, {"agent_id": "tom"}, {"queue": "sales"}])
def test_transcript_key_is_the_same_under_another_name_and_other_metadata(changes: dict[str, Any]) -> None:
    assert transcript_key(recording=recording(**changes)) == transcript_key()


def test_transcript_key_is_the_same_where_nothing_else_is_masked() -> None:
    assert transcript_key(privacy=PrivacySettings(keep_unredacted=True, mute_margin_ms=0)) == transcript_key()


def findings_key(**changes: Any) -> str:
    given = {"recording": recording(), "transcript": "t", "rules": "r", "settings": ComplianceSettings(), **changes}
    return keys.findings_key(given.pop("recording"), **given)


@pytest.mark.parametrize(
    "changes",
    [
        {"recording": recording(queue="sales")},
        {"recording": recording(direction="outbound")},
        {"recording": recording(team="south")},
        {"transcript": "t2"},
        {"rules": "r2"},
        {"settings": ComplianceSettings(said_similarity=0.9)},
        {"settings": ComplianceSettings(near_miss_similarity=0.7)},
        {"encoder": "e"},
    ],
)
def test_findings_key_changes_with_all_that_rules_look_at(changes: dict[str, Any]) -> None:
    assert findings_key(**changes) != findings_key()


@pytest.mark.parametrize(
    "changes",
    [
        {"recording": recording(media_uri="moved.wav")},
        {"recording": recording(agent_id="tom.becker")},
        {"settings": ComplianceSettings(rules_dir=Path("elsewhere"))},
    ],
)
def test_findings_key_is_the_same_for_the_same_rules_in_another_folder_and_another_agent(
    changes: dict[str, Any],
) -> None:
    assert findings_key(**changes) == findings_key()


def test_sentiment_key_changes_with_transcript_engine_and_least_length() -> None:
    def key(transcript: str = "t", engine: MadeBy = MADE_BY, settings: SentimentSettings | None = None) -> str:
        return keys.sentiment_key(transcript=transcript, engine=engine, settings=settings or SentimentSettings())

    others = {key(transcript="t2"), key(engine=replace(MADE_BY, version="2"))}
    others.add(key(settings=SentimentSettings(min_characters=3)))
    assert len(others | {key()}) == 4


def test_measures_key_changes_with_transcript_and_thresholds() -> None:
    def key(transcript: str = "t", settings: ConversationSettings | None = None) -> str:
        return keys.measures_key(transcript=transcript, settings=settings or ConversationSettings())

    assert len({key(), key(transcript="t2"), key(settings=ConversationSettings(dead_air_ms=1))}) == 3


def test_score_key_changes_with_rubric_facts_and_flag_settings() -> None:
    def key(rubric: Rubric = RUBRIC, facts: str = "d", flags: FlagSettings | None = None) -> str:
        return keys.score_key(facts=facts, rubric=rubric, flags=flags or FlagSettings())

    others = {
        key(rubric=replace(RUBRIC, fingerprint="rubric-1:b")),
        key(rubric=replace(RUBRIC, version=2)),
        key(facts="d2"),
        key(flags=FlagSettings(below_share=0.7)),
    }
    assert len(others | {key()}) == 5
    assert key(rubric=replace(RUBRIC, title="Another title")) == key()
