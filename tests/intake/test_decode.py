from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import IntakeError
from pipeline.intake.decode import decode, load_call_audio
from tests.intake.recordings import ZONE, encode, riff, stereo, taken_in, tone, wav


def test_decode_gives_the_samples_of_a_16_bit_file_exactly(tmp_path: Path) -> None:
    samples = stereo(1.0)

    audio = decode(wav(tmp_path / "a.wav", samples))

    assert audio.samples.dtype == np.float32
    assert (audio.sample_rate_hz, audio.channels) == (8000, 2)
    np.testing.assert_array_equal(audio.samples, samples.T.astype(np.float32) / 32768)


@pytest.mark.parametrize(
    ("tag", "align", "body", "expected"),
    [
        (1, 1, np.array([0, 128, 255], np.uint8), [-1.0, 0.0, 127 / 128]),
        (1, 4, np.array([-(2**31), 0, 2**30], "<i4"), [-1.0, 0.0, 0.5]),
        (3, 4, np.array([-2.0, 0.25, np.nan], "<f4"), [-1.0, 0.25, 0.0]),
        (3, 8, np.array([0.5, -0.5, np.inf], "<f8"), [0.5, -0.5, 1.0]),
    ],
    ids=["8 bit", "32 bit", "float with overload and NaN", "double"],
)
def test_decode_scales_every_width(
    tmp_path: Path, tag: int, align: int, body: np.ndarray, expected: list[float]
) -> None:
    path = riff(tmp_path / "a.wav", np.repeat(body, 1000).tobytes(), tag=tag, align=align)
    data = bytearray(path.read_bytes())
    data[34] = 8 * align  # bits per sample
    path.write_bytes(data)

    samples = decode(path).samples[0]

    assert [float(samples[i]) for i in (500, 1500, 2500)] == pytest.approx(expected)


@pytest.mark.parametrize(("rate_hz", "target_rate_hz"), [(8000, 16000), (48000, 16000), (44100, 16000), (16000, 16000)])
def test_decode_resamples_without_losing_time_or_channels(tmp_path: Path, rate_hz: int, target_rate_hz: int) -> None:
    path = wav(tmp_path / "a.wav", stereo(3.0, rate_hz=rate_hz), rate_hz=rate_hz)

    audio = decode(path, target_rate_hz=target_rate_hz)

    assert audio.samples.shape == (2, pytest.approx(3 * target_rate_hz, abs=40))
    assert audio.sample_rate_hz == target_rate_hz
    peaks_hz = [np.argmax(np.abs(np.fft.rfft(channel))) * target_rate_hz / len(channel) for channel in audio.samples]
    assert peaks_hz == pytest.approx([440, 1000], abs=2)
    assert np.abs(audio.samples).max() <= 1


def test_load_call_audio_gives_what_was_taken_in_at_16_khz(tmp_path: Path) -> None:
    recording = taken_in(wav(tmp_path / "a.wav", stereo(2.0))).recording
    assert recording

    assert load_call_audio(recording, ZONE).shape == (2, pytest.approx(32000, abs=40))
    assert load_call_audio(recording, ZONE, target_rate_hz=8000).shape == (2, 16000)


@pytest.mark.parametrize(("gain", "loudest"), [(1.0, 1.0), (-1.0, 1.0), (0.25, 1.0), (2.0, 2.0)])
def test_load_call_audio_folds_a_mono_stored_twice(tmp_path: Path, gain: float, loudest: float) -> None:
    mono = tone(2.0).astype(np.float64)
    path = wav(tmp_path / "a.wav", np.stack([mono, mono * gain], axis=1).clip(-32768, 32767).astype(np.int16))
    recording = taken_in(path).recording
    assert recording
    assert recording.channels == 1

    samples = load_call_audio(recording, ZONE, target_rate_hz=8000)

    assert samples.shape == (1, 16000)
    np.testing.assert_allclose(np.abs(samples[0]), np.abs(mono * loudest).clip(0, 32767) / 32768, atol=2e-4)


def test_load_call_audio_keeps_a_mono_mono(tmp_path: Path) -> None:
    recording = taken_in(encode(tmp_path / "a.flac", tone(2.0).reshape(-1, 1), codec="flac")).recording
    assert recording

    assert load_call_audio(recording, ZONE, target_rate_hz=8000).shape == (1, 16000)


def test_load_call_audio_refuses_a_file_that_holds_another_call_by_now(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", stereo(2.0))
    recording = taken_in(path).recording
    assert recording
    wav(path, stereo(2.0)[::-1])

    with pytest.raises(IntakeError) as caught:
        load_call_audio(recording, ZONE)

    assert caught.value.code == "changed"


def test_load_call_audio_reports_a_file_that_is_gone(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", stereo(2.0))
    recording = taken_in(path).recording
    assert recording
    path.unlink()

    with pytest.raises(IntakeError, match="cannot be opened"):
        load_call_audio(recording, ZONE)


def test_taken_in_calls_of_the_bank_are_stereo_and_load(shared_audio: Path) -> None:
    for path in sorted((shared_audio / "hvb_callcenter" / "stereo").glob("*.wav")):
        recording = taken_in(path).recording
        assert recording
        assert (recording.channels, recording.sample_rate_hz) == (2, 8000)
        samples = load_call_audio(recording, ZONE)
        assert samples.shape == (2, pytest.approx(recording.duration_ms * 16, abs=40))


def test_taken_in_speech_stored_twice_is_mono(shared_audio: Path) -> None:
    recording = taken_in(shared_audio / "misc_small" / "jfk.flac").recording

    assert recording
    assert recording.channels == 1
    assert [defect.code for defect in recording.defects] == ["metadata_missing", "duplicated_mono"]
