"""A look at a database that leaves it as it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from pipeline.errors import StoreError
from pipeline.store.database import Store, inspect_database, open_store
from pipeline.store.engine import make_engine, parse_url
from pipeline.store.migrate import VERSION_TABLE
from tests.store.builders import taken_in

KINDS = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def test_inspect_database_tells_kind_and_version(store: Store, store_url: str) -> None:
    kind = KINDS[store.engine.dialect.name]
    with store.read() as connection:
        version = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))
    assert inspect_database(store_url) == f"{kind}, version {version}"


def test_inspect_database_of_an_empty_one_makes_nothing(store_url: str, tmp_path: Path) -> None:
    for _ in range(2):
        assert inspect_database(store_url) in {f"{kind}, no tables yet" for kind in KINDS.values()}
        assert list(tmp_path.iterdir()) == []


def test_inspect_database_leaves_a_sqlite_file_as_it_is(tmp_path: Path) -> None:
    path, empty = tmp_path / "earmark.db", tmp_path / "empty.db"
    open_store(f"sqlite:///{path}").close()
    empty.touch()
    before = path.read_bytes()
    assert inspect_database(f"sqlite:///{path}").startswith("SQLite, version 0")
    assert inspect_database(f"sqlite:///{empty}") == "SQLite, no tables yet"
    assert (path.read_bytes(), empty.read_bytes()) == (before, b"")
    assert sorted(tmp_path.iterdir()) == [path, empty]


def test_inspect_database_refuses_what_a_run_would_refuse(store: Store, store_url: str) -> None:
    with store.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(StoreError, match="at version 9999, this Earmark knows versions up to"):
        inspect_database(store_url)


def test_inspect_database_refuses_another_programs_tables(store_url: str) -> None:
    engine = make_engine(parse_url(store_url))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE flags (country TEXT)"))
    engine.dispose()
    with pytest.raises(StoreError, match="tables named flags that are not Earmark's"):
        inspect_database(store_url)


def test_inspect_database_finds_damage_beyond_the_first_page(tmp_path: Path) -> None:
    path = tmp_path / "earmark.db"
    opened = open_store(f"sqlite:///{path}")
    with opened.begin() as connection:
        for i in range(50):
            taken_in(connection, f"c-{i:04}", metadata={"note": "x" * 500})
    opened.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:-8192] + b"\xff" * 8192)
    with pytest.raises(StoreError, match=r"earmark\.db: .*malformed; restore it from a back-up"):
        inspect_database(f"sqlite:///{path}")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("sqlite:///{folder}/none/earmark.db", "its folder does not exist"),
        ("sqlite:///{folder}", "unable to open"),
        ("sqlite:///{folder}/letter.txt", "not a database; restore it"),
        ("sqlite://", "name a file"),
        ("postgresql://u:s3cr3t-Pa55@127.0.0.1:1/db", "refused"),
        ("mysql://u:s3cr3t-Pa55@127.0.0.1/db", "not supported"),
    ],
)
def test_inspect_database_tells_what_cannot_be_used(tmp_path: Path, url: str, told: str) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("a letter, and not a short one either\n" * 200)
    with pytest.raises(StoreError, match=told) as caught:
        inspect_database(url.format(folder=tmp_path))
    assert "s3cr3t" not in str(caught.value)
    assert list(tmp_path.iterdir()) == [letter]
