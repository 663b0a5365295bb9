"""What a second run reads again, and what it does not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.runtime import Runtime, using
from pipeline.config import Settings
from pipeline.intake import take_in as take_in_module
from pipeline.store.calls import get_recording
from pipeline.store.snapshot import dump
from tests.scripted_calls import write_batch, write_call, write_manifest

LONG_AGO_S = 1_790_000_000


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that were decoded."""
    names: list[str] = []
    measure = take_in_module.measure_sound

    def counting(path: Path, **options: int) -> object:
        names.append(path.name)
        return measure(path, **options)

    monkeypatch.setattr(take_in_module, "measure_sound", counting)
    return names


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """Three calls and a damaged file, written long ago."""
    folder = write_batch(tmp_path / "calls", 3)
    (folder / "damaged.wav").write_bytes(b"RIFF\x00\x00no sound in here")
    for file in folder.glob("*.wav"):
        os.utime(file, (LONG_AGO_S, LONG_AGO_S))
    return folder


@pytest.fixture
def runtime(tmp_path: Path) -> Iterator[Runtime]:
    with using(Runtime(settings=Settings(workspace=tmp_path / "workspace"))) as current:
        yield current


def run_intake(folder: Path, runtime: Runtime) -> list[str]:
    """Take the folder in, as a run does that reads its manifests anew."""
    from flows.intake import take_in_files

    runtime._manifests.clear()
    return take_in_files.fn([str(file) for file in sorted(folder.glob("*.wav"))], [str(folder)])


def snapshot(runtime: Runtime) -> object:
    with runtime.store.read() as connection:
        return dump(connection)


def test_intake_decodes_a_file_once_and_stores_the_same_again(
    recordings: Path, runtime: Runtime, measured: list[str]
) -> None:
    first = run_intake(recordings, runtime)
    stored = snapshot(runtime)
    assert measured == ["call-00.wav", "call-01.wav", "call-02.wav", "damaged.wav"]
    measured.clear()
    assert run_intake(recordings, runtime) == first
    assert measured == ["damaged.wav"]
    assert snapshot(runtime) == stored


def test_intake_decodes_files_that_were_written_just_before(
    recordings: Path, runtime: Runtime, measured: list[str]
) -> None:
    write_call(recordings, "call-01", seed=7)
    run_intake(recordings, runtime)
    measured.clear()
    run_intake(recordings, runtime)
    assert measured == ["call-01.wav", "damaged.wav"]


def test_intake_reads_a_file_again_that_changed(recordings: Path, runtime: Runtime, measured: list[str]) -> None:
    before = run_intake(recordings, runtime)
    measured.clear()
    write_call(recordings, "call-01", seed=7)
    os.utime(recordings / "call-01.wav", (LONG_AGO_S + 60, LONG_AGO_S + 60))
    after = run_intake(recordings, runtime)
    assert measured == ["call-01.wav", "damaged.wav"]
    assert [old == new for old, new in zip(before, after, strict=True)] == [True, False, True]
    measured.clear()
    assert run_intake(recordings, runtime) == after
    assert measured == ["damaged.wav"]


def test_intake_takes_a_corrected_manifest_without_decoding(
    recordings: Path, runtime: Runtime, measured: list[str]
) -> None:
    (call_id, *_) = run_intake(recordings, runtime)
    measured.clear()
    row = {"file": "call-00.wav", "started_at": "2026-10-05T09:30:00Z", "agent_id": "somebody.else"}
    write_manifest(recordings, [row])
    assert call_id in run_intake(recordings, runtime)
    assert measured == ["damaged.wav"]
    with runtime.store.read() as connection:
        assert get_recording(connection, call_id).agent_id == "somebody.else"
