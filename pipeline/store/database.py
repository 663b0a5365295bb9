"""Open the database: SQLite in the workspace, or PostgreSQL by URL. No message ever shows a password."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from pipeline.at_rest.in_use import keys_in_use
from pipeline.at_rest.keys import KeyRing
from pipeline.errors import SealedError, StoreError
from pipeline.store.engine import describe, is_sqlite, make_engine, parse_url, reading, wait_for_return
from pipeline.store.keys_needed import keys_needed, may_seal, note_key, require_key_in_use, require_keys
from pipeline.store.migrate import known_version, migrate
from pipeline.store.sealed import seal_with
from pipeline.store.unusable import BEGIN_ANEW, as_store_errors, unusable


@dataclass(frozen=True)
class Store:
    """An open database. May be used from several threads: every transaction takes a connection of its own."""

    engine: Engine

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Give a connection in one transaction: committed at the end, undone when anything is raised.

        On SQLite one such transaction runs at a time and the others wait: keep work that takes long outside, and use
        `read` where nothing is written.

        Raises:
            StoreError: The database cannot be reached, written or read (gone, full, read-only, locked, damaged).
            SealedError: The key that seals here was retired since: this process has to be started again.
        """
        with as_store_errors(self.engine.url), self.engine.begin() as connection:
            require_key_in_use(connection)
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection that only reads, and sees one moment throughout. It does not wait for those who write.

        Raises:
            StoreError: The database cannot be reached or read, or something was to be written.
        """
        with as_store_errors(self.engine.url), reading(self.engine) as connection:
            yield connection

    def answers(self) -> bool:
        """Tell whether the database can be reached and read."""
        try:
            with self.read() as connection:
                connection.execute(text("SELECT 1"))
        except StoreError:
            return False
        return True

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def open_store(url: str, *, keys: KeyRing | None = None, patient: bool = False) -> Store:
    """Open a database and bring it to the version of this code; several may do so at once.

    Args:
        url: ``sqlite:///path/to/file.db`` (its folder must exist) or ``postgresql://user:password@host/database``.
        keys: What words of calls are sealed with; None: the keys of this process, if any.
        patient: Once it was reached, wait half a minute for a server that is gone, such as one that starts again. For
            work that nobody is waiting for.

    Raises:
        StoreError: The URL is of another kind, the database cannot be reached, is damaged or no database at all, or
            was written by a newer Earmark. The password is never in the text.
        SealedError: Something in it is sealed with a key that is not at hand.
    """
    parsed = parse_url(url)
    ring = keys or keys_in_use()
    with _naming(parsed):
        _is_there(parsed)
        engine = make_engine(parsed)
        try:
            seal_with(engine, ring)
            migrate(engine)
            _agree_on_keys(engine, ring)
        except BaseException:
            engine.dispose()
            raise
        if patient and not is_sqlite(parsed):
            wait_for_return(engine)
    return Store(engine)


def _agree_on_keys(engine: Engine, ring: KeyRing | None) -> None:
    with reading(engine) as connection:
        require_keys(connection, ring)
        is_new = ring is not None and not may_seal(connection, ring.first.key_id)
    if ring is not None and is_new:
        with engine.begin() as connection:
            note_key(connection, ring.first.key_id)


def inspect_database(url: str) -> str:
    """Return what a database is, such as ``SQLite, version 0001``, without changing it or making a file.

    One that nothing was written to, or a SQLite file that is not there, has ``no tables yet``. A SQLite file is read
    as a whole, to tell whether it is sound.

    Raises:
        StoreError: As for `open_store`: a run could not use it either.
    """
    parsed = parse_url(url)
    version = None
    with _naming(parsed):
        if _is_there(parsed):
            engine = make_engine(parsed)
            try:
                with reading(engine) as connection:
                    version = known_version(connection)
                    require_keys(connection, keys_in_use())
                    if is_sqlite(parsed) and connection.scalar(text("PRAGMA quick_check(1)")) != "ok":
                        raise StoreError(f"the database is malformed; {BEGIN_ANEW}")
            finally:
                engine.dispose()
    kind = "SQLite" if is_sqlite(parsed) else "PostgreSQL"
    return f"{kind}, no tables yet" if version is None else f"{kind}, version {version}"


def keys_of_database(url: str) -> list[str]:
    """Return the names of the keys that a database needs, whether they are at hand or not; none where there is none.

    Raises:
        StoreError: It cannot be read.
    """
    parsed = parse_url(url)
    with _naming(parsed):
        if not _is_there(parsed):
            return []
        engine = make_engine(parsed)
        try:
            with reading(engine) as connection:
                return keys_needed(connection)
        finally:
            engine.dispose()


def _is_there(url: URL) -> bool:
    """Tell whether there is something to connect to; a SQLite file that is not there can be made in its folder."""
    if not is_sqlite(url):
        return True
    file = Path(str(url.database))
    if not file.parent.is_dir():
        raise StoreError("its folder does not exist")
    return file.exists()


@contextmanager
def _naming(url: URL) -> Iterator[None]:
    """Raise a `StoreError` that names the database, whatever is wrong with it."""
    try:
        yield
    except SealedError as error:
        raise SealedError(f"{describe(url)}: {error}") from None
    except StoreError as error:
        raise StoreError(f"{describe(url)}: {error}") from None
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise unusable(url, error) from None
