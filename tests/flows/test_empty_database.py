"""Which databases are kept for later workspaces, and what is put where."""

from __future__ import annotations

import importlib.metadata
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from flows.empty_database import keep_empty_database, put_empty_database


def made_by_prefect(file: Path, *statements: str, version: str | None = "a3b9") -> Path:
    """Write a database with a table of Prefect's and its version, as a server leaves it: with a write-ahead log."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE flow_run (id INTEGER PRIMARY KEY, name TEXT)")
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        if version:
            connection.execute("INSERT INTO alembic_version VALUES (?)", (version,))
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    return file


def rows(file: Path, table: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(f"SELECT * FROM {table}").fetchall()


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def kept(tmp_path: Path, models: Path) -> Path:
    """The file that a first workspace's database is kept in."""
    assert keep_empty_database(made_by_prefect(tmp_path / "first" / "prefect.db"), models)
    (file,) = (models / "prefect").iterdir()
    return file


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Where a new workspace's database belongs."""
    (tmp_path / "new").mkdir()
    return tmp_path / "new" / "prefect.db"


def test_new_workspace_gets_the_tables_of_an_earlier_one(kept: Path, models: Path, database: Path) -> None:
    assert put_empty_database(database, models)
    assert rows(database, "alembic_version") == [("a3b9",)]
    assert rows(database, "flow_run") == []
    assert list(database.parent.iterdir()) == [database]


def test_workspaces_share_nothing(kept: Path, models: Path, database: Path) -> None:
    before = kept.read_bytes()
    put_empty_database(database, models)
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("INSERT INTO flow_run VALUES (1, 'mine')")
    assert kept.read_bytes() == before
    other = database.with_name("other.db")
    assert put_empty_database(other, models)
    assert rows(other, "flow_run") == []


def test_database_is_kept_while_a_server_has_it_open(tmp_path: Path, models: Path, database: Path) -> None:
    first = made_by_prefect(tmp_path / "first" / "prefect.db")
    with closing(sqlite3.connect(first)) as server:
        server.execute("UPDATE alembic_version SET version_num = 'b4'")
        server.commit()  # now in the write-ahead log only
        assert keep_empty_database(first, models)
    assert put_empty_database(database, models)
    assert rows(database, "alembic_version") == [("b4",)]


@pytest.mark.parametrize(
    ("statements", "version"),
    [
        (("INSERT INTO flow_run VALUES (1, 'somebody''s')",), "a3b9"),  # would go into every workspace
        ((), None),  # migrations did not come to their end
        (("DROP TABLE alembic_version",), "a3b9"),
    ],
)
def test_database_that_is_not_an_empty_one_is_not_kept(
    tmp_path: Path, models: Path, statements: tuple[str, ...], version: str | None
) -> None:
    assert not keep_empty_database(made_by_prefect(tmp_path / "first.db", *statements, version=version), models)
    assert list((models / "prefect").iterdir()) == []


def test_what_cannot_be_kept_is_no_error(tmp_path: Path, models: Path) -> None:
    assert not keep_empty_database(tmp_path / "nowhere.db", models)
    (tmp_path / "text.db").write_text("no database at all, but a text of some length" * 9)
    assert not keep_empty_database(tmp_path / "text.db", models)
    file = tmp_path / "a-file"
    file.touch()
    assert not keep_empty_database(made_by_prefect(tmp_path / "first.db"), file)


@pytest.mark.parametrize("keep_bytes", [0, 100, 5000, -1])
def test_damaged_one_is_thrown_away_and_not_used(kept: Path, models: Path, database: Path, keep_bytes: int) -> None:
    kept.write_bytes(kept.read_bytes()[:keep_bytes])
    assert not put_empty_database(database, models)
    assert not kept.exists()
    assert not database.exists()


def test_one_flipped_bit_is_damage(kept: Path, models: Path, database: Path) -> None:
    content = bytearray(kept.read_bytes())
    content[-1] ^= 1
    kept.write_bytes(content)
    assert not put_empty_database(database, models)


def test_sound_one_is_used_beside_a_damaged_one(kept: Path, models: Path, database: Path) -> None:
    kept.with_name(f"{importlib.metadata.version('prefect')}-0.db").write_bytes(b"damaged")
    assert put_empty_database(database, models)


@pytest.mark.parametrize("ending", ["", "-wal", "-shm", "-journal"])
def test_nothing_is_put_over_what_is_there(kept: Path, models: Path, database: Path, ending: str) -> None:
    there = database.with_name(database.name + ending)
    there.write_bytes(b"of this workspace")
    assert not put_empty_database(database, models)
    assert there.read_bytes() == b"of this workspace"
    assert list(database.parent.iterdir()) == [there]


def test_what_a_killed_run_left_half_written_is_written_anew(kept: Path, models: Path, database: Path) -> None:
    database.with_name("prefect.db.part").write_bytes(b"half")
    assert put_empty_database(database, models)
    assert list(database.parent.iterdir()) == [database]


def test_other_versions_of_prefect_have_their_own(
    kept: Path, models: Path, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "3.8.80")
    assert not put_empty_database(database, models)
    assert kept.exists()


def test_without_any_kept_nothing_is_put(models: Path, database: Path) -> None:
    assert not put_empty_database(database, models)
    assert not database.exists()
