"""A call's sound as browsers play it."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.config import Settings
from pipeline.errors import IntakeError
from pipeline.playback import HIGHEST_RATE_HZ, PEAKS, cut_playback, playback_rate_hz, write_playback
from pipeline.records import Recording, Span
from tests.intake.recordings import ZONE, taken_in, tone, wav

SETTINGS = Settings(intake=ZONE)


def _recording(path: Path) -> Recording:
    made = taken_in(path).recording
    assert made is not None
    return made


def _read(path: Path) -> tuple[NDArray[np.int16], int]:
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        parts = [frame.to_ndarray().reshape(-1, frame.layout.nb_channels) for frame in container.decode(stream)]
        return np.concatenate(parts), stream.rate


def _sound(seconds: float, *, channels: int, rate_hz: int) -> NDArray[np.int16]:
    parties = [tone(seconds, hz=440 + 300 * channel, rate_hz=rate_hz) for channel in range(channels)]
    return np.stack(parties, axis=1)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate_hz", [8000, 11025, 16000])
def test_playback_holds_every_sample_and_is_silent_on_all_channels(tmp_path: Path, channels: int, rate_hz: int) -> None:
    samples = _sound(45, channels=channels, rate_hz=rate_hz)  # longer than a block that is read at once
    recording = _recording(wav(tmp_path / "call.wav", samples, rate_hz=rate_hz))
    silent = (Span(start_ms=0, end_ms=501), Span(start_ms=19_000, end_ms=21_333), Span(start_ms=44_900, end_ms=99_000))
    peaks = write_playback(recording, silent, tmp_path / "call.flac", SETTINGS)
    played, played_hz = _read(tmp_path / "call.flac")
    expected = samples.astype(int)
    for span in silent:
        expected[span.start_ms * rate_hz // 1000 : -(-span.end_ms * rate_hz // 1000)] = 0
    assert (played_hz, played.shape) == (rate_hz, samples.shape)
    assert np.abs(played - expected).max() <= 1  # 16 bits go through floats
    assert not played[expected == 0][::7].any()
    assert len(peaks) == channels
    for heights in peaks:
        assert len(heights) <= PEAKS
        assert heights[0] == heights[len(heights) // 2 - len(heights) // 20] == heights[-1] == 0
        assert 0.3 < max(heights) <= 1


def test_playback_of_a_high_rate_keeps_time(tmp_path: Path) -> None:
    recording = _recording(wav(tmp_path / "call.wav", _sound(3, channels=2, rate_hz=48_000), rate_hz=48_000))
    write_playback(recording, (Span(start_ms=1000, end_ms=2000),), tmp_path / "call.flac", SETTINGS)
    played, rate_hz = _read(tmp_path / "call.flac")
    assert rate_hz == HIGHEST_RATE_HZ == playback_rate_hz(recording)
    assert abs(len(played) - 3 * rate_hz) < 50
    assert not played[rate_hz : 2 * rate_hz].any()
    assert played[: rate_hz - 50].any()


@pytest.mark.parametrize("span", [(0, 700), (12_345, 15_001), (29_000, 30_000), (29_900, 99_000)])
def test_cut_is_that_part_to_the_sample(tmp_path: Path, span: tuple[int, int]) -> None:
    recording = _recording(wav(tmp_path / "call.wav", _sound(30, channels=2, rate_hz=8000)))
    write_playback(recording, (), tmp_path / "call.flac", SETTINGS)
    cut_playback(tmp_path / "call.flac", Span(start_ms=span[0], end_ms=span[1]), tmp_path / "cut.flac")
    whole, part = _read(tmp_path / "call.flac")[0], _read(tmp_path / "cut.flac")[0]
    assert np.array_equal(part, whole[span[0] * 8 : span[1] * 8])


def test_file_that_holds_another_sound_now_is_refused(tmp_path: Path) -> None:
    path = wav(tmp_path / "call.wav", _sound(2, channels=2, rate_hz=8000))
    recording = _recording(path)
    wav(path, _sound(2, channels=2, rate_hz=8000)[::-1])
    with pytest.raises(IntakeError) as caught:
        write_playback(recording, (), tmp_path / "call.flac", SETTINGS)
    assert caught.value.code == "changed"
