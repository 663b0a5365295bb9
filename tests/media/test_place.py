"""Addresses: what is taken, what is refused, and that no message repeats a secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import SourceError
from pipeline.media.place import RemotePath, path_below, place_of


def remote(text: str) -> RemotePath:
    place = place_of(text)
    assert isinstance(place, RemotePath)
    return place


def test_what_is_no_address_is_a_local_path() -> None:
    for text in ("calls", "/srv/calls/a.wav", "C:\\calls", "a:b.wav", "~/calls"):
        assert place_of(text) == Path(text)
    assert place_of("file:///srv/a%20b.wav") == Path("/srv/a b.wav")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("s3://calls/day/a.wav", "s3://calls/day/a.wav"),
        ("S3A://calls/day/", "s3://calls/day"),
        ("s3://calls", "s3://calls"),
        ("abfs://calls@account.dfs.core.windows.net/a.wav", "az://calls@account.dfs.core.windows.net/a.wav"),
        ("gcs://calls/a b#1?.wav", "gs://calls/a b#1?.wav"),
        ("sftp://recorder@host:2222/srv/a.wav", "sftp://recorder@host:2222/srv/a.wav"),
        ("HTTPS://Host.example/calls/", "https://host.example/calls/"),
    ],
)
def test_each_place_has_one_spelling(typed: str, kept: str) -> None:
    assert str(place_of(typed)) == kept
    assert place_of(kept) == place_of(typed)


@pytest.mark.parametrize(
    "address",
    [
        "sftp://ada:hunter2@host/calls",
        "s3://AKIA:hunter2@calls/day",
        "s3://hunter2@calls/day",
        "https://ada:hunter2@host/calls/",
        "https://hunter2@host/calls/",
        "https://host/a.wav?X-Amz-Signature=hunter2",
        "https://host/a.wav#hunter2",
        "az://a:hunter2@account/x",
    ],
)
def test_secrets_in_addresses_are_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(SourceError) as refused:
        place_of(address)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("address", ["ftp://host/a.wav", "s4://bucket/a.wav", "javascript://x"])
def test_unknown_kinds_are_named_with_those_there_are(address: str) -> None:
    with pytest.raises(SourceError, match=r"s3://, .*sftp://"):
        place_of(address)


@pytest.mark.parametrize(
    "address", ["s3://calls/a/../b", "s3://calls/..", "sftp://h/./a.wav", "memory://x/a/../../b", "https://h/%2e%2E/a"]
)
def test_addresses_that_lead_out_of_themselves_are_refused(address: str) -> None:
    with pytest.raises(SourceError, match="leads out"):
        place_of(address)


def test_dots_within_names_are_names() -> None:
    for address in ("s3://calls/a..b.wav", "s3://calls/%2e%2e/a.wav", "s3://calls/.../a.wav"):
        assert str(place_of(address)) == address


def test_neighbours_and_folders_of_a_place() -> None:
    place = remote("s3://calls/day/a b.wav")
    assert (place.name, place.stem, place.suffix) == ("a b.wav", "a b", ".wav")
    assert str(place.with_name("manifest.csv")) == "s3://calls/day/manifest.csv"
    assert str(place.with_suffix(".json")) == "s3://calls/day/a b.json"
    assert [str(folder) for folder in place.parents] == ["s3://calls/day", "s3://calls"]
    assert path_below(place, remote("s3://calls")) == "day/a b.wav"
    assert path_below(place, remote("s3://calls/da")) is None
    assert path_below(place, remote("s3://other")) is None
    assert path_below(place, Path("/day")) is None
    web = remote("https://host/day/a%20b%231.wav")
    assert web.name == "a b#1.wav"
    assert str(web.with_name("a b#1.json")) == "https://host/day/a%20b%231.json"
