"""A file that is replaced by itself: what is still being written stays, and it stays its owner's."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.sealed_files import seal_files, unseal_files
from pipeline.at_rest import files as module
from pipeline.at_rest.files import read_sealed, seal_file, unseal_file
from pipeline.at_rest.in_place import is_open_for_writing
from pipeline.at_rest.keys import make_key, parse_keys

RING = parse_keys(make_key())
SOUND = b"RIFF" + b"sound" * 50_000
OLD_NS = 1_700_000_000_000_000_000
only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A recording that was written long ago."""
    made = tmp_path / "call.wav"
    made.write_bytes(SOUND)
    os.utime(made, ns=(OLD_NS, OLD_NS))
    return made


@pytest.fixture
def leases(file: Path) -> None:
    """Go on only where the file system tells who has a file open for writing."""
    with file.open("r+b"), file.open("rb") as read:
        if not is_open_for_writing(read):
            pytest.skip("here nobody can tell who has a file open for writing")


@pytest.fixture
def written_elsewhere(file: Path) -> Iterator[None]:
    """Another process has the file open for writing."""
    code = f"import sys; f = open({str(file)!r}, 'ab'); print('open', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        yield
        process.communicate()


def while_it_is_read(monkeypatch: pytest.MonkeyPatch, act: Any) -> None:
    """Have something happen after a file was read, and before it is replaced."""
    real = module._copy

    def copy(source: Any, target: Any) -> bytes:
        digest: bytes = real(source, target)
        if target is None:
            act()
        return digest

    monkeypatch.setattr(module, "_copy", copy)


@pytest.mark.usefixtures("leases", "written_elsewhere")
def test_a_file_that_another_process_has_open_for_writing_stays(file: Path) -> None:
    for outcome in (*seal_files([file], RING), *seal_files([file], RING, settle_s=10)):
        assert (outcome.became, outcome.problem) == ("problem", "it is being written; try again when it is whole")
    assert file.read_bytes() == SOUND
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.usefixtures("leases")
def test_a_file_that_is_only_read_by_others_is_sealed(file: Path) -> None:
    with file.open("rb"):
        assert [outcome.became for outcome in seal_files([file], RING)] == ["sealed"]


def test_what_is_written_while_a_file_is_sealed_is_not_lost(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def grow() -> None:
        with file.open("ab") as more:
            more.write(b"goes on")

    while_it_is_read(monkeypatch, grow)
    with pytest.raises(OSError, match="being written"):
        seal_file(file, file, RING)
    assert file.read_bytes() == SOUND + b"goes on"
    assert list(file.parent.iterdir()) == [file]


def test_a_file_that_is_changed_or_replaced_while_it_is_opened_again_stays(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal_file(file, file, RING)
    other = file.with_name("other.wav")
    other.write_bytes(file.read_bytes())
    os.utime(other, ns=(OLD_NS, OLD_NS))  # same size and time, another file
    number = other.stat().st_ino
    while_it_is_read(monkeypatch, lambda: other.replace(file) if other.exists() else os.utime(file, ns=(1, 1)))
    for _ in range(2):
        with pytest.raises(OSError, match="being written"):
            unseal_file(file, file, RING)
    assert file.stat().st_ino == number
    assert read_sealed(file, RING) == SOUND


@pytest.mark.parametrize("age_s", [0, 5, -3600], ids=["now", "5 s ago", "in an hour"])
def test_a_file_that_was_changed_lately_stays_and_is_told(
    file: Path, age_s: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.sealed_files.time.time", lambda: OLD_NS / 1e9 + age_s)
    (outcome,) = seal_files([file], RING, settle_s=10)
    assert outcome.became == "problem"
    assert "not 10 s old (intake.settle_s)" in str(outcome.problem)
    assert file.read_bytes() == SOUND


def test_a_file_that_was_still_for_long_enough_is_sealed(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.sealed_files.time.time", lambda: OLD_NS / 1e9 + 10)
    assert [outcome.became for outcome in seal_files([file], RING, settle_s=10)] == ["sealed"]


@only_root
def test_a_file_stays_its_owners(file: Path) -> None:
    os.chown(file, 65534, 12345)
    file.chmod(0o640)
    for act in (lambda: seal_files([file], RING), lambda: unseal_files([file], RING)):
        assert [outcome.problem for outcome in act()] == [None]
        facts = file.stat()
        assert (facts.st_uid, facts.st_gid, facts.st_mode & 0o777) == (65534, 12345, 0o640)
    assert file.read_bytes() == SOUND


@only_root
def test_a_file_whose_owner_cannot_be_kept_stays(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any) -> None:
        raise PermissionError(1, "Operation not permitted")

    os.chown(file, 65534, 65534)
    monkeypatch.setattr(os, "chown", refused)
    with pytest.raises(OSError, match="its owner and group cannot be kept"):
        seal_file(file, file, RING)
    assert file.read_bytes() == SOUND
    assert list(file.parent.iterdir()) == [file]
