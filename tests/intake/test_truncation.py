from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import pytest

from pipeline.errors import IntakeError
from pipeline.intake import container
from pipeline.intake.declared import declared_length
from pipeline.intake.decode import decode
from pipeline.intake.measure import measure_sound
from tests.intake.recordings import encode, gsm_wav, riff, stereo, taken_in, wav

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


def padded_gsm(path: Path, seconds: float) -> Path:
    """GSM in WAV as sox writes it: an odd number of 65-byte blocks, and a padding byte that is counted as sound."""
    data = gsm_wav(path, seconds).read_bytes()
    at = data.index(b"data") + 4
    body = data[at + 4 :]
    assert len(body) % 2 == 1, "an odd number of blocks"
    path.write_bytes(data[:at] + (len(body) + 1).to_bytes(4, "little") + body + b"\0")
    return path


@pytest.mark.parametrize("seconds", [1.0, 30.04])
def test_the_padding_byte_of_a_gsm_wav_is_no_damage(
    tmp_path: Path, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container, "LOST_TOLERANCE_MS", 0)
    padded = measure_sound(padded_gsm(tmp_path / "a.wav", seconds))
    assert padded == measure_sound(gsm_wav(tmp_path / "b.wav", seconds))
    assert padded.duration_ms == int(seconds * 25) * 40
    assert taken_in(tmp_path / "a.wav").recording is not None


@pytest.mark.parametrize("share", [0.5, 0.97])
def test_a_gsm_wav_that_was_cut_off_is_truncated(tmp_path: Path, share: float) -> None:
    with pytest.raises(IntakeError) as caught:
        measure_sound(cut(padded_gsm(tmp_path / "a.wav", 30.04), share))

    assert caught.value.code == "truncated"


@pytest.mark.parametrize("channel_bytes", [(65, 1), (2, 6), (3, 1), (512, 2)])
def test_sox_in_a_pipe_rounds_its_placeholder_to_whole_blocks(tmp_path: Path, channel_bytes: tuple[int, int]) -> None:
    block = channel_bytes[0] * channel_bytes[1]
    placeholder = 0x7FFFF000 // block * block
    header = riff(tmp_path / "a.wav", bytes(800), tag=1, channels=channel_bytes[1], align=channel_bytes[0])
    data = bytearray(header.read_bytes())
    at = data.index(b"data") + 4
    for size, claims in ((placeholder, False), (placeholder - block, True)):
        data[at : at + 4] = size.to_bytes(4, "little")
        declared = declared_length(io.BytesIO(bytes(data)), len(data), "wav")
        assert (declared.duration_ms is not None) is claims


@pytest.mark.skipif(shutil.which("sox") is None, reason="sox is not installed")
@pytest.mark.parametrize("to", ["file", "pipe"])
def test_gsm_of_sox_itself_is_read_whole(tmp_path: Path, to: str) -> None:
    path, seconds = tmp_path / "a.wav", 10.04
    tone = ["sox", "-n", "-r", "8000", "-c", "1", "-e", "gsm-full-rate", "-t", "wav"]
    made = subprocess.run(
        [*tone, str(path) if to == "file" else "-", "synth", str(seconds), "sine", "440"],
        check=True,
        capture_output=True,
    )
    if to == "pipe":
        path.write_bytes(made.stdout)
    assert path.stat().st_size % 2 == 0
    assert measure_sound(path).duration_ms == 10_040
    cut(path, 0.5)
    if to == "file":  # in a pipe nobody knows how long the call was to be
        with pytest.raises(IntakeError, match="the file should hold"):
            measure_sound(path)
