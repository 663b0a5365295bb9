"""A run that is killed, a run that fails, and a run that is repeated end as one that was left alone."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from pipeline.store.database import open_store
from pipeline.store.snapshot import dump
from tests.scripted_calls import GOOD_CALL, write_batch, write_call

CALLS = 24


def command(recordings: Path, workspace: Path) -> list[str]:
    arguments = ["run", str(recordings), "--engine", "scripted", "--workspace", str(workspace), "--json"]
    return [sys.executable, "-m", "app.cli.main", *arguments]


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("EARMARK_", "PREFECT_"))}


def run(recordings: Path, workspace: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(recordings, workspace),
        env=environment() | variables,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def snapshot(workspace: Path) -> dict[str, list[dict[str, Any]]]:
    store = open_store(f"sqlite:///{workspace / 'earmark.db'}")
    with store.begin() as connection:
        taken = dump(connection)
    store.close()
    return taken


def stored(workspace: Path, table: str) -> int:
    """Count rows of a table while somebody else writes; 0 where there is no table yet."""
    if not (workspace / "earmark.db").exists():
        return 0
    connection = sqlite3.connect(f"file:{workspace / 'earmark.db'}?mode=ro", uri=True, timeout=5)
    try:
        return int(connection.execute(f"select count(*) from {table}").fetchone()[0])
    except sqlite3.OperationalError:
        return 0
    finally:
        connection.close()


def servers_of(workspace: Path) -> list[str]:
    """Command lines of processes whose environment names the workspace as Prefect's home."""
    wanted = f"PREFECT_HOME={workspace.resolve() / 'prefect'}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (process / "environ").read_bytes().split(b"\0"):
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is for POSIX")
def test_killed_run_goes_on_and_ends_as_one_left_alone(tmp_path: Path) -> None:
    recordings = write_batch(tmp_path / "recordings", CALLS)
    alone, killed = tmp_path / "alone", tmp_path / "killed"
    assert run(recordings, alone).returncode == 0

    process = subprocess.Popen(
        command(recordings, killed), env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 240
    while stored(killed, "scores") < 3 and time.monotonic() < deadline:
        assert process.poll() is None, "the run ended before it could be killed"
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    finished_before = stored(killed, "steps")
    assert 3 <= stored(killed, "scores") < CALLS, "killed in the middle"

    made_before = made_at(killed)
    again = run(recordings, killed)
    assert again.returncode == 0, again.stderr
    assert snapshot(killed) == snapshot(alone)
    assert stored(killed, "steps") > finished_before
    made_after = made_at(killed)
    assert {key: made_after[key] for key in made_before} == made_before, "a finished step was done again"

    gone_by = time.monotonic() + 20
    while servers_of(killed) and time.monotonic() < gone_by:
        time.sleep(0.2)
    assert servers_of(killed) == []


def made_at(workspace: Path) -> dict[str, str]:
    connection = sqlite3.connect(workspace / "earmark.db")
    rows = connection.execute("select key, made_at from steps").fetchall()
    connection.close()
    return dict(rows)


@pytest.mark.slow
def test_call_that_fails_is_listed_and_done_on_the_next_run(tmp_path: Path) -> None:
    recordings, workspace = tmp_path / "recordings", tmp_path / "workspace"
    write_call(recordings, "good", seed=1)
    write_call(recordings, "lost", seed=2, scripted=False)
    first = run(recordings, workspace)
    assert first.returncode == 0, first.stderr
    assert '"failed": 1' in first.stdout
    assert '"processed": 1' in first.stdout
    (failure,) = snapshot(workspace)["failures"]
    assert "no transcript to replay" in failure["reason"]

    write_call(recordings, "lost", GOOD_CALL, seed=2)
    second = run(recordings, workspace)
    assert '"processed": 1' in second.stdout
    assert '"unchanged": 1' in second.stdout
    assert snapshot(workspace)["failures"] == []


@pytest.mark.slow
def test_card_number_is_written_nowhere(tmp_path: Path) -> None:
    recordings, workspace = tmp_path / "recordings", tmp_path / "workspace"
    spoken = (*GOOD_CALL, ("customer", "My card number is 4111 1111 1111 1111 and the code is 737."))
    write_call(recordings, "card", spoken, seed=3)
    finished = run(recordings, workspace)
    assert finished.returncode == 0, finished.stderr
    written = [file for file in workspace.rglob("*") if file.is_file()]
    assert written
    # the beginning of the number alone may stand in any hash by chance; half of it may not
    spellings = (b"4111 1111", b"4111-1111", b"41111111")
    for content in (*(file.read_bytes() for file in written), (finished.stdout + finished.stderr).encode()):
        assert not any(spelling in content for spelling in spellings)


@pytest.mark.slow
def test_models_are_loaded_only_where_there_is_something_new(tmp_path: Path) -> None:
    recordings, workspace = write_batch(tmp_path / "recordings", 2), tmp_path / "workspace"
    (recordings / "damaged.wav").write_bytes(b"no sound in here")

    def loaded() -> set[str]:
        finished = run(recordings, workspace, PYTHONPROFILEIMPORTTIME="1")
        assert finished.returncode == 0, finished.stderr
        modules = {line.rpartition("|")[2].strip() for line in finished.stderr.splitlines() if "|" in line}
        return modules & {"torch", "spacy", "transformers", "faster_whisper"}

    assert "torch" in loaded()  # two threads write these lines, so some are garbled
    assert loaded() == set()


@pytest.mark.slow
def test_first_use_leaves_nothing_to_make_for_the_first_run(tmp_path: Path) -> None:
    variables = {
        "EARMARK_MODELS_DIR": str(tmp_path / "models"),
        "EARMARK_TRANSCRIBE__ENGINE": "scripted",
        "TMPDIR": str(tmp_path),
    }
    made = subprocess.run(
        [sys.executable, "-m", "flows.first_use"],
        env=environment() | variables,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (made.returncode, made.stdout, made.stderr) == (0, "", "")
    kept = {file: file.stat().st_mtime_ns for file in (tmp_path / "models").rglob("*") if file.is_file()}
    assert sorted(file.parent.name for file in kept) == ["prefect", "sentiment"]
    assert servers_of(tmp_path) == []

    recordings, workspace = write_batch(tmp_path / "recordings", 1), tmp_path / "workspace"
    finished = run(recordings, workspace, **variables)
    assert finished.returncode == 0, finished.stderr
    assert {file: file.stat().st_mtime_ns for file in kept} == kept
    connection = sqlite3.connect(workspace / "prefect" / "prefect.db")
    assert connection.execute("select count(*) from flow_run").fetchone() == (3,)
    # a server with a schedule would believe that its block types are stored
    assert connection.execute("select count(*) from block_type").fetchone() == (0,)
    assert not (workspace / "prefect" / "memo_store.toml").exists()
    connection.close()
