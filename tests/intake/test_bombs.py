"""Small files that decode to much, and what lies beside a recording and is read whole."""

from __future__ import annotations

import dataclasses
import struct
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.config import IntakeSettings
from pipeline.errors import IntakeError
from pipeline.intake import manifest, sidecar
from pipeline.intake.decode import call_audio, load_call_audio
from pipeline.intake.known_sound import known_sound
from pipeline.intake.manifest import read_manifest
from pipeline.intake.metadata import index_metadata
from pipeline.intake.sidecar import read_sidecars
from pipeline.intake.take_in import take_in
from tests.intake import bombs
from tests.intake.recordings import codes, riff, stereo, taken_in, wav

TEN_HOURS_S = 10 * bombs.HOUR_S


def test_take_in_holds_back_ten_hours_of_silence(tmp_path: Path) -> None:
    outcome = taken_in(bombs.silent_flac(tmp_path / "a.flac", TEN_HOURS_S))

    assert outcome.recording is None
    assert "the recording lasts longer than 8 h: raise intake.max_duration_ms" in outcome.defects[-1].reason


def test_take_in_reads_a_recording_of_just_the_longest_length(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", stereo(3.0))

    assert taken_in(path, IntakeSettings(max_duration_ms=3000)).recording is not None
    assert "too_long" in codes(taken_in(path, IntakeSettings(max_duration_ms=2999)))


def test_take_in_lets_a_new_setting_decide_about_what_an_earlier_run_measured(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", stereo(3.0))
    first = taken_in(path)
    assert first.sound is not None

    @dataclasses.dataclass(frozen=True)
    class Measured:
        size_bytes = first.size_bytes
        modified_ns = first.modified_ns
        file_id = first.file_id
        sound = first.sound or ""
        measured_at = datetime(2200, 1, 1, tzinfo=UTC)

    again = take_in(
        path,
        settings=IntakeSettings(max_duration_ms=2000),
        metadata=index_metadata([path]),
        known=known_sound(Measured()),
    )

    assert again.recording is None
    assert "too_long" in codes(again)


@pytest.mark.parametrize("rate_hz", [1, 3999, 384_001, 2_000_000_000])
def test_take_in_holds_back_sample_rates_that_no_speech_has(tmp_path: Path, rate_hz: int) -> None:
    path = riff(tmp_path / "a.wav", stereo().tobytes(), tag=1, rate_hz=rate_hz)

    assert "odd_sample_rate" in codes(taken_in(path))


@pytest.mark.parametrize("rate_hz", [6000, 192_000])
def test_take_in_reads_sample_rates_of_recorders(tmp_path: Path, rate_hz: int) -> None:
    assert taken_in(wav(tmp_path / "a.wav", stereo(1.5, rate_hz=rate_hz), rate_hz=rate_hz)).recording is not None


def test_a_file_that_became_a_bomb_after_it_was_taken_in_is_told_as_changed(tmp_path: Path) -> None:
    path = bombs.silent_flac(tmp_path / "a.flac", 30)
    recording = taken_in(path).recording
    assert recording is not None
    bombs.silent_flac(path, 72 * TEN_HOURS_S)

    heard_ms = []
    blocks = call_audio(recording, IntakeSettings())()
    with pytest.raises(IntakeError) as raised:
        heard_ms.extend(block.shape[1] // 16 for block in blocks)
    assert raised.value.code == "changed"
    assert sum(heard_ms) <= recording.duration_ms, "decoding stops where the call should have ended"
    with pytest.raises(IntakeError) as raised:
        load_call_audio(recording, IntakeSettings())
    assert raised.value.code == "changed"


def test_a_table_of_a_thousand_million_entries_is_told_as_cut_off(tmp_path: Path) -> None:
    path = bombs.endless_table_mp4(tmp_path / "a.m4a", 1 << 30)

    assert path.stat().st_size < 1000
    assert "truncated" in codes(taken_in(path))


def test_a_cover_picture_is_never_unpacked(tmp_path: Path) -> None:
    recording = taken_in(bombs.cover_bomb(tmp_path / "a.flac", side=2000)).recording

    assert recording is not None
    assert 20_000 < recording.duration_ms < 30_000


def test_crafted_opus_is_as_long_as_it_says(tmp_path: Path) -> None:
    recording = taken_in(bombs.silent_opus(tmp_path / "a.opus", 60)).recording

    assert recording is not None
    assert recording.duration_ms == 60_000


def test_a_sidecar_of_any_size_is_not_read_whole(tmp_path: Path) -> None:
    with (tmp_path / "a.json").open("wb") as file:
        file.truncate(1 << 40)

    values, (defect,) = read_sidecars(tmp_path / "a.wav")

    assert values == {}
    assert f"is larger than {sidecar.MOST_BYTES >> 20} MB" in defect.reason


def test_a_sidecar_of_the_largest_size_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"agent_id": "eve"' + " " * (sidecar.MOST_BYTES - 19) + "}")

    assert read_sidecars(tmp_path / "a.wav") == ({"agent_id": "eve"}, ())


def test_a_manifest_of_any_size_is_not_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "manifest.csv").open("wb") as file:
        file.truncate(1 << 40)
    assert "is larger than 128 MB" in read_manifest(tmp_path / "manifest.csv").defects[0].reason

    monkeypatch.setattr(manifest, "MOST_ROWS", 3)
    (tmp_path / "manifest.csv").write_text("file\na.wav\nb.wav\n")
    assert read_manifest(tmp_path / "manifest.csv").defects == ()
    (tmp_path / "manifest.csv").write_text("file\na.wav\nb.wav\nc.wav\n")
    assert "has more than 3 rows" in read_manifest(tmp_path / "manifest.csv").defects[0].reason


def test_a_header_may_claim_any_number_of_channels(tmp_path: Path) -> None:
    body = struct.pack("<h", 5) * 8000
    assert taken_in(riff(tmp_path / "a.wav", body, tag=1, align=1, channels=65535)).recording is None


def test_file_larger_than_any_recording_is_held_back_and_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with path.open("wb") as file:
        file.truncate(5 << 40)  # takes no room, and hours to read
    outcome = taken_in(path)
    assert (codes(outcome), outcome.recording) == (["too_large"], None)
    assert "more than 4,294,967,296 bytes: raise intake.max_bytes" in outcome.defects[0].reason
    assert (outcome.size_bytes, outcome.modified_ns) == (5 << 40, path.stat().st_mtime_ns)


def test_file_of_exactly_the_largest_size_is_taken(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", stereo())
    size = path.stat().st_size
    assert taken_in(path, IntakeSettings(max_bytes=size)).recording is not None
    assert codes(taken_in(path, IntakeSettings(max_bytes=size - 1))) == ["too_large"]
