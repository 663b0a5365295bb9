"""A back-up brings everything back, and refuses to bring back anything else."""

from __future__ import annotations

import errno
import json
import os
import stat
import threading
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import func, inspect, select, text

from pipeline.backup import restore as module
from pipeline.backup.create import Made, create
from pipeline.backup.manifest import MANIFEST
from pipeline.backup.media import media_present
from pipeline.backup.restore import SETTINGS_FILE, restore, verify
from pipeline.config import Settings
from pipeline.errors import BackupError
from pipeline.store.database import inspect_database, open_store
from pipeline.store.engine import make_engine, parse_url
from pipeline.store.failures import put_failure
from pipeline.store.snapshot import dump
from pipeline.store.tables import failures, recordings
from tests.store.builders import NOW, taken_in


def back_up(settings: Settings, out: Path, *, settings_file: Path | None = None, uploads: bool = True) -> Made:
    return create(settings, out, settings_file=settings_file, uploads=uploads, now=NOW)


def rows(settings: Settings) -> dict[str, list[dict[str, object]]]:
    store = open_store(settings.store_url)
    with store.read() as connection:
        taken = dump(connection)
    store.close()
    return taken


def lines(settings: Settings, replaced: str = "", by: str = "") -> dict[str, list[str]]:
    """Every row as text, in an order that hangs on no path."""
    tables = rows(settings).items()
    return {
        name: sorted(json.dumps(row, sort_keys=True, ensure_ascii=False).replace(replaced or "\0", by) for row in found)
        for name, found in tables
    }


def test_a_back_up_brings_every_row_and_file_back(settings: Settings, empty_settings: Settings, tmp_path: Path) -> None:
    authored = tmp_path / "earmark.toml"
    authored.write_text("[run]\nworkers = 3\n")
    out = tmp_path / "back-up"

    made = back_up(settings, out, settings_file=authored)
    proved = verify(out)
    restored = restore(out, empty_settings)

    assert proved == made.manifest == restored.manifest
    assert made.manifest.tables["recordings"].rows == 3
    there, here = (f"{each.uploads_dir.resolve()}/" for each in (settings, empty_settings))
    assert lines(settings, there, here) == lines(empty_settings)
    assert restored.moved == 1, "only what lay in the folder of uploads lies in another one now"
    new = empty_settings.workspace
    assert (new / "unredacted" / "c-0001.abc.json").read_text() == "{}"
    assert (new / "uploads" / "up-1.wav").read_text() == "sound"
    assert (new / "audit-head.json").exists()
    assert (new / SETTINGS_FILE).read_text() == authored.read_text()
    assert not (new / "earmark.toml").exists(), "it might name the old database"
    names = {path.name for path in new.rglob("*") if path.is_file()}
    assert not names & {".unfinished", ".up-2.part"}, "what was still being written is not in it"
    assert media_present(empty_settings.store_url) == (3, ["c-0002", "c-0003"])


def test_a_back_up_is_for_its_owner_alone(settings: Settings, empty_settings: Settings, tmp_path: Path) -> None:
    out = tmp_path / "back-up"
    back_up(settings, out)
    restore(out, empty_settings)

    files = [out, *(path for path in empty_settings.workspace.rglob("*") if path.is_file())]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["back-up", "restored", "workspace"]


def test_uploads_can_be_left_out(settings: Settings, tmp_path: Path) -> None:
    made = back_up(settings, tmp_path / "back-up", uploads=False)

    assert {part.name for part in made.manifest.parts} == {
        "audit-head.json", made.manifest.database_part, "unredacted/c-0001.abc.json"
    }  # fmt: skip


def test_a_back_up_is_of_one_moment_while_others_write(
    settings: Settings, empty_settings: Settings, tmp_path: Path
) -> None:
    """Every transaction of the writer adds a call and its failure: a copy between the two would have one alone."""
    written, enough = threading.Event(), threading.Event()

    def write() -> None:
        store = open_store(settings.store_url)
        for number in range(10_000):
            with store.begin() as connection:
                taken_in(connection, f"c-w{number}", media_uri=f"/w{number}.wav")
                put_failure(connection, f"c-w{number}", step="process", reason="none", now=NOW)
            if number == 10:
                written.set()
            if enough.is_set():
                break
        store.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert written.wait(60)
        back_up(settings, tmp_path / "back-up")
    finally:
        enough.set()
        writer.join()
    restore(tmp_path / "back-up", empty_settings)

    store = open_store(empty_settings.store_url)
    with store.read() as connection:
        of_writer = recordings.c.call_id.like("c-w%")
        calls = connection.scalar(select(func.count()).select_from(recordings).where(of_writer))
        failed = connection.scalar(select(func.count()).select_from(failures).where(failures.c.call_id.like("c-w%")))
    store.close()
    assert calls == failed
    assert calls is not None
    assert calls >= 10


def test_a_back_up_never_takes_the_place_of_a_file(settings: Settings, tmp_path: Path) -> None:
    out = tmp_path / "back-up"
    out.write_text("an older one")

    with pytest.raises(BackupError, match="never overwritten"):
        back_up(settings, out)
    assert out.read_text() == "an older one"


def test_a_back_up_that_fails_leaves_nothing(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="cannot be read or written"):
        back_up(settings, tmp_path / "no such folder" / "back-up")

    assert sorted(path.name for path in tmp_path.iterdir()) == ["workspace"]


def test_restore_refuses_a_database_that_is_in_use(settings: Settings, tmp_path: Path) -> None:
    back_up(settings, tmp_path / "back-up")
    before = rows(settings)

    with pytest.raises(BackupError, match="already"):
        restore(tmp_path / "back-up", settings)
    assert rows(settings) == before


def test_restore_refuses_a_database_of_the_other_kind(settings: Settings, tmp_path: Path) -> None:
    back_up(settings, tmp_path / "back-up")
    other = None if settings.database_url else "postgresql://earmark@nowhere/earmark"

    with pytest.raises(BackupError, match="see database_url"):
        restore(tmp_path / "back-up", Settings(workspace=tmp_path / "new", database_url=other))
    assert not (tmp_path / "new").exists()


def test_a_damaged_part_is_named_and_nothing_is_restored(
    settings: Settings, empty_settings: Settings, tmp_path: Path
) -> None:
    whole = tmp_path / "back-up"
    made = back_up(settings, whole)
    content = whole.read_bytes()
    with zipfile.ZipFile(whole) as archive:
        places = {entry.filename: (entry.header_offset, entry.compress_size) for entry in archive.infolist()}
    assert set(places) == {MANIFEST, *(part.name for part in made.manifest.parts)}

    for name, (offset, size) in places.items():
        damaged = bytearray(content)
        body = offset + 30 + len(name) + int.from_bytes(content[offset + 28 : offset + 30], "little")
        damaged[body + size // 2] ^= 0xFF
        whole.write_bytes(damaged)
        with pytest.raises(BackupError, match=f"{name} is damaged"):
            verify(whole)
        with pytest.raises(BackupError, match=f"{name} is damaged"):
            restore(whole, empty_settings)
        assert not (empty_settings.workspace / "earmark.db").exists()
    whole.write_bytes(content[: len(content) // 2])
    with pytest.raises(BackupError, match="its end is missing"):
        verify(whole)
    whole.write_bytes(content)
    assert restore(whole, empty_settings).manifest == made.manifest, "what a refused restore left is in nobody's way"


def test_a_part_that_was_exchanged_is_named(settings: Settings, tmp_path: Path) -> None:
    """A zip's own checksums fit: somebody packed it anew."""
    whole, forged = tmp_path / "back-up", tmp_path / "forged"
    back_up(settings, whole)
    with zipfile.ZipFile(whole) as archive, zipfile.ZipFile(forged, "w") as changed:
        for name in archive.namelist():
            changed.writestr(name, archive.read(name) if "unredacted" not in name else b"{ }")
    with pytest.raises(BackupError, match=r"unredacted/c-0001.abc.json is damaged: it is not what was backed up"):
        verify(forged)

    with zipfile.ZipFile(forged, "a") as changed:
        changed.writestr("../outside", b"")
    with pytest.raises(BackupError, match="the manifest does not know it"):
        verify(forged)


def test_a_table_that_is_not_what_it_was_is_named(settings: Settings, empty_settings: Settings, tmp_path: Path) -> None:
    whole, forged = tmp_path / "back-up", tmp_path / "forged"
    made = back_up(settings, whole)
    with zipfile.ZipFile(whole) as archive, zipfile.ZipFile(forged, "w") as changed:
        for name in archive.namelist():
            content = archive.read(name)
            if name == MANIFEST:
                told = json.loads(content)
                told["tables"]["recordings"]["rows"] = 4
                told["tables"]["failures"]["sha256"] = "0" * 64
                content = json.dumps(told).encode()
            changed.writestr(name, content)

    with pytest.raises(BackupError, match="table recordings has 3 rows instead of 4") as raised:
        restore(forged, empty_settings)
    assert "table failures has other content" in str(raised.value)
    assert made.manifest.database_part in str(raised.value)
    assert not (empty_settings.workspace / "earmark.db").exists()
    if empty_settings.database_url:
        assert inspect_database(empty_settings.store_url).endswith("no tables yet")
    assert restore(whole, empty_settings).manifest == made.manifest, "a refused restore is in nobody's way"


def test_a_table_that_is_not_counted_is_named(settings: Settings, empty_settings: Settings, tmp_path: Path) -> None:
    """Somebody emptied it, and took it out of the manifest."""
    whole, forged = tmp_path / "back-up", tmp_path / "forged"
    store = open_store(settings.store_url)
    with store.begin() as connection:
        connection.execute(failures.delete())
    store.close()
    back_up(settings, whole)
    for version in (None, "0001"):  # also where it claims to be of an older version
        with zipfile.ZipFile(whole) as archive, zipfile.ZipFile(forged, "w") as changed:
            for name in archive.namelist():
                content = archive.read(name)
                if name == MANIFEST:
                    told = json.loads(content)
                    del told["tables"]["failures"]
                    told["database_version"] = version or told["database_version"]
                    content = json.dumps(told).encode()
                changed.writestr(name, content)

        wrong = "is of version" if version else "does not count table failures"
        with pytest.raises(BackupError, match=wrong):
            restore(forged, empty_settings)
        with pytest.raises(BackupError, match="does not count table failures" if settings.database_url else wrong):
            verify(forged)
    assert verify(whole).tables["failures"].rows == 0


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
def test_a_refused_restore_leaves_tables_of_others(
    settings: Settings, empty_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = tmp_path / "back-up"
    back_up(settings, whole)
    engine = make_engine(parse_url(empty_settings.store_url))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE of_others (name text)"))

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "_compare", interrupted)
    with pytest.raises(KeyboardInterrupt):
        restore(whole, empty_settings)

    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == ["of_others"]
    engine.dispose()


@pytest.mark.parametrize(
    "name",
    ["uploads/../../out", "uploads//{outside}", "uploads/./x", "uploads/a\\b", "other/x", "{outside}", "uploads/"],
)
def test_a_part_never_leaves_its_folder(
    settings: Settings, empty_settings: Settings, tmp_path: Path, name: str
) -> None:
    """Its hash may be right: whoever can write a back-up can write its manifest."""
    outside, (whole, forged) = tmp_path / "out", (tmp_path / "back-up", tmp_path / "forged")
    back_up(settings, whole)
    name = name.format(outside=outside)
    with zipfile.ZipFile(whole) as archive, zipfile.ZipFile(forged, "w") as changed:
        for each in archive.namelist():
            renamed = name if each == "uploads/up-1.wav" else each
            content = archive.read(each)
            if each == MANIFEST:
                content = content.replace(b"uploads/up-1.wav", json.dumps(name)[1:-1].encode())
            changed.writestr(renamed, content)

    for refused in (lambda: verify(forged), lambda: restore(forged, empty_settings)):
        with pytest.raises(BackupError, match="is damaged: a back-up has no such part"):
            refused()
    assert not outside.exists()
    assert not (empty_settings.workspace / "earmark.db").exists()


def test_a_back_up_can_lie_where_there_are_no_links(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(_source: object, target: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted", str(target))

    monkeypatch.setattr(os, "link", no_links)
    made = back_up(settings, tmp_path / "back-up")

    assert verify(tmp_path / "back-up") == made.manifest
    assert sorted(path.name for path in tmp_path.iterdir()) == ["back-up", "workspace"]


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_back_up_is_told(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)

    with pytest.raises(BackupError, match="no back-up"):
        verify(file)
    with pytest.raises(BackupError, match="cannot be opened"):
        verify(tmp_path / "nothing")
