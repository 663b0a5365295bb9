"""A file with a key is there whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from pipeline.at_rest.key_file import write_key
from pipeline.at_rest.keys import make_key

KEY = make_key()


def full(*_: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def no_links(*_: Any) -> None:
    raise OSError(errno.EPERM, "Operation not permitted")


@pytest.mark.parametrize("links", [True, False])
def test_a_key_is_written_for_its_user_only(tmp_path: Path, links: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not links:
        monkeypatch.setattr(os, "link", no_links)
    out = tmp_path / "at-rest.key"
    before = os.umask(0)
    try:
        write_key(out, KEY)
    finally:
        os.umask(before)
    assert out.read_text() == f"{KEY}\n"
    assert out.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [out]


def test_on_a_full_disk_no_file_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_key(tmp_path / "at-rest.key", KEY)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("there", ["file", "link to nothing"])
def test_nothing_is_written_over(tmp_path: Path, there: str, links: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not links:
        monkeypatch.setattr(os, "link", no_links)
    out = tmp_path / "at-rest.key"
    if there == "file":
        out.write_text("another key")
    else:
        out.symlink_to(tmp_path / "nothing")
    with pytest.raises(FileExistsError):
        write_key(out, KEY)
    assert list(tmp_path.iterdir()) == [out]
    assert there != "file" or out.read_text() == "another key"
