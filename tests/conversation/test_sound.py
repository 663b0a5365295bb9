from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.conversation.sound import SAMPLE_RATE_HZ, frame_levels_dbfs, sounding
from pipeline.records import Span

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


def test_frame_levels_are_rms_in_dbfs_per_100_ms() -> None:
    levels = frame_levels_dbfs(np.concatenate([tone(-20, 1), silence(0.55)]))
    assert len(levels) == 15
    assert levels[:10] == pytest.approx([-20] * 10, abs=0.01)
    assert levels[10:] == pytest.approx([-120] * 5)


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
    assert sounding(frame_levels_dbfs(channel), GAP) is expected


@pytest.mark.parametrize("gap", [Span(start_ms=50, end_ms=90), Span(start_ms=90_000, end_ms=99_000)])
def test_sounding_is_false_where_there_is_no_whole_frame(gap: Span) -> None:
    assert sounding(frame_levels_dbfs(noise(-20)), gap) is False
