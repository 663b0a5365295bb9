"""Where nobody speaks the transcript stays empty, from the sound to the words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.asr.nonspeech import clips
from pipeline.config import TranscribeSettings
from pipeline.intake.decode import decode
from pipeline.records import Recording
from pipeline.sound import in_memory
from pipeline.transcribe.engine import Engine, Recognition, create_engine
from tests.factories import recording
from tests.transcribe.nonspeech import MUSIC, Sound, telephone

pytestmark = pytest.mark.slow

REASONS = {"no_speech", "loop", "phantom_phrase", "weak_evidence"}
SOUNDS: dict[str, Callable[[], Sound]] = {
    **{clip.name: (lambda samples=clip.samples: samples) for clip in clips()},
    # the seeds are those of which some are taken for a voice
    **{
        f"hold music: {style} {seed}": (lambda make=make, seed=seed: make(40, seed))
        for style, make in MUSIC.items()
        for seed in (27, 29)
    },
}


@pytest.fixture(scope="module")
def engine(models_dir: Path) -> Engine:
    return create_engine(TranscribeSettings(engine="faster-whisper", device="cpu"), models_dir)


def recognised(engine: Engine, channels: Sound) -> Recognition:
    call: Recording = recording(media_uri="made.wav", duration_ms=channels.shape[1] // 16)
    return engine.recognise(call, in_memory(channels))


@pytest.mark.parametrize("name", SOUNDS)
def test_nothing_is_heard_where_nobody_speaks(name: str, engine: Engine) -> None:
    sound = SOUNDS[name]()
    found = recognised(engine, np.stack([sound, telephone(sound)]))
    assert [[word.text for word in words] for words in found.channels] == [[], []]
    assert {dropped.reason for dropped in found.dropped} <= REASONS


def test_words_before_music_are_kept_and_none_is_heard_in_it(engine: Engine, shared_audio: Path) -> None:
    file = shared_audio / "hvb_callcenter" / "stereo" / "0002f70f7386445b.wav"
    greeting = decode(file, target_rate_hz=16_000).samples[0, 3_000 * 16 : 11_000 * 16]
    music = telephone(MUSIC["flute"](40, 27))
    (words,) = recognised(engine, np.concatenate([greeting, music])[None]).channels
    assert len(words) >= 12
    assert max(word.end_ms for word in words) <= 8_500
