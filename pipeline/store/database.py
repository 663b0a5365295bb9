"""Open the database: SQLite in the workspace, or PostgreSQL by URL. No message ever shows a password."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    NotSupportedError,
    ProgrammingError,
    SQLAlchemyError,
)

from pipeline.errors import StoreError
from pipeline.store.migrate import migrate

BUSY_TIMEOUT_S = 60
CONNECT_TIMEOUT_S = 10

_SQLITE = ("sqlite", "sqlite+pysqlite")
_POSTGRESQL = ("postgresql", "postgres", "postgresql+psycopg")
_SHOWN_OPTIONS = ("host", "port")  # others may hold secrets (password, sslpassword, passfile)
_OUR_MISTAKES = (IntegrityError, ProgrammingError, DataError, NotSupportedError)


@dataclass(frozen=True)
class Store:
    """An open database. May be used from several threads: every `begin` takes a connection of its own."""

    engine: Engine

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Give a connection in one transaction: committed at the end, undone when anything is raised.

        On SQLite one transaction runs at a time and the others wait: keep work that takes long outside.

        Raises:
            StoreError: The database cannot be reached, written or read (gone, full, locked, damaged).
        """
        try:
            with self.engine.begin() as connection:
                yield connection
        except _OUR_MISTAKES:
            raise
        except DBAPIError as error:
            raise _unusable(self.engine.url, error) from None

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def open_store(url: str) -> Store:
    """Open a database and bring it to the version of this code; several may do so at once.

    Args:
        url: ``sqlite:///path/to/file.db`` (its folder must exist) or ``postgresql://user:password@host/database``.

    Raises:
        StoreError: The URL is of another kind, the database cannot be reached, is damaged or no database at all, or
            was written by a newer Earmark. The password is never in the text.
    """
    parsed = _parse(url)
    try:
        engine = _engine(parsed)
    except SQLAlchemyError as error:
        raise _unusable(parsed, error) from None
    try:
        migrate(engine)
    except StoreError as error:
        engine.dispose()
        raise StoreError(f"{describe(parsed)}: {error}") from None
    except (SQLAlchemyError, sqlite3.Error) as error:
        engine.dispose()
        raise _unusable(parsed, error) from None
    return Store(engine)


def describe(url: URL) -> str:
    """Return a URL that may be shown: password hidden, options left out except where the server is."""
    shown = {key: value for key, value in url.query.items() if key in _SHOWN_OPTIONS}
    return url.set(query=shown).render_as_string(hide_password=True)


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # a ValueError quotes what stands at the port: maybe a piece of the password
        raise StoreError(
            "the database URL cannot be read; write sqlite:///path/to/file.db or "
            "postgresql://user:password@host:5432/database (percent-encode : / @ # and % in the password)"
        ) from None
    if parsed.drivername in _SQLITE:
        if parsed.database in (None, "", ":memory:"):
            raise StoreError("a database in memory is gone with its first connection; name a file: sqlite:///path.db")
        return parsed
    if parsed.drivername in _POSTGRESQL:
        return parsed.set(drivername="postgresql+psycopg")
    raise StoreError(
        f"databases of kind {parsed.drivername!r} are not supported; there are: sqlite:///path/to/file.db and "
        "postgresql://user:password@host:5432/database"
    )


def _engine(url: URL) -> Engine:
    # hide_parameters: else an error would quote the row, and with it words of a call
    if url.drivername in _SQLITE:
        engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_TIMEOUT_S})
        event.listen(engine, "connect", _on_sqlite_connect)
        event.listen(engine, "begin", _begin_immediate)
        return engine
    connect_args = {} if "connect_timeout" in url.query else {"connect_timeout": CONNECT_TIMEOUT_S}
    return create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args=connect_args)


def _on_sqlite_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver would begin too late, and not at all before CREATE TABLE
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_immediate(connection: Connection) -> None:
    # A transaction that first reads and then writes fails at once, without waiting, if another wrote in between:
    # take the right to write at the beginning, where SQLite waits for it.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _unusable(url: URL, error: Exception) -> StoreError:
    cause = getattr(error, "orig", None) or error
    lines = [line.strip() for line in str(cause).splitlines() if line.strip()]
    reason = lines[0] if lines else type(cause).__name__
    for secret in _secrets(url):
        reason = reason.replace(secret, "***")
    return StoreError(f"{describe(url)}: the database cannot be used: {reason}{_advice(url, reason)}")


def _secrets(url: URL) -> list[str]:
    password = str(url.password or "")
    in_options = [str(value) for key, value in url.query.items() if "pass" in key]
    found = {password, quote(password, safe=""), quote_plus(password), *in_options} - {""}
    return sorted(found, key=len, reverse=True)


def _advice(url: URL, reason: str) -> str:
    if url.drivername not in _SQLITE:
        return "; check that the server runs and that user, password and database are right"
    if "unable to open" in reason and not Path(str(url.database)).parent.is_dir():
        return "; its folder does not exist"
    if "not a database" in reason or "malformed" in reason:
        return "; restore it from a back-up, or move it away to begin anew"
    if "locked" in reason:
        return f"; another process has been writing for more than {BUSY_TIMEOUT_S} s"
    return ""
