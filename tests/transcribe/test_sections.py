from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.transcribe.sections import Section, sections

RATE = 16_000


def talking(seconds: float, *, quiet_s: tuple[float, ...] = (), channels: int = 2) -> NDArray[np.float32]:
    """Noise as loud as speech, silent for half a second at the times given."""
    samples = np.random.default_rng(3).standard_normal((channels, int(seconds * RATE))).astype(np.float32) / 10
    for at in quiet_s:
        samples[:, int(at * RATE) : int((at + 0.5) * RATE)] = 0
    return samples


def cut(samples: NDArray[np.float32], *, section_ms: int = 10_000, block: int = 16_000) -> list[Section]:
    blocks = (samples[:, at : at + block] for at in range(0, samples.shape[1], block))
    return list(sections(blocks, section_ms=section_ms, searched_ms=4_000))


def test_a_short_call_is_one_section() -> None:
    (only,) = cut(talking(9))
    assert only.offset_ms == 0
    assert only.samples.shape == (2, 9 * RATE)


def test_a_section_ends_where_all_channels_are_quiet() -> None:
    samples = talking(25, quiet_s=(7.0, 15.5))
    samples[0, int(9 * RATE) : int(9.8 * RATE)] = 0  # one party pauses while the other speaks
    first, second, third = cut(samples)
    assert 7_000 <= second.offset_ms <= 7_500
    assert 15_500 <= third.offset_ms <= 16_000
    assert first.samples.shape[1] == second.offset_ms * 16


def test_speech_without_a_pause_is_cut_all_the_same() -> None:
    parts = cut(talking(35))
    assert all(part.samples.shape[1] <= 10 * RATE for part in parts)
    assert len(parts) >= 4


@settings(deadline=None, max_examples=20)
@given(block=st.integers(min_value=100, max_value=400_000))
def test_sections_hold_every_sample_once_however_the_sound_comes(block: int) -> None:
    samples = talking(22, quiet_s=(8.0,), channels=1)
    parts = cut(samples, block=block)
    assert np.array_equal(np.concatenate([part.samples for part in parts], axis=1), samples)
    assert [part.offset_ms for part in parts] == [part.offset_ms for part in cut(samples)]


@pytest.mark.parametrize("blocks", [[], [np.zeros((1, 0), dtype=np.float32)]])
def test_no_sound_gives_no_speech_and_no_error(blocks: list[NDArray[np.float32]]) -> None:
    assert sum(part.samples.size for part in sections(blocks)) == 0
