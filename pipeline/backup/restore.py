"""Restore a back-up into a new workspace, and prove that everything is there."""

from __future__ import annotations

import filecmp
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, bindparam, func, inspect, update

from pipeline.audit.kept_head import FILE as AUDIT_HEAD
from pipeline.backup import postgres
from pipeline.backup.archive import OWNER_ONLY, Reader, reading
from pipeline.backup.manifest import (
    AUDIT_HEAD_PART,
    SETTINGS_PART,
    SQLITE_PART,
    UNREDACTED,
    UPLOADS,
    Manifest,
    Part,
    require_counted,
)
from pipeline.backup.rows import count_rows, differing
from pipeline.config import Settings
from pipeline.errors import BackupError
from pipeline.store.console_tables import uploads
from pipeline.store.engine import is_sqlite, make_engine, parse_url
from pipeline.store.engine import reading as reading_database
from pipeline.store.migrate import version_of
from pipeline.store.tables import files, recordings
from pipeline.store.unusable import as_store_errors

SETTINGS_FILE = "earmark-of-backup.toml"
"""Restored beside, not in place of, ``earmark.toml``: it may name the old database."""

_FOLDER_MODE = 0o700
_STAGING = ".restoring"
_SINGLE = {SETTINGS_PART: SETTINGS_FILE, AUDIT_HEAD_PART: AUDIT_HEAD}


@dataclass(frozen=True, kw_only=True, slots=True)
class Restored:
    """What was restored, and how many stored paths of uploaded recordings were changed to where they lie now."""

    manifest: Manifest
    moved: int


def verify(path: Path, scratch: Path | None = None) -> Manifest:
    """Restore a back-up into a temporary folder, compare every table with what was backed up, and remove it again.

    A PostgreSQL dump is only read: see `Manifest.database_part`. To prove it, restore it into an empty database.

    Args:
        path: The back-up.
        scratch: Folder for the temporary one; None takes the machine's own.

    Raises:
        BackupError: It is damaged; the message names the part or the table.
    """
    with reading(path) as back_up, tempfile.TemporaryDirectory(dir=scratch, prefix="earmark-verify-") as folder:
        for part in back_up.manifest.parts:
            if part.name == back_up.manifest.database_part:
                database = _unpacked(back_up, part, Path(folder) / Path(part.name).name)
                if part.name == SQLITE_PART:
                    _compare(f"sqlite:///{database}", back_up.manifest, path)
                else:
                    require_counted(postgres.tables_in(database), back_up.manifest)
            else:
                back_up.unpack(part)
        return back_up.manifest


def restore(path: Path, settings: Settings) -> Restored:
    """Restore a back-up into a workspace without a database, or into an empty PostgreSQL database.

    Files come first and the database last: a restore that is killed leaves nothing that a run would take for whole, and
    may simply be done again. PostgreSQL is filled before it can be compared: what is refused is dropped again, and only
    a process that is killed meanwhile leaves it there.

    Args:
        path: The back-up.
        settings: Of the new workspace.

    Raises:
        BackupError: The back-up is damaged, or there is a database already.
        StoreError: The database cannot be reached.
    """
    url = parse_url(settings.store_url)
    with reading(path) as back_up:
        manifest = back_up.manifest
        _refuse_unless_empty(manifest, settings)
        try:
            settings.workspace.mkdir(parents=True, exist_ok=True)
            staging = settings.workspace / _STAGING
            shutil.rmtree(staging, ignore_errors=True)
            staging.mkdir(mode=_FOLDER_MODE)
            try:
                database = _unpack_all(back_up, staging, settings)
                if is_sqlite(url):
                    staged = f"sqlite:///{database.resolve()}"
                    _compare(staged, manifest, path)
                    moved = _point_to_uploads(staged, manifest, settings)
                    database.replace(settings.workspace / "earmark.db")
                else:
                    with _emptied_unless_proved(settings.store_url):
                        _load(settings.store_url, database)
                        _compare(settings.store_url, manifest, path)
                        moved = _point_to_uploads(settings.store_url, manifest, settings)
            finally:
                shutil.rmtree(staging, ignore_errors=True)
        except OSError as error:
            raise BackupError(f"{error.filename or settings.workspace}: cannot be written ({error.strerror})") from None
    return Restored(manifest=manifest, moved=moved)


def _refuse_unless_empty(manifest: Manifest, settings: Settings) -> None:
    url = parse_url(settings.store_url)
    if is_sqlite(url) != (manifest.database_part == SQLITE_PART):
        kinds = ("SQLite", "PostgreSQL")
        held, named = kinds if manifest.database_part == SQLITE_PART else reversed(kinds)
        raise BackupError(
            f"the back-up holds a {held} database, and the settings name one of {named}: see database_url"
        )
    if is_sqlite(url):
        if settings.database_url is not None:
            raise BackupError("a back-up is restored into a workspace's own database: leave database_url unset for it")
        if os.path.lexists(settings.workspace / "earmark.db"):
            raise BackupError(f"{settings.workspace} has a database already; name a new folder with --workspace")
        return
    engine = make_engine(url)
    try:
        with reading_database(engine) as connection:
            if version_of(connection) is not None:
                raise BackupError("the PostgreSQL database has tables of Earmark's already; restore into an empty one")
    finally:
        engine.dispose()


def _unpack_all(back_up: Reader, staging: Path, settings: Settings) -> Path:
    """Unpack everything: files to their places, the database, last, into the staging folder; return where it is."""
    for part in back_up.manifest.parts:
        if part.name == back_up.manifest.database_part:
            continue
        place = _place_of(part, settings)
        unfinished = _unpacked(back_up, part, staging / "file")
        place.parent.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        if os.path.lexists(place) and not _same(unfinished, place):
            raise BackupError(f"{place} exists and is another file; restore into a new workspace")
        shutil.move(unfinished, place)
    part = next(part for part in back_up.manifest.parts if part.name == back_up.manifest.database_part)
    return _unpacked(back_up, part, staging / "database")


def _place_of(part: Part, settings: Settings) -> Path:
    folders = {UNREDACTED: settings.unredacted_dir, UPLOADS: settings.uploads_dir}
    top = part.name.split("/", 1)[0] + "/"
    return folders[top] / part.name.removeprefix(top) if top in folders else settings.workspace / _SINGLE[part.name]


def _same(one: Path, other: Path) -> bool:
    return other.is_file() and not other.is_symlink() and filecmp.cmp(one, other, shallow=False)


def _unpacked(back_up: Reader, part: Part, place: Path) -> Path:
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, OWNER_ONLY)
    with os.fdopen(descriptor, "wb") as out:
        back_up.unpack(part, out)
        out.flush()
        os.fsync(out.fileno())
    return place


def _load(store_url: str, dumped: Path) -> None:
    engine = make_engine(parse_url(store_url))
    try:
        with reading_database(engine) as connection:
            postgres.load(connection, engine.url, dumped)
    finally:
        engine.dispose()


@contextmanager
def _emptied_unless_proved(store_url: str) -> Iterator[None]:
    """Drop what was loaded into a PostgreSQL database where it turns out to be something else than was backed up.

    `pg_restore` commits before anybody can compare: without this a run would find a database that looks whole.
    """
    engine = make_engine(parse_url(store_url))
    try:
        with as_store_errors(engine.url), reading_database(engine) as connection:
            strangers = set(inspect(connection).get_table_names())
        try:
            yield
        except BaseException:
            with as_store_errors(engine.url), engine.begin() as connection:
                postgres.drop(connection, set(inspect(connection).get_table_names()) - strangers)
            raise
    finally:
        engine.dispose()


def _compare(store_url: str, manifest: Manifest, path: Path) -> None:
    """Open a restored database and compare its tables with those that were backed up."""
    engine = make_engine(parse_url(store_url))
    try:
        with reading_database(engine) as connection:
            found_version = version_of(connection)
            if found_version != manifest.database_version:
                raise BackupError(
                    f"{path}: the database is of version {found_version}, not {manifest.database_version}"
                )
            require_counted(inspect(connection).get_table_names(), manifest)
            told = differing(manifest.tables, count_rows(connection, manifest.tables))
    finally:
        engine.dispose()
    if told:
        raise BackupError(f"{path}: {manifest.database_part} is damaged: {'; '.join(told)}")


def _point_to_uploads(store_url: str, manifest: Manifest, settings: Settings) -> int:
    """Let the paths of uploaded recordings begin where those now lie; return how many were changed."""
    here = str(settings.uploads_dir.resolve())
    if here == manifest.uploads_dir:
        return 0
    engine = make_engine(parse_url(store_url))
    try:
        with as_store_errors(engine.url), engine.begin() as connection:
            return _move(connection, manifest.uploads_dir, here)
    finally:
        engine.dispose()


def _move(connection: Connection, before: str, now: str) -> int:
    moved = 0
    for table in (files, recordings, uploads):
        inside = func.substr(table.c.media_uri, 1, len(before) + 1) == bindparam("folder")
        rest = func.substr(table.c.media_uri, len(before) + 1)
        changed = connection.execute(
            update(table).where(inside).values(media_uri=bindparam("here").concat(rest)),
            {"folder": f"{before}/", "here": now},
        )
        moved += changed.rowcount if table is recordings else 0
    return moved
