"""PostgreSQL is started again in the middle of a run: the run waits, and ends as if nothing had been."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from pipeline.errors import StoreError
from pipeline.store.database import open_store
from tests.flows.test_batch import command, environment
from tests.postgres import PostgresServer, start_server
from tests.scripted_calls import write_batch

CALLS = 16


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """A server that may be stopped: no other test uses it."""
    server = start_server()
    yield server
    server.stop()


def test_a_patient_store_waits_for_its_server_and_others_do_not(own_server: PostgresServer) -> None:
    url = own_server.url("postgres")
    patient, usual = open_store(url, patient=True), open_store(url)
    own_server.end()

    with pytest.raises(StoreError, match="check that the server runs"), usual.read():
        pass
    starting = threading.Thread(target=own_server.start_again)
    starting.start()  # which takes a while, in which nobody can connect
    with patient.read() as connection:
        assert connection.scalar(text("SELECT 1")) == 1
    starting.join()
    patient.close()
    usual.close()


def test_a_patient_store_says_at_once_that_there_is_no_server(own_server: PostgresServer) -> None:
    own_server.end()

    with pytest.raises(StoreError, match="check that the server runs"):
        open_store(own_server.url("postgres"), patient=True)


@pytest.mark.slow
def test_a_run_outlives_a_restart_of_its_database(own_server: PostgresServer, tmp_path: Path) -> None:
    recordings, workspace = write_batch(tmp_path / "recordings", CALLS), tmp_path / "workspace"
    variables = {"EARMARK_DATABASE_URL": own_server.url("postgres"), "EARMARK_RUN__RETRY_DELAY_S": "0.5"}
    process = subprocess.Popen(
        command(recordings, workspace),
        env=environment() | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    with process:
        assert process.stderr is not None
        said = []
        for line in process.stderr:
            said.append(line)
            if sum(each.startswith("scored ") for each in said) == 2:
                break
        own_server.restart()
        out, err = process.communicate(timeout=300)

    assert process.returncode == 0, "".join(said) + err
    counts = json.loads(out)
    assert (counts["processed"], counts["failed"]) == (CALLS, 0), "".join(said) + err
    with own_server.connect() as connection:
        assert _count(connection, "scores") == _count(connection, "current_scores") == CALLS
        assert _count(connection, "failures") == 0


def _count(connection: psycopg.Connection[tuple[int]], table: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # type: ignore[arg-type, unused-ignore]
    assert row is not None
    return row[0]
