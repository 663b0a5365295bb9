"""Bring a database to the version that this code knows, whoever else is opening it at the same time."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text

from pipeline.errors import StoreError
from pipeline.store import at_rest_tables as _at_rest_tables  # noqa: F401 - adds its own to metadata
from pipeline.store import claim_tables as _claim_tables  # noqa: F401 - adds its own to metadata
from pipeline.store import contact_reason_tables as _contact_reason_tables  # noqa: F401 - adds its own to metadata
from pipeline.store import digest_tables as _digest_tables  # noqa: F401 - adds its own to metadata
from pipeline.store import kpi_tables as _kpi_tables  # noqa: F401 - adds its own to metadata
from pipeline.store import measure_tables as _measure_tables  # noqa: F401 - adds its own to metadata
from pipeline.store.console_tables import metadata  # which adds its own to those of tables.py
from pipeline.store.engine import reading

VERSION_TABLE = "earmark_version"
MIGRATIONS = Path(__file__).resolve().parent / "migrations"

_ADVISORY_LOCK = 0x6561726D61726B  # "earmark": one number for all Earmarks that share a PostgreSQL database
_WAL_TRIES = 200
_WAL_WAIT_S = 0.05

# Alembic keeps the running migration in module globals: two threads would get each other's connection.
_one_thread = threading.Lock()


def alembic_config(folder: Path = MIGRATIONS) -> Config:
    """Return Alembic's configuration for the migrations in a folder; no alembic.ini is read."""
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))  # configparser reads % as a reference
    config.set_main_option("path_separator", "os")
    return config


def version_of(connection: Connection) -> str | None:
    """Return the version that a database is at, or None where Earmark never wrote to it."""
    heads = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_heads()
    return heads[0] if heads else None


@lru_cache(maxsize=1)
def newest_version() -> str:
    """Return the version that this code brings a database to."""
    return str(_script().get_current_head())


def known_version(connection: Connection) -> str | None:
    """Return the version that a database is at, or None where Earmark can still make its tables there.

    Raises:
        StoreError: A newer Earmark wrote it, or another program's tables are in the way.
    """
    script = _script()
    version = version_of(connection)
    if version is None:
        _refuse_strangers(connection)
    elif version not in {known.revision for known in script.walk_revisions()}:
        raise StoreError(
            f"the database is at version {version}, this Earmark knows versions up to {script.get_current_head()}: "
            "a newer Earmark has written to it; update this one"
        )
    return version


def migrate(engine: Engine) -> None:
    """Bring the database to the newest version in one transaction, or leave it as it was.

    Where it is there already, nothing is locked: opening to read does not wait for those who write.

    Raises:
        StoreError: A newer Earmark wrote it, or another program's tables are in the way.
        sqlalchemy.exc.DBAPIError: The database cannot be reached or read.
    """
    logging.getLogger("alembic").setLevel(logging.WARNING)
    if engine.dialect.name == "sqlite":
        _use_write_ahead_log(engine)
    newest = _script().get_current_head()
    with reading(engine) as connection:
        if version_of(connection) == newest:
            return
    with _one_thread, engine.begin() as connection:  # on SQLite this waits for other processes: BEGIN IMMEDIATE
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        if known_version(connection) == newest:  # another process was first
            return
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _script() -> ScriptDirectory:
    return ScriptDirectory.from_config(alembic_config())


def _refuse_strangers(connection: Connection) -> None:
    taken = sorted(set(inspect(connection).get_table_names()) & set(metadata.tables))
    if taken:
        raise StoreError(
            f"the database already has tables named {', '.join(taken)} that are not Earmark's: "
            "give Earmark a database (or, on PostgreSQL, a schema) of its own"
        )


def _use_write_ahead_log(engine: Engine) -> None:
    """Let readers read while one writes. The mode stays with the file, so this is done once in its life.

    SQLite does not wait when two want to change the mode at once, whatever the busy timeout: it has to be tried again.
    """
    connection = engine.raw_connection()
    try:
        cursor = cast(Any, connection.cursor())
        for tries_left in range(_WAL_TRIES, -1, -1):
            try:
                if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                    cursor.execute("PRAGMA journal_mode = WAL").fetchone()
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or not tries_left:
                    raise
                time.sleep(_WAL_WAIT_S)
    finally:
        connection.close()
