"""Opening a database, transactions, many at once, and what is said when it cannot be used."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from pipeline.errors import StoreError
from pipeline.store.database import Store, open_store
from pipeline.store.engine import describe
from pipeline.store.failures import get_failure, put_failure
from pipeline.store.steps import get_step, put_step
from pipeline.store.tables import recordings, steps
from tests.factories import transcript
from tests.postgres import PASSWORD, PostgresServer
from tests.store.builders import NOW, taken_in

ROOT = Path(__file__).resolve().parents[2]


def test_transaction_is_undone_as_a_whole_when_anything_is_raised(store: Store) -> None:
    def write_half() -> None:
        with store.begin() as connection:
            taken_in(connection)
            put_failure(connection, "c-0001", step="transcript", reason="x", now=NOW)
            raise RuntimeError("mid-way")

    with pytest.raises(RuntimeError, match="mid-way"):
        write_half()
    with store.begin() as connection:
        assert connection.scalar(select(func.count()).select_from(recordings)) == 0
        assert get_failure(connection, "c-0001") is None


def test_transaction_enforces_foreign_keys_and_its_error_hides_the_row(store: Store) -> None:
    spoken = transcript(("customer", "marigold teapot"))
    with pytest.raises(IntegrityError) as caught, store.begin() as connection:
        put_step(connection, "k", call_id="c-unknown", step="transcript", record=spoken, now=NOW)
    assert "marigold" not in "".join(traceback.format_exception(caught.value))


def test_store_takes_writes_of_eight_threads_at_once(store: Store) -> None:
    with store.begin() as connection:
        taken_in(connection)

    def write(writer: int) -> None:
        for i in range(15):
            with store.begin() as connection:  # reads before it writes: the case in which SQLite does not wait
                assert get_step(connection, f"k-{writer}-{i}", type(spoken)) is None
                put_step(connection, f"k-{writer}-{i}", call_id="c-0001", step="transcript", record=spoken, now=NOW)

    spoken = transcript(("agent", "hello"))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    with store.begin() as connection:
        assert connection.scalar(select(func.count()).select_from(steps)) == 8 * 15


def test_open_store_by_eight_threads_at_once_migrates_once(store_url: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        stores = list(pool.map(open_store, [store_url] * 8))
    with stores[0].begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM earmark_version")) == 1
    for opened in stores:
        opened.close()


def test_open_store_by_several_processes_at_once_migrates_once(store_url: str) -> None:
    program = "import sys; from pipeline.store.database import open_store; open_store(sys.argv[1]).close()"
    command = [sys.executable, "-W", "error", "-c", program, store_url]
    started = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for _ in range(3)]
    outputs = [process.communicate(timeout=60)[0].decode() for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], outputs
    assert outputs == ["", "", ""]


def test_open_store_waits_for_a_process_that_is_making_the_tables(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'e.db'}"
    other = sqlite3.connect(tmp_path / "e.db", isolation_level=None, check_same_thread=False)
    other.execute("PRAGMA journal_mode = WAL")
    other.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor(1) as pool:
        opening = pool.submit(open_store, url)
        with pytest.raises(TimeoutError):
            opening.result(timeout=0.3)
        other.execute("COMMIT")
        opening.result(timeout=10).close()
    other.close()


def test_store_on_sqlite_keeps_a_log_and_foreign_keys(tmp_path: Path) -> None:
    opened = open_store(f"sqlite:///{tmp_path / 'e.db'}")
    with opened.read() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
    opened.close()


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_open_store_takes_every_spelling_of_postgresql(postgres_server: PostgresServer, scheme: str) -> None:
    opened = open_store(postgres_server.new_url().replace("postgresql", scheme, 1))
    assert opened.engine.dialect.driver == "psycopg"
    assert PASSWORD not in describe(opened.engine.url)
    opened.close()


SECRET = "s3cr3t-Pa55"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        (f"postgresql://u:{SECRET}@127.0.0.1:1/db", "refused"),
        (f"postgresql://u:{SECRET}@127.0.0.1:{SECRET}/db", "cannot be read"),
        (f"postgresql://u:{SECRET}@127.0.0.1:1/db?no_such_option={SECRET}", "invalid connection option"),
        (f"postgresql://u@127.0.0.1:1/db?password={SECRET}", "refused"),
        (f"postgresql://u:{SECRET}@/db?host=/no/such/folder", "No such file"),
        (f"mysql://u:{SECRET}@127.0.0.1/db", "'mysql' are not supported"),
        (f"postgresql+asyncpg://u:{SECRET}@127.0.0.1/db", "not supported"),
        (f"u:{SECRET}@127.0.0.1", "cannot be read"),
    ],
)
def test_open_store_names_the_fault_without_the_password(url: str, told: str) -> None:
    with pytest.raises(StoreError, match=told) as caught:
        open_store(url)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_open_store_with_a_wrong_password_shows_neither(postgres_server: PostgresServer) -> None:
    with pytest.raises(StoreError, match="password authentication failed") as caught:
        open_store(postgres_server.url("postgres", password=SECRET))
    assert SECRET not in str(caught.value)
    assert PASSWORD not in str(caught.value)


def test_open_store_hides_a_password_that_the_server_repeats(postgres_server: PostgresServer) -> None:
    url = postgres_server.url("postgres", password="missing-database").replace("/postgres?", "/missing-database?")
    with pytest.raises(StoreError) as caught:
        open_store(url)
    assert str(caught.value).count("missing-database") == 1  # as the database's name in the URL


def test_store_tells_when_the_server_is_gone(postgres_server: PostgresServer) -> None:
    url = postgres_server.new_url()
    opened = open_store(url)

    def lose_the_server() -> None:
        with opened.begin() as connection, postgres_server.connect() as other:
            other.execute("SELECT pg_terminate_backend(%s)", [connection.scalar(text("SELECT pg_backend_pid()"))])
            connection.execute(select(recordings))

    with pytest.raises(StoreError, match=r"terminating connection|closed") as caught:
        lose_the_server()
    assert PASSWORD not in str(caught.value)
    with opened.begin() as connection:  # and goes on when it is back
        assert connection.execute(select(recordings)).all() == []
    opened.close()


def test_open_store_refuses_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "earmark.db"
    path.write_text("a letter, and not a short one either\n" * 200)
    with pytest.raises(StoreError, match=r"earmark\.db: .*not a database; restore it from a back-up"):
        open_store(f"sqlite:///{path}")
    assert path.read_text().startswith("a letter")


def test_store_tells_when_the_file_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "earmark.db"
    opened = open_store(f"sqlite:///{path}")
    with opened.begin() as connection:
        for i in range(50):
            taken_in(connection, f"c-{i:04}", metadata={"note": "x" * 500})
    opened.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))

    def read_all() -> None:
        with open_store(f"sqlite:///{path}").begin() as connection:
            connection.execute(select(recordings)).all()

    with pytest.raises(StoreError, match="malformed; restore it from a back-up"):
        read_all()


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("sqlite:///{folder}/none/earmark.db", "its folder does not exist"),
        ("sqlite:///{folder}", "unable to open database file; permission .* or it is a folder"),
        ("sqlite:///file:{folder}/earmark.db?uri=true", "write sqlite:///path/to/file.db"),
        ("sqlite://", "name a file"),
        ("sqlite:///:memory:", "name a file"),
        ("earmark.db", "cannot be read"),
    ],
)
def test_open_store_refuses_what_is_no_place_for_a_database(tmp_path: Path, url: str, told: str) -> None:
    with pytest.raises(StoreError, match=told):
        open_store(url.format(folder=tmp_path))
