"""One call from audio to transcript: scripted parts first, then real calls."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import jiwer
import numpy as np
import pytest
from whisper.normalizers import EnglishTextNormalizer

from pipeline.config import TranscribeSettings
from pipeline.intake.decode import decode
from pipeline.records import MadeBy, Recording, Role, Turn
from pipeline.sound import CallAudio, in_memory
from pipeline.transcribe.engine import Engine, Recognition, create_engine
from pipeline.transcribe.transcribe import transcribe_call, turn_settings_fingerprint
from tests.factories import recording, turn, words

STEREO = np.zeros((2, 16), dtype=np.float32)
AGENT, CUSTOMER = words("How can I help you?", start_ms=500), words("I lost my card", start_ms=2500)


PREPARED = MadeBy(engine="prepared", version="1")


class Prepared:
    """An engine that has its answer ready."""

    def made_by(self, recording: Recording | None = None) -> MadeBy:
        return PREPARED

    def __init__(self, recognition: Recognition) -> None:
        self._recognition = recognition

    def recognise(self, recording: Recording, audio: CallAudio, *, prompt: str | None = None) -> Recognition:
        return self._recognition


def transcribe(recognition: Recognition, **settings: object):  # type: ignore[no-untyped-def]
    return transcribe_call(
        recording(),
        in_memory(STEREO[: max(1, len(recognition.channels))]),
        engine=Prepared(recognition),
        settings=TranscribeSettings.model_validate(settings),
    )


def test_transcript_has_roles_turns_and_what_made_it() -> None:
    made = transcribe(Recognition(language="en", channels=(CUSTOMER, AGENT)))
    assert [(t.role.value, t.channel, t.text) for t in made.turns] == [
        ("agent", 1, "How can I help you?"),
        ("customer", 0, "I lost my card"),
    ]
    assert made.turns[0].role_confidence == made.turns[1].role_confidence > 0.9
    assert (made.call_id, made.language, made.duration_ms) == ("c-0001", "en", 60_000)
    assert made.made_by == PREPARED
    assert made.redacted is False


def test_mono_without_voices_to_compare_is_unknown_with_even_odds() -> None:
    made = transcribe(Recognition(language="en", channels=(AGENT,)), channel_roles="agent-first")
    assert [(t.role, t.role_confidence) for t in made.turns] == [(Role.UNKNOWN, 0.5)]


def test_nothing_said_is_an_empty_transcript() -> None:
    assert transcribe(Recognition(language="und", channels=((), ()))).turns == ()


def known(*turns: Turn) -> Recognition:
    by_channel = tuple(tuple(w for t in turns if t.channel == c for w in t.words) for c in (0, 1))
    return Recognition(language="en", channels=by_channel, turns=turns)


def test_known_turns_and_their_roles_are_kept() -> None:
    turns = (turn("customer", "How can I help you?", channel=0), turn("agent", "I lost my card", index=1, channel=1))
    assert transcribe(known(*turns)).turns == turns


def test_known_turns_without_roles_get_those_decided_from_the_words() -> None:
    turns = (turn("unknown", "How can I help you?", channel=1), turn("unknown", "I lost my card", index=1, channel=0))
    made = transcribe(known(*turns))
    assert [t.role.value for t in made.turns] == ["agent", "customer"]
    assert [t.words for t in made.turns] == [t.words for t in turns]


def test_turn_settings_fingerprint_covers_what_bears_on_turns_and_roles_only() -> None:
    plain = turn_settings_fingerprint(TranscribeSettings())
    assert turn_settings_fingerprint(TranscribeSettings(threads=2, beam_size=1)) == plain
    for change in ({"channel_roles": "agent-first"}, {"min_role_confidence": 0.7}, {"max_pause_in_turn_ms": 9}):
        assert turn_settings_fingerprint(TranscribeSettings.model_validate(change)) != plain


# --- real speech ------------------------------------------------------------------------------------------------------

SETTINGS = TranscribeSettings(threads=2, device="cpu")


@pytest.fixture(scope="module")
def engine(models_dir: Path) -> Engine:
    return create_engine(SETTINGS, models_dir)


@pytest.mark.slow
def test_two_bank_calls_are_understood_with_agent_and_customer_on_their_channels(
    shared_audio: Path, engine: Engine
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it leaves its word list open
        normalize = EnglishTextNormalizer()
    expected, heard = [], []
    for name in ("0091a706bc604188", "ff0296d00e5e4184"):
        folder = shared_audio / "hvb_callcenter"
        samples = decode(folder / "stereo" / f"{name}.wav", target_rate_hz=16_000).samples
        swapped = np.ascontiguousarray(samples[::-1])
        call = recording(duration_ms=samples.shape[1] // 16)
        made = transcribe_call(call, in_memory(swapped), engine=engine, settings=SETTINGS)
        reference = json.loads((folder / "ref" / f"{name}.json").read_text())["segments"]
        for role in ("agent", "customer"):
            expected.append(normalize(" ".join(s["text"] for s in reference if s["speaker"] == role)))
            heard.append(normalize(" ".join(t.text for t in made.turns if t.role.value == role)))
        assert {t.role for t in made.turns if t.channel == 1} == {Role.AGENT}
        assert all(t.role_confidence > 0.99 for t in made.turns)
        first_said_ms = next(s["start"] for s in reference if s["text"]) * 1000
        assert abs(made.turns[0].start_ms - first_said_ms) < 750
    assert jiwer.wer(expected, heard) < 0.15


@pytest.mark.slow
def test_a_bank_call_mixed_to_mono_keeps_its_agent_and_customer(shared_audio: Path, engine: Engine) -> None:
    folder = shared_audio / "hvb_callcenter"
    samples = decode(folder / "stereo/01cefd6f5c044a6f.wav", target_rate_hz=16_000).samples
    mix = samples.mean(axis=0, keepdims=True).astype(np.float32)
    made = transcribe_call(recording(channels=1, direction=None), in_memory(mix), engine=engine, settings=SETTINGS)
    reference = json.loads((folder / "ref/01cefd6f5c044a6f.json").read_text())["segments"]
    right = [
        min(reference, key=lambda s: max(s["start"] - at_s, at_s - s["end"], 0))["speaker"] == t.role.value
        for t in made.turns
        for at_s in ((word.start_ms + word.end_ms) / 2000 for word in t.words)
    ]
    assert sum(right) / len(right) > 0.95
    assert {t.channel for t in made.turns} == {0}


@pytest.mark.slow
@pytest.mark.parametrize("sound", ["noise", "hum"])
def test_nothing_is_invented_on(sound: str, engine: Engine) -> None:
    seconds = np.arange(160_000) / 16_000
    noise = np.random.default_rng(3).normal(0, 0.05, len(seconds))
    samples = noise if sound == "noise" else 0.3 * np.sin(2 * np.pi * 120 * seconds)
    channels = np.stack([samples, np.zeros_like(samples)]).astype(np.float32)
    assert transcribe_call(recording(), in_memory(channels), engine=engine, settings=SETTINGS).turns == ()
