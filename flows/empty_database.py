"""Prefect's database, empty and ready for use, kept once per version of Prefect and copied into every new workspace.

Prefect brings a new SQLite file through all migrations of its history, which takes longer than to start its server. A
copy is a file of its own: workspaces share nothing. Nobody opens a kept database to write; its name holds its hash, so
that a damaged one is not used.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

FOLDER = "prefect"
_BESIDE = ("", "-wal", "-shm", "-journal")
_DIGITS = 32


def put_empty_database(database: Path, models_dir: Path) -> bool:
    """Put a kept empty database where there is none yet; False where that cannot be done: Prefect makes its own then.

    Args:
        database: Where Prefect will look for its SQLite file.
        models_dir: Where the empty databases are kept, in a folder of their own.
    """
    if any(database.with_name(database.name + ending).exists() for ending in _BESIDE):
        return False
    for kept in sorted((models_dir / FOLDER).glob(f"{_prefix()}*.db")):
        try:
            content = kept.read_bytes()
            if kept.name != _name(content):
                kept.unlink()
                continue
            part = database.with_name(f"{database.name}.part")
            part.write_bytes(content)
            part.replace(database)
        except OSError:
            continue
        return True
    return False


def keep_empty_database(database: Path, models_dir: Path) -> bool:
    """Keep a copy of a database that Prefect has just made, for later workspaces; False where that cannot be done.

    One that holds anything besides its version is not kept: it would give one workspace's data to another.

    Args:
        database: Prefect's SQLite file; the server may have it open.
        models_dir: Where to keep it, in a folder of its own.
    """
    folder = models_dir / FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as work, closing(_open_to_read(database)) as connection:
            if not _is_empty(connection):
                return False
            part = Path(work) / "part"
            connection.execute("VACUUM INTO ?", (str(part),))
            part.replace(folder / _name(part.read_bytes()))
    except (OSError, sqlite3.Error):
        return False
    return True


def _open_to_read(database: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)


def _is_empty(connection: sqlite3.Connection) -> bool:
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    filled = {
        name
        for name in tables
        if connection.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone()  # noqa: S608 (the database's own names)
    }
    return filled == {"alembic_version"}


def _prefix() -> str:
    return f"{importlib.metadata.version('prefect')}-"


def _name(content: bytes) -> str:
    return f"{_prefix()}{hashlib.sha256(content).hexdigest()[:_DIGITS]}.db"
