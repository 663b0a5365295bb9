"""What holds for every kind of server: missing libraries, odd names, versions, and calls whose source is away."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.registry import _registry as loaded_by_fsspec

from flows.runtime import Runtime, using
from pipeline.config import Settings
from pipeline.errors import SourceError
from pipeline.intake.discover import find_recordings
from pipeline.media import servers
from pipeline.media.facts import facts_of, version_ns
from pipeline.media.listing import files_under
from pipeline.media.opened import read_small
from pipeline.media.place import place_of
from pipeline.store.calls import get_recording, list_calls
from tests.intake.recordings import ZONE, stereo, taken_in, wav
from tests.media.servers import web_folder


@pytest.fixture
def memory() -> Iterator[fsspec.AbstractFileSystem]:
    made = fsspec.filesystem("memory")
    yield made
    made.store.clear()
    servers.forget()


@pytest.mark.parametrize(
    ("address", "library", "extra"),
    [
        ("s3://calls/day", "s3fs", "s3"),
        ("az://calls/day", "adlfs", "azure"),
        ("gs://calls/day", "gcsfs", "gcs"),
        ("sftp://host/day", "paramiko", "sftp"),
        ("https://host/day/", "aiohttp", "http"),
    ],
)
def test_missing_library_is_said_with_the_extra_that_brings_it(
    monkeypatch: pytest.MonkeyPatch, address: str, library: str, extra: str
) -> None:
    servers.forget()
    for name in [
        name
        for name in sys.modules
        if name.split(".")[0] == library or name in ("pipeline.media.sftp", "pipeline.media.web")
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, library, None)
    for scheme in ("s3", "abfs", "gs"):  # fsspec keeps what it has once loaded
        monkeypatch.delitem(loaded_by_fsspec, scheme, raising=False)
    with pytest.raises(SourceError, match=rf"pip install 'earmark\[{extra}\]'"):
        find_recordings([place_of(address)], ZONE)


@pytest.mark.parametrize(
    "name", ["two\nlines.wav", "tab\t.wav", "'; drop table.wav", "$(x).wav", "\u202egnp.wav", "a'b\"c.wav"]
)
def test_names_of_any_characters_are_listed_and_taken_in(
    memory: fsspec.AbstractFileSystem, tmp_path: Path, name: str
) -> None:
    memory.pipe(f"/calls/day/{name}", wav(tmp_path / "a.wav", stereo()).read_bytes())
    (place,) = find_recordings([place_of("memory://calls/day")], ZONE)
    assert str(place) == f"memory://calls/day/{name}"
    from pipeline.intake.metadata import index_metadata
    from pipeline.intake.take_in import take_in

    assert take_in(place_of(str(place)), settings=ZONE, metadata=index_metadata([])).recording is not None


def test_listing_a_bucket_and_a_prefix_of_it(memory: fsspec.AbstractFileSystem) -> None:
    for key in ("a.wav", "day/b.wav", "day/.hidden/c.wav", "days/d.wav"):
        memory.pipe(f"/calls/{key}", b"x")
    assert [str(place) for place in files_under(place_of("memory://calls/day"))] == ["memory://calls/day/b.wav"]
    assert [str(place) for place in files_under(place_of("memory://calls"))] == [
        "memory://calls/a.wav",
        "memory://calls/day/b.wav",
        "memory://calls/days/d.wav",
    ]


def test_file_beside_recordings_that_is_too_large_is_not_read(memory: fsspec.AbstractFileSystem) -> None:
    memory.pipe("/calls/manifest.csv", b"x" * 1000)
    assert len(read_small(place_of("memory://calls/manifest.csv"), most_bytes=1000)) == 1000
    with pytest.raises(ValueError, match="larger than"):
        read_small(place_of("memory://calls/manifest.csv"), most_bytes=999)


SECOND = 1_790_000_000


@pytest.mark.parametrize(
    "told",
    [
        {"LastModified": datetime.fromtimestamp(SECOND, UTC)},
        {"mtime": datetime.fromtimestamp(SECOND, UTC).replace(tzinfo=None)},
        {"updated": datetime.fromtimestamp(SECOND, UTC).isoformat().replace("+00:00", "Z")},
        {"Last-Modified": datetime.fromtimestamp(SECOND, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")},
        {"created": float(SECOND)},
    ],
)
def test_times_are_read_as_each_provider_writes_them(told: dict[str, Any]) -> None:
    assert version_ns(told) == SECOND * 10**9
    tagged = [version_ns({**told, "ETag": tag}) for tag in ('"a"', '"b"', '"a"')]
    assert tagged[0] == tagged[2] != tagged[1]
    assert {at // 10**9 for at in tagged} == {SECOND}


@pytest.mark.parametrize("told", [{}, {"mtime": "yesterday"}, {"LastModified": None, "ETag": ""}])
def test_nothing_told_is_no_version(told: dict[str, Any]) -> None:
    assert version_ns(told) == 0


def test_call_that_is_known_stays_while_its_server_is_away(tmp_path: Path) -> None:
    from flows.intake import take_in_files

    (tmp_path / "shown").mkdir()
    call = wav(tmp_path / "shown" / "a.wav", stereo())
    known = taken_in(call).recording
    assert known is not None
    with using(Runtime(settings=Settings(workspace=tmp_path / "workspace"))) as runtime:
        with web_folder(tmp_path / "shown") as web:
            addresses = [f"{web.url}/a.wav", f"{web.url}/b.wav"]
            assert take_in_files.fn(addresses[:1], []) == [known.call_id]
            version = facts_of(place_of(addresses[0]))
        assert take_in_files.fn(addresses, []) == []
        with runtime.store.read() as connection:
            assert get_recording(connection, known.call_id).media_uri == addresses[0]
            failed = list_calls(connection, status="failed")
    assert version.size_bytes == call.stat().st_size
    assert [each.media_uri for each in failed] == addresses[1:]
