from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import IntakeError
from pipeline.intake.decode import decode
from pipeline.intake.measure import measure_sound
from tests.intake.recordings import encode, stereo, wav

CUTTABLE: dict[str, tuple[str, str, int, dict[str, str]]] = {
    "PCM": ("a.wav", "pcm_s16le", 8000, {}),
    "u-law": ("a.wav", "pcm_mulaw", 8000, {}),
    "FLAC": ("a.flac", "flac", 8000, {}),
    "MP3": ("a.mp3", "libmp3lame", 8000, {}),
    "Opus": ("a.opus", "libopus", 48000, {}),
    "M4A": ("a.m4a", "aac", 8000, {"movflags": "faststart"}),
}


def cut(path: Path, share: float) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


@pytest.mark.parametrize("share", [0.5, 0.75])
@pytest.mark.parametrize("kind", CUTTABLE)
def test_a_recording_that_was_cut_off_is_truncated(tmp_path: Path, kind: str, share: float) -> None:
    name, codec, rate_hz, options = CUTTABLE[kind]
    path = encode(tmp_path / name, stereo(10.0, rate_hz=rate_hz), codec=codec, rate_hz=rate_hz, **options)
    assert measure_sound(path).duration_ms == pytest.approx(10_000, abs=300)

    with pytest.raises(IntakeError) as caught:
        measure_sound(cut(path, share))

    assert caught.value.code == "truncated"


def test_the_reason_for_a_cut_wav_tells_both_lengths(tmp_path: Path) -> None:
    path = cut(wav(tmp_path / "a.wav", stereo(10.0)), 0.5)

    with pytest.raises(IntakeError, match=r"should hold 10\.0 s, but only 5\.0 s are there"):
        decode(path)


def test_an_m4a_whose_index_was_cut_off_is_unreadable(tmp_path: Path) -> None:
    path = cut(encode(tmp_path / "a.m4a", stereo(5.0), codec="aac"), 0.5)

    with pytest.raises(IntakeError) as caught:
        decode(path)

    assert caught.value.code == "unreadable"


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000, 0x80000000, 0xFFFFFFFF - 36])
def test_a_live_recorders_header_without_a_size_is_legitimate(tmp_path: Path, size: int) -> None:
    path = wav(tmp_path / "a.wav", stereo(2.0), data_size=size)

    assert measure_sound(path).duration_ms == 2000
    assert measure_sound(path).sha256 == measure_sound(wav(tmp_path / "b.wav", stereo(2.0))).sha256


def test_a_header_that_counts_itself_as_sound_is_tolerated(tmp_path: Path) -> None:
    samples = stereo(2.0)

    assert measure_sound(wav(tmp_path / "a.wav", samples, data_size=samples.nbytes + 44)).duration_ms == 2000


@pytest.mark.parametrize("data_size", [40_000_000, 4_000_000_000])
def test_a_header_that_claims_far_more_than_the_file_holds_is_truncated(tmp_path: Path, data_size: int) -> None:
    path = wav(tmp_path / "a.wav", stereo(2.0), data_size=data_size)

    with pytest.raises(IntakeError) as caught:
        measure_sound(path)

    assert caught.value.code == "truncated"


def test_damage_in_the_middle_is_truncated(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.flac", stereo(20.0), codec="flac")
    data = bytearray(path.read_bytes())
    data[len(data) // 3 : len(data) // 2] = bytes(len(data) // 2 - len(data) // 3)
    path.write_bytes(data)

    with pytest.raises(IntakeError) as caught:
        measure_sound(path)

    assert caught.value.code == "truncated"


def test_chunks_around_the_sound_do_not_disturb(tmp_path: Path) -> None:
    data = wav(tmp_path / "a.wav", stereo(2.0)).read_bytes()
    odd = b"LIST" + (5).to_bytes(4, "little") + b"INFO!\0"
    (tmp_path / "b.wav").write_bytes(data[:12] + odd + data[12:] + odd)

    assert measure_sound(tmp_path / "b.wav").sha256 == measure_sound(tmp_path / "a.wav").sha256
