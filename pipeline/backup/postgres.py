"""Copy a PostgreSQL database with PostgreSQL's own programs, `pg_dump` and `pg_restore`."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from sqlalchemy import URL, Connection, text

from pipeline.errors import BackupError

_SECRETS = {"password": "PGPASSWORD", "sslpassword": "PGSSLPASSWORD"}
_SAID_CHARACTERS = 500
_TABLE = re.compile(r"^\d+; \d+ \d+ TABLE \S+ (\S+) \S+$", re.MULTILINE)
"""A table in a dump's list of contents: ``215; 1259 16386 TABLE public recordings earmark``."""


def dump(connection: Connection, url: URL, out: Path) -> None:
    """Copy what a reading transaction sees, to the moment: its rows can be counted before or after.

    Args:
        connection: In a transaction of isolation ``REPEATABLE READ`` that stays open meanwhile.
        url: The same database.
        out: File to write.

    Raises:
        BackupError: `pg_dump` is not there, is older than the server, or fails.
    """
    snapshot = connection.scalar(text("SELECT pg_export_snapshot()"))
    schema = connection.scalar(text("SELECT current_schema()"))
    options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={out}"]
    _call("pg_dump", [*options, f"--schema={_exactly(schema)}"], url)


def load(connection: Connection, url: URL, dumped: Path) -> None:
    """Fill an empty database from a dump, all or nothing.

    Args:
        connection: To the database; only asked for its schema.
        url: The same database.
        dumped: What `dump` wrote.

    Raises:
        BackupError: `pg_restore` is not there or fails, or the dump was made of a schema of another name.
    """
    schema = connection.scalar(text("SELECT current_schema()"))
    listed = _call("pg_restore", ["--list", str(dumped)], None)
    if f" TABLE {schema} " not in listed:
        raise BackupError(
            f"the back-up holds no tables of a schema {schema!r}: restore it into one of the name that it was made of"
        )
    options = ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", f"--schema={schema}"]
    _call("pg_restore", [*options, str(dumped)], url)


def drop(connection: Connection, tables: Iterable[str]) -> None:
    """Drop tables with everything that hangs on them."""
    quoted = connection.dialect.identifier_preparer.quote
    for table in sorted(tables):
        connection.execute(text(f"DROP TABLE IF EXISTS {quoted(table)} CASCADE"))


def tables_in(dumped: Path) -> set[str]:
    """Return the tables that a dump holds.

    Raises:
        BackupError: It has no list of contents.
    """
    return set(_TABLE.findall(_call("pg_restore", ["--list", str(dumped)], None)))


def _exactly(schema: str | None) -> str:
    """Return a name as a pattern of `pg_dump` that means this name only."""
    return '"' + (schema or "public").replace('"', '""') + '"'


def _call(program: str, options: Sequence[str], url: URL | None) -> str:
    """Run a program of PostgreSQL's; passwords go through its environment, where no list of processes shows them."""
    found = shutil.which(program)
    if found is None:
        raise BackupError(f"{program} is not on PATH; install PostgreSQL's client programs of the server's version")
    secrets: dict[str, str] = {}
    target: list[str] = []
    if url is not None:
        given = {"password": url.password, **{key: url.query.get(key) for key in _SECRETS if key in url.query}}
        secrets = {_SECRETS[key]: str(value) for key, value in given.items() if value}
        plain = url.set(drivername="postgresql", query={k: v for k, v in url.query.items() if k not in _SECRETS})
        plain = URL.create("postgresql", plain.username, None, plain.host, plain.port, plain.database, plain.query)
        target = [f"--dbname={plain.render_as_string(hide_password=False)}"]
    done = subprocess.run(
        [found, *target, *options], env={**os.environ, **secrets}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = done.stderr.strip()[:_SAID_CHARACTERS]
        for secret in secrets.values():
            said = said.replace(secret, "***")
        raise BackupError(f"{program} failed: {said}")
    return done.stdout
