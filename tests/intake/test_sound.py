from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from av.codec.codec import UnknownCodecError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.intake.decode import decode
from pipeline.intake.measure import measure_sound
from tests.intake.recordings import encode, gsm_raw, gsm_wav, riff, stereo, tone, wav

LOSSLESS = [("a.wav", "pcm_s16le"), ("a.flac", "flac"), ("a.aiff", "pcm_s16be"), ("a.au", "pcm_s16be")]
TELEPHONY: dict[str, tuple[str, str, int, dict[str, str]]] = {
    "8 bit": ("a.wav", "pcm_u8", 8000, {}),
    "u-law": ("a.wav", "pcm_mulaw", 8000, {}),
    "A-law": ("a.wav", "pcm_alaw", 8000, {}),
    "float": ("a.wav", "pcm_f32le", 8000, {}),
    "ADPCM": ("a.wav", "adpcm_ima_wav", 8000, {}),
    "MP3": ("a.mp3", "libmp3lame", 8000, {}),
    "MP3 without a length": ("a.mp3", "libmp3lame", 8000, {"write_xing": "0"}),
    "Opus": ("a.opus", "libopus", 48000, {}),
    "Opus named .ogg": ("a.ogg", "libopus", 48000, {}),
    "Opus in WebM": ("a.webm", "libopus", 48000, {}),
    "M4A": ("a.m4a", "aac", 8000, {}),
    "bare AAC": ("a.aac", "aac", 8000, {}),
    "WMA": ("a.wma", "wmav2", 16000, {}),
}


def recorded(folder: Path, kind: str, *, channels: int = 2) -> Path:
    name, codec, rate_hz, options = TELEPHONY[kind]
    samples = stereo(3.0, rate_hz=rate_hz)[:, :channels]
    try:
        return encode(folder / name, samples, codec=codec, rate_hz=rate_hz, **options)
    except UnknownCodecError:
        pytest.skip(f"this build of PyAV cannot encode {codec}")


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("kind", TELEPHONY)
def test_measure_sound_tells_true_channels_and_length(tmp_path: Path, kind: str, channels: int) -> None:
    sound = measure_sound(recorded(tmp_path, kind, channels=channels))

    assert (sound.channels, sound.sample_rate_hz) == (channels, TELEPHONY[kind][2])
    assert sound.duration_ms == pytest.approx(3000, abs=300)
    assert sound.silent_channels == ()


@pytest.mark.parametrize("kind", TELEPHONY)
def test_decode_keeps_each_party_on_its_channel(tmp_path: Path, kind: str) -> None:
    path = recorded(tmp_path, kind)

    audio = decode(path)

    peaks_hz = [
        np.argmax(np.abs(np.fft.rfft(channel))) * audio.sample_rate_hz / len(channel) for channel in audio.samples
    ]
    assert peaks_hz == pytest.approx([440, 1000], abs=2)


@pytest.mark.parametrize(("name", "make"), [("a.wav", gsm_wav), ("a.gsm", gsm_raw)])
def test_measure_sound_reads_gsm(tmp_path: Path, name: str, make: object) -> None:
    sound = measure_sound(make(tmp_path / name, 3.0))  # type: ignore[operator]

    assert (sound.channels, sound.sample_rate_hz) == (1, 8000)
    assert sound.duration_ms == pytest.approx(3000, abs=40)


def test_measure_sound_reads_amr(tmp_path: Path) -> None:
    try:
        path = encode(tmp_path / "a.amr", tone(3.0).reshape(-1, 1), codec="libopencore_amrnb")
    except UnknownCodecError:
        pytest.skip("this build of PyAV cannot encode AMR")

    assert measure_sound(path).duration_ms == pytest.approx(3000, abs=40)


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_measure_sound_counts_the_channels_that_are_there(tmp_path: Path, channels: int) -> None:
    samples = np.stack([tone(1.5, hz=300 + 170 * i) for i in range(channels)], axis=1)

    assert measure_sound(wav(tmp_path / "a.wav", samples)).channels == channels
    assert decode(tmp_path / "a.wav").samples.shape == samples.T.shape


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(samples=st.integers(1, 2).flatmap(lambda c: arrays(np.int16, st.tuples(st.integers(1, 9000), st.just(c)))))
def test_sha256_is_the_same_in_every_lossless_container(tmp_path: Path, samples: np.ndarray) -> None:
    hashes = {measure_sound(encode(tmp_path / name, samples, codec=codec)).sha256 for name, codec in LOSSLESS}

    assert len(hashes) == 1


def test_sha256_tells_calls_rates_and_channel_counts_apart(tmp_path: Path) -> None:
    samples = stereo(2.0)
    changed = samples.copy()
    changed[-1, 1] += 1
    variants = [
        wav(tmp_path / "a.wav", samples),
        wav(tmp_path / "b.wav", changed),
        wav(tmp_path / "c.wav", samples, rate_hz=16000),
        wav(tmp_path / "d.wav", samples.reshape(-1, 1)),
    ]

    assert len({measure_sound(path).sha256 for path in variants}) == 4


def test_sha256_stays_what_earlier_versions_gave(tmp_path: Path) -> None:
    """Call ids lie in databases: a change here orphans every stored call."""
    samples = np.arange(-1000, 1000, dtype=np.int16).reshape(-1, 2)

    sha256 = measure_sound(wav(tmp_path / "a.wav", samples)).sha256

    assert sha256 == "6d675bc2e421e6f3d3c870bc96dfb9812eec5c62a91691409514aa634478b7c8"


def test_silent_channels_are_found_in_every_companding(tmp_path: Path) -> None:
    for code in (0xD5, 0x55):  # A-law's zeros, which decode to +8 and -8
        path = riff(tmp_path / "a.wav", bytes([code]) * 16000, tag=6, align=1)
        assert measure_sound(path).silent_channels == (0,)
    assert measure_sound(riff(tmp_path / "u.wav", b"\xff" * 16000, tag=7, align=1)).silent_channels == (0,)


def test_a_faint_channel_is_not_silent(tmp_path: Path) -> None:
    samples = np.stack([tone(), tone(hz=600, level=0.0)], axis=1)

    assert measure_sound(wav(tmp_path / "a.wav", samples)).silent_channels == ()
