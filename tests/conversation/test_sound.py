from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.conversation.sound import levels_dbfs, sounding
from pipeline.records import Span
from pipeline.sound import SAMPLE_RATE_HZ, in_memory

GAP = Span(start_ms=10_000, end_ms=30_000)


def silence(seconds: float = 40) -> NDArray[np.float32]:
    return np.zeros(int(seconds * SAMPLE_RATE_HZ), dtype=np.float32)


def noise(level_dbfs: float, seconds: float = 40) -> NDArray[np.float32]:
    samples = np.random.default_rng(7).standard_normal(int(seconds * SAMPLE_RATE_HZ))
    return (samples * 10 ** (level_dbfs / 20)).astype(np.float32)


def tone(level_dbfs: float, seconds: float) -> NDArray[np.float32]:
    at = np.arange(int(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    return (np.sqrt(2) * 10 ** (level_dbfs / 20) * np.sin(2 * np.pi * 440 * at)).astype(np.float32)


def with_tone(channel: NDArray[np.float32], level_dbfs: float, start_s: float, end_s: float) -> NDArray[np.float32]:
    mixed = channel.copy()
    mixed[int(start_s * SAMPLE_RATE_HZ) : int(end_s * SAMPLE_RATE_HZ)] += tone(level_dbfs, end_s - start_s)
    return mixed


def levels_of(channel: NDArray[np.float32]) -> NDArray[np.float64]:
    return levels_dbfs(in_memory(channel[None, :]))[0]


def test_levels_are_rms_in_dbfs_per_100_ms() -> None:
    levels = levels_of(np.concatenate([tone(-20, 1), silence(0.55)]))
    assert len(levels) == 15
    assert levels[:10] == pytest.approx([-20] * 10, abs=0.01)
    assert levels[10:] == pytest.approx([-120] * 5)


def test_levels_do_not_depend_on_how_the_sound_comes_in_blocks() -> None:
    channels = np.stack([noise(-30, 3), tone(-20, 3)])
    in_blocks = levels_dbfs(lambda: (channels[:, at : at + 777] for at in range(0, channels.shape[1], 777)))
    for whole, pieced in zip(levels_dbfs(in_memory(channels)), in_blocks, strict=True):
        assert pieced.tolist() == whole.tolist()


@pytest.mark.parametrize(
    ("channel", "expected"),
    [
        pytest.param(with_tone(silence(), -25, 10, 30), True, id="music"),
        pytest.param(with_tone(noise(-55), -30, 10, 30), True, id="music over line noise"),
        pytest.param(with_tone(silence(), -25, 12, 30), True, id="music begins late"),
        pytest.param(silence(), False, id="digital silence"),
        pytest.param(noise(-55), False, id="line noise"),
        pytest.param(noise(-35), False, id="loud line noise throughout"),
        pytest.param(with_tone(silence(), -60, 10, 30), False, id="hardly to be heard"),
        pytest.param(with_tone(silence(), -25, 0, 10), False, id="sound before the gap only"),
        pytest.param(with_tone(with_tone(silence(), -25, 10, 12), -25, 16, 18), False, id="ringing"),
    ],
)
def test_sounding_tells_music_from_noise(channel: NDArray[np.float32], expected: bool) -> None:
    assert sounding(levels_of(channel), GAP) is expected


@pytest.mark.parametrize("gap", [Span(start_ms=50, end_ms=90), Span(start_ms=90_000, end_ms=99_000)])
def test_sounding_is_false_where_there_is_no_whole_frame(gap: Span) -> None:
    assert sounding(levels_of(noise(-20)), gap) is False
