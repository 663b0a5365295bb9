"""Retention from end to end: a call that was run is in no file any more, does not come back, and Prefect forgets it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from flows.prefect_traces import forget_local_runs
from tests.scripted_calls import GOOD_CALL, write_call, write_manifest

WORDS = "umbrella kestrel"
FLOW = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from flows.prefect_home import prefect_server
from flows.prefect_traces import forget_runs
from flows.runtime import Runtime, using
from pipeline.load_settings import load_settings

settings = load_settings()
with using(Runtime(settings=settings)):
    with prefect_server(settings.workspace, models_dir=Path(sys.argv[1])) as wait_for_server:
        from prefect.client.orchestration import get_client
        from flows.main_job import score_arrivals, score_calls
        from flows.retention_flow import apply_retention
        wait_for_server()
        score_calls([])
        score_arrivals([], [])
        state = apply_retention(return_state=True)
        print(f"{state.name}: {state.message}")
        print("forgot", forget_runs(datetime.now(UTC)), forget_runs(datetime.now(UTC)))
        with get_client(sync_client=True) as client:
            runs = client.read_flow_runs(sort="END_TIME_DESC", limit=99)
            print("left", sorted({client.read_flow(run.flow_id).name for run in runs}))
"""


def command(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("EARMARK_", "PREFECT_"))}
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        env=own | variables,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def earmark(workspace: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    ran = command("-m", "app.cli.main", *arguments, "--workspace", workspace)
    assert "Traceback" not in ran.stderr
    return ran


@pytest.mark.slow
def test_a_deleted_call_is_written_nowhere_and_does_not_come_back(tmp_path: Path) -> None:
    recordings, workspace = tmp_path / "recordings", tmp_path / "workspace"
    spoken = (*GOOD_CALL, ("customer", f"My parcel was the {WORDS} one."))
    doomed = write_call(recordings, "doomed", spoken, seed=3)
    write_call(recordings, "kept", seed=4)
    facts = {"agent_id": "maria", "team": "north", "queue": "bank_support", "customer_ref": "CUST-4711"}
    write_manifest(
        recordings,
        [{"file": f"{name}.wav", "started_at": "2026-10-05T09:30:00-04:00", **facts} for name in ("doomed", "kept")],
    )
    run = ("run", recordings, "--engine", "scripted", "--json")
    assert earmark(workspace, *run).returncode == 0
    listed = json.loads(earmark(workspace, "calls", "list", "--json").stdout)
    [call_id] = [call["call_id"] for call in listed if call["media_uri"] == str(doomed)]
    assert earmark(workspace, "calls", "index").returncode == 0
    assert _holding(workspace, WORDS, "umbrella", str(doomed), call_id)

    done = earmark(workspace, "calls", "delete", call_id, "--reason", "request 7", "--yes")
    assert done.returncode == 0, done.stderr
    assert f"left: {doomed} (outside retention.delete_media_below)" in done.stdout
    assert _holding(workspace, WORDS, "umbrella", "kestrel", str(doomed)) == []
    assert {file.name for file in _files(workspace) if call_id.encode() in file.read_bytes()} <= {
        "earmark.db"
    }  # its log

    again = earmark(workspace, *run)
    assert again.returncode == 0
    assert json.loads(again.stdout)["rejected"] == 1
    assert _holding(workspace, WORDS, "umbrella", "kestrel") == []
    [held_back] = json.loads(earmark(workspace, "calls", "list", "--status", "failed", "--json").stdout)
    assert [defect["code"] for defect in held_back["defects"]] == ["deleted"]
    assert held_back["call_id"].startswith("f-")
    assert (workspace / "reports" / "index.html").exists()

    assert earmark(workspace, "retention", "allow", doomed, "--reason", "mistake").returncode == 0
    assert json.loads(earmark(workspace, *run).stdout)["taken_in"] == 2


def _files(workspace: Path) -> list[Path]:
    return [file for file in workspace.rglob("*") if file.is_file()]


def _holding(workspace: Path, *words: str) -> list[tuple[str, str]]:
    return [
        (word, str(file.relative_to(workspace)))
        for file in _files(workspace)
        for word in words
        if word.encode() in file.read_bytes()
    ]


@pytest.mark.slow
def test_the_flow_deletes_what_is_due_and_old_runs_are_forgotten(tmp_path: Path) -> None:
    recordings, workspace = tmp_path / "recordings", tmp_path / "workspace"
    write_call(recordings, "old", seed=3)
    write_manifest(recordings, [{"file": "old.wav", "started_at": "2020-10-05T09:30:00-04:00", "agent_id": "maria"}])
    assert earmark(workspace, "run", recordings, "--engine", "scripted").returncode == 0
    ran = command(
        "-c",
        FLOW,
        tmp_path / "models",
        EARMARK_WORKSPACE=str(workspace),
        EARMARK_RETENTION__KEEP_CALL_DAYS='{"*": 365}',
        EARMARK_TRANSCRIBE__ENGINE="scripted",
    )
    assert ran.returncode == 0, ran.stderr
    assert "Completed: deleted: 1, kept by a hold: 0" in ran.stdout
    assert "forgot 4 0" in ran.stdout  # of `earmark run`, and the three above; with them those within them
    assert "left []" in ran.stdout
    assert json.loads(earmark(workspace, "calls", "list", "--json").stdout) == []


def test_prefects_own_database_stays_while_a_run_is_at_work(tmp_path: Path) -> None:
    folder = tmp_path / "prefect"
    assert forget_local_runs(tmp_path)
    folder.mkdir()
    for name in ("prefect.db", "prefect.db-wal", "schedule.log"):
        (folder / name).write_text("x")
    with FileLock(folder / "run.lock"):
        assert not forget_local_runs(tmp_path)
        assert (folder / "prefect.db").exists()
    assert forget_local_runs(tmp_path)
    assert sorted(file.name for file in folder.iterdir() if file.suffix != ".lock") == ["schedule.log"]
