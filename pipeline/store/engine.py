"""The URL of a database, and how a transaction on it begins: to write, or only to read."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Dialect, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from pipeline.errors import StoreError

BUSY_TIMEOUT_S = 60
CONNECT_TIMEOUT_S = 10
RETURNS_WITHIN_S = (0.2, 0.5, 1, 2, 4, 8, 8, 8)
"""Pauses while a server starts again; half a minute in all."""

_SQLITE = ("sqlite", "sqlite+pysqlite")
_POSTGRESQL = ("postgresql", "postgres", "postgresql+psycopg")
_SHOWN_OPTIONS = ("host", "port")  # others may hold secrets (password, sslpassword, passfile)
_READS_ONLY = "earmark_reads_only"


def parse_url(url: str) -> URL:
    """Return the URL of a database that Earmark can use.

    Raises:
        StoreError: It cannot be read, or is of another kind. Nothing of it is in the text: it may hold a password.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # a ValueError quotes what stands at the port: maybe a piece of the password
        raise StoreError(
            "the database URL cannot be read; write sqlite:///path/to/file.db or "
            "postgresql://user:password@host:5432/database (percent-encode : / @ # and % in the password)"
        ) from None
    if is_sqlite(parsed):
        if parsed.database in (None, "", ":memory:"):
            raise StoreError("a database in memory is gone with its first connection; name a file: sqlite:///path.db")
        if "uri" in parsed.query:  # it would hide which file is meant
            raise StoreError("a database as a file: URI is not supported; write sqlite:///path/to/file.db")
        return parsed
    if parsed.drivername in _POSTGRESQL:
        return parsed.set(drivername="postgresql+psycopg")
    raise StoreError(
        f"databases of kind {parsed.drivername!r} are not supported; there are: sqlite:///path/to/file.db and "
        "postgresql://user:password@host:5432/database"
    )


def is_sqlite(url: URL) -> bool:
    """Tell whether the database is a SQLite file."""
    return url.drivername in _SQLITE


def describe(url: URL) -> str:
    """Return a URL that may be shown: password hidden, options left out except where the server is."""
    shown = {key: value for key, value in url.query.items() if key in _SHOWN_OPTIONS}
    return url.set(query=shown).render_as_string(hide_password=True)


def make_engine(url: URL) -> Engine:
    """Return an engine for a parsed URL; it connects when it is first used."""
    # hide_parameters: else an error would quote the row, and with it words of a call
    if is_sqlite(url):
        engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_TIMEOUT_S})
        event.listen(engine, "connect", _on_sqlite_connect)
        event.listen(engine, "begin", _begin_on_sqlite)
        return engine
    connect_args = {} if "connect_timeout" in url.query else {"connect_timeout": CONNECT_TIMEOUT_S}
    engine = create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args=connect_args)
    event.listen(engine, "begin", _begin_on_postgresql)
    return engine


def wait_for_return(engine: Engine) -> None:
    """Let new connections of an engine wait for a server that is gone, with growing pauses.

    What was under way when it went fails all the same: only whoever began it can begin it again.
    """

    @event.listens_for(engine, "do_connect")
    def connect(dialect: Dialect, _record: Any, args: Any, options: Any) -> Any:
        for pause_s in RETURNS_WITHIN_S:
            try:
                return dialect.connect(*args, **options)
            except dialect.loaded_dbapi.OperationalError:
                time.sleep(pause_s)
        return dialect.connect(*args, **options)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Give a connection in one transaction that only reads: a snapshot, which waits for no writer."""
    with engine.connect().execution_options(**{_READS_ONLY: True}) as connection, connection.begin():
        yield connection


def _on_sqlite_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver would begin too late, and not at all before CREATE TABLE
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_on_sqlite(connection: Connection) -> None:
    reads_only = _reads_only(connection)
    connection.exec_driver_sql(f"PRAGMA query_only = {'ON' if reads_only else 'OFF'}")
    # A transaction that first reads and then writes fails at once, without waiting, if another wrote in between:
    # take the right to write at the beginning, where SQLite waits for it.
    connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")


def _begin_on_postgresql(connection: Connection) -> None:
    if _reads_only(connection):  # all its queries see the same moment, as on SQLite
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def _reads_only(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get(_READS_ONLY, False))
