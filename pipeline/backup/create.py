"""Make a back-up of a workspace, also while a run writes to it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from sqlalchemy import URL

from pipeline.audit.kept_head import FILE as AUDIT_HEAD
from pipeline.backup import postgres
from pipeline.backup.archive import OWNER_ONLY, Writer, writing
from pipeline.backup.manifest import (
    AUDIT_HEAD_PART,
    POSTGRESQL_PART,
    SCHEME,
    SETTINGS_PART,
    SQLITE_PART,
    UNREDACTED,
    UPLOADS,
    Manifest,
)
from pipeline.backup.rows import TableRows, count_rows
from pipeline.config import Settings
from pipeline.errors import BackupError
from pipeline.store.database import Store, open_store
from pipeline.store.engine import is_sqlite, make_engine, parse_url, reading
from pipeline.store.migrate import version_of
from pipeline.store.tables import metadata


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """A back-up that was made: its manifest, and the size of its file."""

    manifest: Manifest
    size_bytes: int


def create(settings: Settings, out: Path, *, settings_file: Path | None, uploads: bool, now: datetime) -> Made:
    """Back up a workspace.

    The database is copied as it is at one moment. Files are copied after it: each is written before the row that tells
    of it, and never changed afterwards, so that all that the copy names are there. The audit log's head is copied
    before, so that it is not ahead of the log.

    Args:
        settings: Of the workspace.
        out: Where to; there must be nothing yet.
        settings_file: To be kept with it; None where there is none.
        uploads: Whether recordings that were uploaded are copied, too.
        now: Goes into the manifest.

    Raises:
        BackupError: It cannot be made; nothing is left under the name ``out``.
        StoreError: The database cannot be read.
    """
    store = open_store(settings.store_url)
    try:
        with writing(out) as (writer, copy):
            for name, file in ((SETTINGS_PART, settings_file), (AUDIT_HEAD_PART, settings.workspace / AUDIT_HEAD)):
                if file is not None and file.is_file():
                    _add(writer, name, file)
            tables, database_version = _database(store, copy, writer)
            _add_folder(writer, UNREDACTED, settings.unredacted_dir)
            if uploads:
                _add_folder(writer, UPLOADS, settings.uploads_dir)
            manifest = Manifest(
                scheme=SCHEME,
                made_at=now.isoformat(),
                made_by=version("earmark"),
                database_version=database_version,
                uploads_dir=str(settings.uploads_dir.resolve()),
                tables=tables,
                parts=tuple(writer.parts),
            )
            writer.end(manifest)
    finally:
        store.close()
    return Made(manifest=manifest, size_bytes=out.stat().st_size)


def _database(store: Store, copy: Path, writer: Writer) -> tuple[dict[str, TableRows], str]:
    url: URL = store.engine.url
    os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, OWNER_ONLY))
    if is_sqlite(url):
        _copy_sqlite(Path(str(url.database)), copy)
        copied = make_engine(parse_url(f"sqlite:///{copy.resolve()}"))
        try:
            with reading(copied) as connection:
                tables, found = count_rows(connection, metadata.tables), version_of(connection)
        finally:
            copied.dispose()
        _add(writer, SQLITE_PART, copy)
    else:
        with store.read() as connection:
            postgres.dump(connection, url, copy)
            tables, found = count_rows(connection, metadata.tables), version_of(connection)
        _add(writer, POSTGRESQL_PART, copy)
    return tables, str(found)


def _copy_sqlite(database: Path, copy: Path) -> None:
    """Copy a database in use, as it is at one moment: it is one step, and readers of a log hold no writer off."""
    try:
        with (
            closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")  # one file, with no log beside it
    except sqlite3.Error as error:
        raise BackupError(f"{database}: cannot be copied ({error})") from None


def _add_folder(writer: Writer, prefix: str, folder: Path) -> None:
    for file in _files(folder):
        _add(writer, prefix + file.relative_to(folder).as_posix(), file)


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder of Earmark's; hidden ones are still being written."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            file = Path(place, name)
            if not name.startswith(".") and file.is_file() and not file.is_symlink():
                yield file


def _add(writer: Writer, name: str, file: Path) -> None:
    try:
        source = file.open("rb")
    except FileNotFoundError:  # removed since it was listed, and with it what told of it
        return
    with source:
        writer.add(name, source)
