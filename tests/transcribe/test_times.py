from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.records import Word
from pipeline.sound import SAMPLE_RATE_HZ
from pipeline.transcribe.times import sounding_frames, tightened


def channel(*sounding_s: tuple[float, float], length_s: float = 4) -> NDArray[np.float32]:
    """Line noise with something loud at the times given."""
    rng = np.random.default_rng(5)
    samples = rng.standard_normal(int(length_s * SAMPLE_RATE_HZ)) * 1e-3
    for start, end in sounding_s:
        part = slice(int(start * SAMPLE_RATE_HZ), int(end * SAMPLE_RATE_HZ))
        samples[part] += rng.standard_normal(part.stop - part.start) * 0.1
    return samples.astype(np.float32)


def frames(*spans: tuple[int, int], length: int = 400) -> NDArray[np.bool_]:
    sounds = np.zeros(length, dtype=np.bool_)
    for start, end in spans:
        sounds[start:end] = True
    return sounds


def test_sounding_frames_follow_the_sound_and_bridge_closures() -> None:
    sounds = sounding_frames(channel((1.0, 1.5), (1.58, 2.0), (2.5, 3.0)))
    edges = (np.flatnonzero(np.diff(sounds.astype(int))) + 1).tolist()
    assert edges == pytest.approx([100, 200, 250, 300], abs=1)  # 80 ms of silence is no pause, half a second is


@pytest.mark.parametrize("samples", [np.zeros(0, dtype=np.float32), np.zeros(16_000, dtype=np.float32)])
def test_silence_sounds_nowhere(samples: NDArray[np.float32]) -> None:
    assert not sounding_frames(samples).any()


@pytest.mark.parametrize(
    ("word", "sounds", "expected"),
    [
        ((500, 1500), frames((100, 300)), (1000, 1500)),  # the pause before it was taken for its beginning
        ((1000, 2500), frames((90, 150)), (1000, 1500)),  # and the one after it for its end
        ((900, 2500), frames((80, 95), (180, 240)), (1800, 2400)),  # the tail of the word before
        ((1000, 1500), frames(), (1000, 1500)),  # nothing sounds: nothing is known better
        ((1000, 1500), frames((120, 122)), (1000, 1500)),  # a click is no word
        ((1000, 1500), frames((0, 400)), (1000, 1500)),
        ((9000, 9500), frames((0, 400)), (9000, 9500)),  # beyond the sound
    ],
)
def test_tightened_leaves_out_pauses(
    word: tuple[int, int], sounds: NDArray[np.bool_], expected: tuple[int, int]
) -> None:
    (found,) = tightened([Word(text="a", start_ms=word[0], end_ms=word[1])], sounds)
    assert (found.start_ms, found.end_ms) == expected


@given(st.lists(st.tuples(st.integers(0, 4000), st.integers(1, 900)), max_size=20), st.integers(0, 50))
def test_tightened_words_stay_inside_their_times_and_in_order(times: list[tuple[int, int]], seed: int) -> None:
    sounds = np.random.default_rng(seed).random(400) > 0.5
    words = [Word(text="a", start_ms=start, end_ms=start + length) for start, length in sorted(times)]
    for word, found in zip(words, tightened(words, sounds), strict=True):
        assert word.start_ms <= found.start_ms < found.end_ms <= word.end_ms
