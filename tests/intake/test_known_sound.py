"""A file that has not changed is not decoded again; a file that may have changed is."""

from __future__ import annotations

import dataclasses
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.config import IntakeSettings
from pipeline.intake import known_sound as known_sound_module
from pipeline.intake.known_sound import KnownSound, known_sound
from pipeline.intake.metadata import index_metadata
from pipeline.intake.outcome import IntakeOutcome
from pipeline.intake.take_in import take_in
from tests.intake.recordings import ZONE, codes, stereo, tone, wav

WRITTEN = datetime(2026, 10, 5, 9, 0, tzinfo=UTC)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Stored:
    """A file as the store remembers it."""

    size_bytes: int
    modified_ns: int
    file_id: str
    sound: str
    measured_at: datetime


def recorder(path: Path, *, seconds: float = 2.0, at: datetime = WRITTEN) -> Path:
    """A recording that was written at some time."""
    wav(path, stereo(seconds))
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def read(path: Path, known: KnownSound | None = None, settings: IntakeSettings = ZONE) -> IntakeOutcome:
    return take_in(path, settings=settings, metadata=index_metadata([path.parent]), known=known)


def stored(outcome: IntakeOutcome, *, measured_at: datetime = WRITTEN + timedelta(hours=1)) -> Stored:
    assert outcome.sound is not None
    return Stored(
        size_bytes=outcome.size_bytes,
        modified_ns=outcome.modified_ns,
        file_id=outcome.file_id,
        sound=outcome.sound,
        measured_at=measured_at,
    )


def known(path: Path) -> KnownSound:
    found = known_sound(stored(read(path)))
    assert found is not None
    return found


def test_known_sound_gives_the_same_outcome_without_reading_the_file(tmp_path: Path) -> None:
    path = recorder(tmp_path / "a.wav")
    first = read(path)
    path.write_bytes(bytes(path.stat().st_size))  # were it read, it would be no sound file
    os.utime(path, ns=(first.modified_ns, first.modified_ns))
    again = read(path, known_sound(stored(first)))
    assert again == dataclasses.replace(first, sound_is_known=True)
    assert again.recording == first.recording is not None


@pytest.mark.parametrize("what", ["size", "time"])
def test_known_sound_is_not_that_of_a_file_that_changed(tmp_path: Path, what: str) -> None:
    path = recorder(tmp_path / "a.wav")
    before = known(path)
    if what == "size":
        recorder(path, seconds=2.5)
    else:
        wav(path, stereo()[:, ::-1])
        os.utime(path, ns=(before.modified_ns + 1, before.modified_ns + 1))
    after = read(path, before)
    assert after == read(path)
    assert after.sound_is_known is False
    assert after.recording is not None
    assert after.recording.sha256 != before.facts.sha256


def test_known_sound_is_not_that_of_a_file_that_became_damaged(tmp_path: Path) -> None:
    path = recorder(tmp_path / "a.wav")
    before = known(path)
    path.write_bytes(b"RIFF")
    after = read(path, before)
    assert (after.recording, after.sound, after.sound_is_known) == (None, None, False)


def test_known_sound_leaves_settings_and_metadata_in_force(tmp_path: Path) -> None:
    path = recorder(tmp_path / "a.wav")
    before = known(path)
    (tmp_path / "manifest.csv").write_text("file,agent_id,started_at\na.wav,maria.lopez,2026-10-05T09:00:00Z\n")
    corrected = read(path, before)
    assert corrected.sound_is_known
    assert corrected.recording is not None
    assert corrected.recording.agent_id == "maria.lopez"
    longer = read(path, before, ZONE.model_copy(update={"min_duration_ms": 5000}))
    assert "too_short" in codes(longer)
    assert (longer.recording, longer.sound, longer.sound_is_known) == (None, None, False)


def test_known_sound_keeps_what_was_found_out_about_channels(tmp_path: Path) -> None:
    """Facts go through text: what they decide must not change on the way."""
    mono = tone()
    wav(tmp_path / "twice.wav", mono[:, None].repeat(2, axis=1))
    os.utime(tmp_path / "twice.wav", (WRITTEN.timestamp(), WRITTEN.timestamp()))
    first = read(tmp_path / "twice.wav")
    again = read(tmp_path / "twice.wav", known(tmp_path / "twice.wav"))
    assert "duplicated_mono" in codes(first)
    assert (again.recording, again.defects) == (first.recording, first.defects)


@pytest.mark.parametrize(("after_s", "trusted"), [(-60, False), (0, False), (1.9, False), (2, True), (3600, True)])
def test_known_sound_trusts_a_time_of_change_only_when_it_was_past(
    tmp_path: Path, after_s: float, trusted: bool
) -> None:
    first = read(recorder(tmp_path / "a.wav"))
    found = known_sound(stored(first, measured_at=WRITTEN + timedelta(seconds=after_s)))
    assert (found is not None) is trusted


def test_known_sound_of_another_measuring_is_not_taken_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = stored(read(recorder(tmp_path / "a.wav")))
    assert known_sound(first)
    monkeypatch.setattr(known_sound_module, "MEASURING", known_sound_module.MEASURING + 1)
    assert known_sound(first) is None
    monkeypatch.undo()
    monkeypatch.setattr(known_sound_module.av, "__version__", "0.1")
    assert known_sound(first) is None


@pytest.mark.parametrize("field", ["sha256", "channels", "silent_channels"])
def test_known_sound_that_lacks_a_fact_is_not_taken_over(tmp_path: Path, field: str) -> None:
    first = stored(read(recorder(tmp_path / "a.wav")))
    kept = json.loads(first.sound)
    del kept["facts"][field]
    assert known_sound(dataclasses.replace(first, sound=json.dumps(kept))) is None
    assert known_sound(dataclasses.replace(first, sound="no json")) is None
