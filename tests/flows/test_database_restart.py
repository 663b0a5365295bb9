"""PostgreSQL is started again in the middle of a run: the run waits, and ends as if nothing had been."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from pipeline.errors import StoreError
from pipeline.store.database import open_store
from tests import postgres
from tests.flows.test_batch import command, environment
from tests.scripted_calls import write_batch

CALLS = 16
_STOPS_WITHIN_S = 60


@pytest.fixture
def own_server() -> Iterator[postgres.PostgresServer]:
    """A server that may be stopped: no other test uses it."""
    server = postgres._start()
    yield server
    server.stop()


def start_again(server: postgres.PostgresServer) -> None:
    with (server.folder / "log").open("ab") as log:
        account = {} if os.geteuid() else {"user": server.folder.stat().st_uid, "group": server.folder.stat().st_gid}
        server.process = subprocess.Popen(
            server.process.args,
            cwd=server.folder,
            stdout=log,
            stderr=log,
            **account,  # type: ignore[call-overload]
        )


def stop(server: postgres.PostgresServer) -> None:
    server.process.send_signal(signal.SIGINT)  # "fast": ends open sessions
    server.process.wait(_STOPS_WITHIN_S)


def test_a_patient_store_waits_for_its_server_and_others_do_not(own_server: postgres.PostgresServer) -> None:
    url = own_server.url("postgres")
    patient, usual = open_store(url, patient=True), open_store(url)
    stop(own_server)

    with pytest.raises(StoreError, match="check that the server runs"), usual.read():
        pass
    start_again(own_server)  # which takes a while, in which nobody can connect
    with patient.read() as connection:
        assert connection.scalar(text("SELECT 1")) == 1
    patient.close()
    usual.close()


def test_a_patient_store_says_at_once_that_there_is_no_server(own_server: postgres.PostgresServer) -> None:
    stop(own_server)

    with pytest.raises(StoreError, match="check that the server runs"):
        open_store(own_server.url("postgres"), patient=True)


@pytest.mark.slow
def test_a_run_outlives_a_restart_of_its_database(own_server: postgres.PostgresServer, tmp_path: Path) -> None:
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
        stop(own_server)
        start_again(own_server)
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
