"""What goes wrong around a run: the batch ends, the reason is listed with its tries, one command does it again."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.flows.test_batch import environment, run, snapshot, stored
from tests.scripted_calls import GOOD_CALL, write_batch, write_call

pytestmark = pytest.mark.slow

QUICK = {"EARMARK_RUN__RETRIES": "1", "EARMARK_RUN__RETRY_DELAY_S": "0", "EARMARK_TRANSCRIBE__ENGINE": "scripted"}

# A fault is put into a process before the command starts in it, since no setting makes one.
_WITH_FAULT = """
import sys
{fault}
from app.cli.main import main
main()
"""


def earmark(*words: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return _call([sys.executable, "-m", "app.cli.main", *map(str, words)], variables)


def earmark_with(fault: str, *words: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return _call([sys.executable, "-c", _WITH_FAULT.format(fault=fault), *map(str, words)], variables)


def _call(command: Sequence[str], variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, env=environment() | QUICK | variables, capture_output=True, text=True, timeout=300, check=False
    )


def listed(workspace: Path) -> dict[str, dict[str, Any]]:
    """What `earmark calls list --status failed` tells, by the name of the file."""
    told = earmark("calls", "list", "--status", "failed", "--json", "--workspace", workspace)
    assert told.returncode == 0, told.stderr
    return {Path(call["media_uri"]).name: call for call in json.loads(told.stdout)}


def sound(database: Path) -> None:
    """Assert that no row is there in part."""
    connection = sqlite3.connect(database)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    half = "SELECT count(*) FROM scores WHERE score_id NOT IN (SELECT score_id FROM criterion_results)"
    assert connection.execute(half).fetchone() == (0,)
    connection.close()


def test_a_recording_that_is_gone_is_listed_with_its_tries_and_done_when_it_is_back(tmp_path: Path) -> None:
    recordings, workspace = tmp_path / "recordings", tmp_path / "workspace"
    write_call(recordings, "good", seed=1)
    lost = write_call(recordings, "lost", seed=2, scripted=False)
    assert run(recordings, workspace, **QUICK).returncode == 0
    assert listed(workspace)["lost.wav"]["tries"] == 1, "what Earmark itself refuses is not tried again"
    write_call(recordings, "lost", GOOD_CALL, seed=2)
    kept = lost.rename(tmp_path / "elsewhere.wav")

    gone = earmark("calls", "retry", "--workspace", workspace)

    assert gone.returncode == 0, gone.stderr
    failed = listed(workspace)["lost.wav"]
    assert "no such file or directory" in failed["failure"]
    assert failed["tries"] == 3, "media may come back, so that was tried twice"
    told = earmark("calls", "list", "--status", "failed", "--workspace", workspace).stdout
    assert "tried 3 times, last 20" in " ".join(told.split())

    kept.rename(lost)
    again = earmark("calls", "retry", "--workspace", workspace, "--json")
    assert json.loads(again.stdout)["processed"] == 1, again.stderr
    assert listed(workspace) == {}
    assert stored(workspace, "failures") == 0


_NO_MEMORY = """
from pipeline import run as one_call
usual, hit = one_call.call_audio, []
def audio(recording, settings):
    if recording.media_uri.endswith("{name}") and len(hit) < {times}:
        hit.append(1)
        raise MemoryError
    return usual(recording, settings)
one_call.call_audio = audio
"""


@pytest.mark.parametrize(("times", "failed"), [(1, 0), (9, 1)])
def test_a_call_for_which_memory_runs_out_is_tried_again_and_else_listed(
    tmp_path: Path, times: int, failed: int
) -> None:
    recordings, workspace = write_batch(tmp_path / "recordings", 3), tmp_path / "workspace"
    fault = _NO_MEMORY.format(name="call-01.wav", times=times)

    finished = earmark_with(fault, "run", recordings, "--workspace", workspace, "--json")

    assert finished.returncode == 0, finished.stderr
    counts = json.loads(finished.stdout)
    assert (counts["processed"], counts["failed"]) == (3 - failed, failed)
    if failed:
        assert "unexpected MemoryError" in listed(workspace)["call-01.wav"]["failure"]
        assert listed(workspace)["call-01.wav"]["tries"] == 2
    sound(workspace / "earmark.db")


def test_a_model_that_is_not_there_is_told_for_every_call_and_costs_nothing_else(tmp_path: Path) -> None:
    recordings, workspace = write_batch(tmp_path / "recordings", 2), tmp_path / "workspace"
    variables = {"EARMARK_TRANSCRIBE__ENGINE": "faster-whisper", "EARMARK_TRANSCRIBE__MODEL": str(tmp_path / "gone")}

    finished = earmark("run", recordings, "--workspace", workspace, **variables)

    assert "Traceback" not in finished.stderr
    if finished.returncode == 0:  # listed
        assert {call["tries"] for call in listed(workspace).values()} == {1}
        assert all(str(tmp_path / "gone") in call["failure"] for call in listed(workspace).values())
    else:  # or said before anything was begun
        assert str(tmp_path / "gone") in finished.stderr
    after = earmark("run", recordings, "--workspace", workspace, "--json")
    assert json.loads(after.stdout)["processed"] == 2, after.stderr
    assert listed(workspace) == {}


_CLOCK = """
from datetime import UTC, datetime
import flows.runtime
flows.runtime.utc_now = lambda: datetime({year}, 1, 1, tzinfo=UTC)
"""


def test_a_clock_that_is_put_back_changes_nothing_but_times(tmp_path: Path) -> None:
    recordings, workspace = write_batch(tmp_path / "recordings", 3), tmp_path / "workspace"
    ahead = earmark_with(_CLOCK.format(year=2031), "run", recordings, "--workspace", workspace, "--json")
    assert json.loads(ahead.stdout)["processed"] == 3, ahead.stderr
    write_call(recordings, "late", seed=77)

    behind = earmark_with(_CLOCK.format(year=2021), "run", recordings, "--workspace", workspace, "--json")

    counts = json.loads(behind.stdout)
    assert (counts["processed"], counts["unchanged"], counts["failed"]) == (1, 3, 0), behind.stderr
    alone = tmp_path / "alone"
    assert run(recordings, alone, **QUICK).returncode == 0
    assert snapshot(workspace) == snapshot(alone)


def test_the_same_calls_delivered_twice_at_once_are_scored_once(tmp_path: Path) -> None:
    """By two machines, each with a workspace of its own and one database for both."""
    first, second = write_batch(tmp_path / "first", 6), tmp_path / "second"
    shutil.copytree(first, second)
    for name in ("call-00", "call-01"):  # and under two names on one of them
        shutil.copy(second / f"{name}.wav", second / f"copy-of-{name}.wav")
        shutil.copy(second / f"{name}.transcript.json", second / f"copy-of-{name}.transcript.json")
    shared = QUICK | {"EARMARK_DATABASE_URL": f"sqlite:///{tmp_path / 'earmark.db'}"}

    both = [
        subprocess.Popen(
            [sys.executable, "-m", "app.cli.main", "run", "--json", str(folder), "--workspace", f"{folder}-data"],
            env=environment() | shared,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for folder in (first, second)
    ]
    said = [process.communicate(timeout=300) for process in both]

    assert [process.returncode for process in both] == [0, 0], said
    counted = {name: stored(tmp_path, name) for name in ("recordings", "scores", "current_scores", "files", "failures")}
    assert counted == {"recordings": 6, "scores": 6, "current_scores": 6, "files": 14, "failures": 0}
    sound(tmp_path / "earmark.db")


def _on_small_disk(place: Path, size: str, kept: Path, *words: str | Path, **variables: str) -> Any:
    """Run a command that finds a disk of some size at a place; what it left there is kept elsewhere."""
    if shutil.which("unshare") is None:
        pytest.skip("no unshare on this machine")
    small = ["unshare", "--mount", "--map-root-user", "sh", "-c"]
    script = 'mount -t tmpfs -o "size=$1" none "$0" || exit 99; kept=$2; shift 2; '
    script += '"$@"; code=$?; cp -a "$0/." "$kept"; exit $code'
    place.mkdir(parents=True, exist_ok=True)
    kept.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "app.cli.main", *map(str, words)]
    done = _call([*small, script, str(place), size, str(kept), *command], variables)
    if done.returncode == 99 or "unshare:" in done.stderr:
        pytest.skip("no disk may be mounted here")
    return done


def test_a_disk_that_is_full_loses_nothing_that_was_stored(tmp_path: Path) -> None:
    recordings, alone = write_batch(tmp_path / "recordings", 12), tmp_path / "alone"
    assert run(recordings, alone, **QUICK).returncode == 0
    small, kept, workspace = tmp_path / "small", tmp_path / "kept", tmp_path / "workspace"
    variables = {"EARMARK_DATABASE_URL": f"sqlite:///{small / 'earmark.db'}"}

    full = _on_small_disk(small, "3m", kept, "run", recordings, "--workspace", workspace, **variables)

    assert full.returncode == 1, full.stdout
    assert "disk full; make room there and run again: what was stored before is kept" in full.stderr
    assert "Traceback" not in full.stderr
    sound(kept / "earmark.db")
    assert stored(kept, "current_scores") < 12
    again = run(recordings, workspace, **QUICK, EARMARK_DATABASE_URL=f"sqlite:///{kept / 'earmark.db'}")
    assert again.returncode == 0, again.stderr
    assert snapshot(kept) == snapshot(alone)


def test_a_full_disk_under_unredacted_transcripts_is_listed_and_retried(tmp_path: Path) -> None:
    recordings, workspace = write_batch(tmp_path / "recordings", 3), tmp_path / "workspace"
    small, kept = tmp_path / "small", tmp_path / "kept"
    variables = {"EARMARK_PRIVACY__KEEP_UNREDACTED": "true", "EARMARK_PRIVACY__UNREDACTED_DIR": str(small)}

    full = _on_small_disk(small, "4k", kept, "run", recordings, "--workspace", workspace, **variables)

    assert full.returncode == 0, full.stderr
    failed = listed(workspace)
    assert failed
    assert all("cannot be written (No space left on device)" in call["failure"] for call in failed.values())
    assert stored(workspace, "scores") == 3 - len(failed), (
        "a call is stored with its unredacted transcript or not at all"
    )
    again = earmark("calls", "retry", "--workspace", workspace, "--json", **variables)
    assert json.loads(again.stdout)["processed"] == len(failed), again.stderr
    assert not [file for file in small.iterdir() if file.name.startswith(".")]


def test_a_full_disk_under_scorecards_costs_no_score(tmp_path: Path) -> None:
    recordings, workspace = write_batch(tmp_path / "recordings", 2), tmp_path / "workspace"

    full = _on_small_disk(workspace / "reports", "16k", tmp_path / "kept", "run", recordings, "--workspace", workspace)

    assert full.returncode == 1
    assert "No space left on device" in full.stderr
    assert "Traceback" not in full.stderr
    assert stored(workspace, "scores") == 2
    again = earmark("run", recordings, "--workspace", workspace, "--json")
    assert json.loads(again.stdout)["unchanged"] == 2, again.stderr
    assert (workspace / "reports" / "index.html").exists()
