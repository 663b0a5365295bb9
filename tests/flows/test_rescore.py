"""A rescore over processes: killed in the middle it goes on, and ends as one that was left alone."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from pipeline.store.database import open_store
from pipeline.store.tables import current_scores, recordings, scores, steps
from tests.flows.test_batch import environment, run, snapshot, stored
from tests.scripted_calls import write_batch

COPIES = 60
SPREAD = (
    "import sys, flows.rescore; flows.rescore.FEW_CALLS, flows.rescore.CHUNK = 10, 4;"
    "from app.cli.main import main; sys.argv = ['earmark', *sys.argv[1:]]; main()"
)
"""The command, with so few calls for many that it takes to processes, and chunks of a few."""


def command(workspace: Path, *options: str) -> list[str]:
    words = ["rescore", "--rubric", "general", "--workspace", str(workspace), *options]
    return [sys.executable, "-c", SPREAD, *words]


def rescore(workspace: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(workspace, *options), env=environment(), capture_output=True, text=True, timeout=300, check=False
    )


def multiply(workspace: Path) -> None:
    """Give each call of a workspace many more with the same facts."""
    store = open_store(f"sqlite:///{workspace / 'earmark.db'}")
    with store.begin() as connection:
        for table in (recordings, steps, scores, current_scores):
            rows = [dict(row) for row in connection.execute(select(table)).mappings()]
            for n in range(COPIES):
                connection.execute(insert(table), [{**row, **_renamed(row, n)} for row in rows])
    store.close()


def _renamed(row: dict[str, Any], n: int) -> dict[str, str]:
    new = {"call_id": f"{row['call_id']}-{n}"}
    if "score_id" in row:
        new["score_id"] = f"{row['score_id']}-{n}"
    if "key" in row:
        new["key"] = f"{row['key']}-{n}"
        if row["step"] == "facts":
            return {**new, "payload": row["payload"].replace('","', f'-{n}","').replace('"}', f'-{n}"}}')}
    if "facts_key" in row:
        new["facts_key"] = f"{row['facts_key']}-{n}"
    return new


def processes_of(workspace: Path) -> list[str]:
    """Command lines of living processes that were started for a workspace, or by its rescore."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            about = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            state = (process / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if os.fsencode(workspace) in about and state != "Z":
            found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with many calls, scored by the rubric of their queue."""
    folder = tmp_path_factory.mktemp("rescore")
    recordings_ = write_batch(folder / "recordings", 2)
    workspace = folder / "workspace"
    done = run(recordings_, workspace)
    assert done.returncode == 0, done.stderr
    multiply(workspace)
    shutil.rmtree(workspace / "prefect")
    return workspace


@pytest.mark.slow
def test_killed_rescore_goes_on_and_ends_as_one_left_alone(filled: Path, tmp_path: Path) -> None:
    alone, killed = tmp_path / "alone", tmp_path / "killed"
    shutil.copytree(filled, alone)
    shutil.copytree(filled, killed)
    done = rescore(alone, "--make-current")
    assert done.returncode == 0, done.stderr
    before = stored(killed, "scores")
    process = subprocess.Popen(
        command(killed, "--make-current"),
        env=environment() | {"PREFECT_HOME": str(killed / "prefect")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 200
        while stored(killed, "scores") == before and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        assert process.wait(60) == -signal.SIGKILL
    finally:
        process.kill()
        process.wait(60)
    if Path("/proc/self/environ").exists():
        deadline = time.monotonic() + 30
        while (left := processes_of(killed)) and time.monotonic() < deadline:
            time.sleep(0.5)
        assert not left, "nothing may live on after the rescore was killed"
    some = stored(killed, "scores") - before  # with what its processes finished before they noticed
    assert 0 < some < before
    again = rescore(killed, "--make-current")
    assert again.returncode == 0, again.stderr
    assert f"not scored again: {some} calls" in again.stdout
    was, now = snapshot(alone), snapshot(killed)
    for table in ("scores", "criterion_results", "flags", "current_scores", "steps", "findings"):
        assert now[table] == was[table]


@pytest.mark.slow
def test_rescore_over_processes_goes_on_when_facts_of_a_call_are_broken(filled: Path, tmp_path: Path) -> None:
    workspace = tmp_path / "broken"
    shutil.copytree(filled, workspace)
    store = open_store(f"sqlite:///{workspace / 'earmark.db'}")
    with store.begin() as connection:
        one = connection.scalars(select(steps.c.key).where(steps.c.step == "transcript").limit(1)).one()
        connection.execute(steps.update().where(steps.c.key == one).values(payload='{"turns": "marigold"}'))
    store.close()
    done = rescore(workspace)
    assert done.returncode == 1
    assert done.stderr.count("cannot score") == 1
    assert "marigold" not in done.stdout + done.stderr
    assert "New scores by general" in done.stdout
    assert f"{2 * (COPIES + 1) - 1} calls. The old scores are kept" in done.stdout
