from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.config import IntakeSettings
from pipeline.errors import IntakeError
from pipeline.intake.discover import find_recordings

SETTINGS = IntakeSettings()


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def names(found: list[Path], root: Path) -> list[str]:
    return [path.relative_to(root.resolve()).as_posix() for path in found]


def test_find_recordings_searches_folders_for_suffixes_in_any_case(tmp_path: Path) -> None:
    touch(tmp_path / "b.WAV", tmp_path / "sub/deep/a.Mp3", tmp_path / "notes.txt", tmp_path / "manifest.csv")

    assert names(find_recordings([tmp_path], SETTINGS), tmp_path) == ["b.WAV", "sub/deep/a.Mp3"]


def test_find_recordings_takes_a_given_file_whatever_its_suffix(tmp_path: Path) -> None:
    touch(tmp_path / "call.dat")

    assert names(find_recordings([tmp_path / "call.dat"], SETTINGS), tmp_path) == ["call.dat"]


def test_find_recordings_skips_hidden_files_and_folders(tmp_path: Path) -> None:
    touch(tmp_path / ".a.wav", tmp_path / ".cache/b.wav", tmp_path / "c.wav")

    assert names(find_recordings([tmp_path], SETTINGS), tmp_path) == ["c.wav"]


def test_find_recordings_gives_each_file_once_however_it_is_reached(tmp_path: Path) -> None:
    touch(tmp_path / "a/x.wav")
    (tmp_path / "b.wav").symlink_to(tmp_path / "a/x.wav")
    (tmp_path / "z").symlink_to(tmp_path / "a", target_is_directory=True)

    found = find_recordings([tmp_path, tmp_path / "a", tmp_path / "a/x.wav", tmp_path / "a/../a/x.wav"], SETTINGS)

    assert names(found, tmp_path) == ["a/x.wav"]


def test_find_recordings_does_not_follow_links_out_of_the_folder(tmp_path: Path) -> None:
    touch(tmp_path / "outside/secret.wav", tmp_path / "calls/a.wav")
    (tmp_path / "calls/link.wav").symlink_to(tmp_path / "outside/secret.wav")
    (tmp_path / "calls/folder").symlink_to(tmp_path / "outside", target_is_directory=True)

    assert names(find_recordings([tmp_path / "calls"], SETTINGS), tmp_path) == ["calls/a.wav"]


def test_find_recordings_follows_a_folder_that_is_itself_a_link(tmp_path: Path) -> None:
    touch(tmp_path / "store/a.wav")
    (tmp_path / "calls").symlink_to(tmp_path / "store", target_is_directory=True)

    assert names(find_recordings([tmp_path / "calls"], SETTINGS), tmp_path) == ["store/a.wav"]


def test_find_recordings_keeps_the_name_by_which_a_link_is_given(tmp_path: Path) -> None:
    touch(tmp_path / "store/0001.bin")
    named = tmp_path / "2026-10-14T10-22-31_AGENT_maria_.wav"
    named.symlink_to(tmp_path / "store/0001.bin")

    assert find_recordings([named], SETTINGS) == [tmp_path.resolve() / named.name]


def test_find_recordings_searches_a_folder_named_like_a_recording(tmp_path: Path) -> None:
    touch(tmp_path / "x.wav/y.wav")

    assert names(find_recordings([tmp_path], SETTINGS), tmp_path) == ["x.wav/y.wav"]


def test_find_recordings_names_a_path_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(IntakeError, match=r"no file or folder .*nowhere") as caught:
        find_recordings([tmp_path / "nowhere"], SETTINGS)

    assert caught.value.code == "no_such_path"


def test_find_recordings_returns_a_dangling_link_so_that_it_becomes_a_defect(tmp_path: Path) -> None:
    (tmp_path / "gone.wav").symlink_to(tmp_path / "nothing.wav")

    assert names(find_recordings([tmp_path], SETTINGS), tmp_path) == ["gone.wav"]


def test_find_recordings_leaves_other_odd_things_alone(tmp_path: Path) -> None:
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nothing.txt")
    os.mkfifo(tmp_path / "pipe")

    assert find_recordings([tmp_path], SETTINGS) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may search every folder")
def test_find_recordings_returns_a_folder_that_may_not_be_searched(tmp_path: Path) -> None:
    barred = tmp_path / "barred"
    barred.mkdir(mode=0)
    try:
        assert find_recordings([tmp_path], SETTINGS) == [barred]
    finally:
        barred.chmod(0o700)


def test_find_recordings_returns_only_text_for_a_name_that_is_not_utf8(tmp_path: Path) -> None:
    try:
        touch(Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.wav")))
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")

    [found] = find_recordings([tmp_path], SETTINGS)

    assert str(found).encode().endswith(rb"caf\xe9.wav")
