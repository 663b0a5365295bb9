"""Which files are handed out by a watch: new and changed ones, whole ones, each version once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import fsspec
import pytest

from pipeline.config import IntakeSettings
from pipeline.intake.arrivals import Arrivals
from pipeline.media.facts import Facts, facts_of
from pipeline.media.place import place_of

SETTINGS = IntakeSettings(settle_s=10)


class Stored:
    """What is stored, as a watch asks for it."""

    def __init__(self) -> None:
        self.versions: dict[str, Facts] = {}

    def __call__(self, media_uris: Sequence[str]) -> Mapping[str, Facts]:
        return {uri: self.versions[uri] for uri in media_uris if uri in self.versions}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "calls"
    made.mkdir()
    return made


@pytest.fixture
def bucket() -> Iterator[fsspec.AbstractFileSystem]:
    memory = fsspec.filesystem("memory")
    yield memory
    memory.store.clear()


def watching(root: str | Path) -> Arrivals:
    return Arrivals(roots=[place_of(root)], settings=SETTINGS)


def names(found: Sequence[object]) -> list[str]:
    return [str(place).rpartition("/")[2] for place in found]


def test_file_waits_until_it_was_seen_unchanged_long_enough(folder: Path) -> None:
    watch, stored = watching(folder), Stored()
    call = folder / "a.wav"
    call.write_bytes(b"first")
    assert watch.look(stored, now_s=100) == []
    assert watch.look(stored, now_s=109.9) == []
    call.write_bytes(b"first and more")  # the recorder was still at it
    assert watch.look(stored, now_s=110) == []
    assert watch.look(stored, now_s=119) == []
    assert names(watch.look(stored, now_s=120)) == ["a.wav"]
    assert watch.look(stored, now_s=500) == []


def test_file_that_is_stored_is_new_only_when_it_changes(folder: Path) -> None:
    watch, stored = watching(folder), Stored()
    call = folder / "a.wav"
    call.write_bytes(b"first")
    stored.versions[str(call)] = facts_of(call)
    assert watch.look(stored, now_s=0) == watch.look(stored, now_s=100) == []
    call.write_bytes(b"another")
    assert watch.look(stored, now_s=200) == []
    assert names(watch.look(stored, now_s=211)) == ["a.wav"]


def test_names_of_unfinished_and_hidden_files_are_skipped(folder: Path) -> None:
    watch, stored = watching(folder), Stored()
    for name in ("a.wav.part", "b.wav.filepart", "c.tmp", ".d.wav", "e.wav.crdownload", "f.WAV"):
        (folder / name).write_bytes(b"sound")
    (folder / "gone.wav").symlink_to("nowhere")
    watch.look(stored, now_s=0)
    assert names(watch.look(stored, now_s=11)) == ["f.WAV"]


def test_file_that_goes_away_while_it_waits_is_forgotten(folder: Path) -> None:
    watch, stored = watching(folder), Stored()
    (folder / "a.wav").write_bytes(b"sound")
    watch.look(stored, now_s=0)
    (folder / "a.wav").unlink()
    assert watch.look(stored, now_s=11) == []
    assert watch.waiting == {}


def test_objects_are_whole_when_they_are_listed(bucket: fsspec.AbstractFileSystem) -> None:
    watch, stored = watching("memory://calls/day"), Stored()
    bucket.pipe("/calls/day/a.wav", b"sound")
    assert names(watch.look(stored, now_s=0)) == ["a.wav"]
    assert watch.look(stored, now_s=1) == []
    bucket.pipe("/calls/day/b.wav", b"sound")
    bucket.pipe("/calls/day/a.wav", b"sound, written anew")
    assert names(watch.look(stored, now_s=2)) == ["a.wav", "b.wav"]


def test_what_failed_is_handed_out_again(bucket: fsspec.AbstractFileSystem) -> None:
    watch, stored = watching("memory://calls/day"), Stored()
    bucket.pipe("/calls/day/a.wav", b"sound")
    found = watch.look(stored, now_s=0)
    watch.again(found)
    assert watch.look(stored, now_s=1) == found
