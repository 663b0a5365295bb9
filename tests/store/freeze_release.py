"""Keep a database as the release to come writes it: ``python -m tests.store.freeze_release``.

Writes ``tests/store/releases/VERSION/``: a SQLite file and a dump of PostgreSQL, with a row in every table
(`tests.store.frozen_rows`), and the migration that they are at. Every later version has to bring them up to date
(`tests/store/test_releases.py`). To be run again whenever a migration is added before the release; what has been
released is never written again.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import tomllib
from contextlib import closing
from pathlib import Path

from psycopg import sql

from pipeline.store.database import Store, open_store
from pipeline.store.migrate import version_of
from tests.postgres import PASSWORD, PostgresServer, program, running_server
from tests.store.frozen_rows import fill

ROOT = Path(__file__).resolve().parents[2]
RELEASES = Path(__file__).resolve().parent / "releases"
SQLITE, POSTGRESQL, ABOUT = "sqlite.db.gz", "postgresql.sql.gz", "about.json"
SCHEMA = "earmark_as_released"
"""Stands in the dump wherever a table is named, so that the dump can be put into any schema."""
_LEFT_OUT = re.compile(r"^(--.*|SET .*|\\(un)?restrict .*|CREATE SCHEMA .*|)\n", re.MULTILINE)
"""Lines of a dump that only its own version of PostgreSQL may know, or that make the schema."""


def version() -> str:
    """Return the version in pyproject.toml."""
    project: dict[str, str] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return project["version"]


def is_released(wanted: str) -> bool:
    """Tell whether the changelog gives the version a date."""
    return re.search(rf"^## {re.escape(wanted)} \(\d", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE) is not None


def freeze(folder: Path) -> None:
    """Write the databases of this code into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="earmark-freeze-") as scratch:
        file = Path(scratch) / "released.db"
        with closing(open_store(f"sqlite:///{file}")) as store:
            migration = filled(store, Path(scratch) / "first")
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("VACUUM INTO ?", [str(Path(scratch) / "whole.db")])
        (folder / SQLITE).write_bytes(gzip.compress((Path(scratch) / "whole.db").read_bytes(), mtime=0))
        with running_server() as server:
            (folder / POSTGRESQL).write_bytes(gzip.compress(_dump(server, Path(scratch) / "second"), mtime=0))
    (folder / ABOUT).write_text(json.dumps({"migration": migration}) + "\n")


def filled(store: Store, scratch: Path) -> str:
    """Fill a new store; return the migration that it is at."""
    scratch.mkdir()
    fill(store, scratch)
    with store.read() as connection:
        return str(version_of(connection))


def _dump(server: PostgresServer, scratch: Path) -> bytes:
    with server.connect() as connection:
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(SCHEMA)))
    with closing(open_store(f"{server.url('postgres')}&options=-csearch_path%3D{SCHEMA}")) as store:
        filled(store, scratch)
    command = [program("pg_dump"), "--host", str(server.folder), "--username=earmark"]
    command += ["--dbname=postgres", f"--schema={SCHEMA}", "--inserts", "--no-owner", "--no-privileges"]
    done = subprocess.run(command, env={**os.environ, "PGPASSWORD": PASSWORD}, check=True, stdout=subprocess.PIPE)
    return _LEFT_OUT.sub("", done.stdout.decode()).encode()


def main() -> int:
    """Freeze the version of this code, unless it was released; return the exit code."""
    wanted = version()
    if is_released(wanted):
        sys.stderr.write(f"{wanted} was released, and what it left behind stays as it is: raise the version first\n")
        return 1
    freeze(RELEASES / wanted)
    for file in sorted((RELEASES / wanted).iterdir()):
        print(f"{file.relative_to(ROOT)} ({file.stat().st_size / 1000:.0f} kB)")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
