"""`kill -9` in the middle of a run, more than once: the next run ends as if nobody had disturbed it."""

import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.command import SAMPLES, Workspace, command_line, environment

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

MADE = {"made_at", "raised_at", "generated_at"}  # when it was computed, which may differ


def without_clock(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_clock(part) for key, part in value.items() if key not in MADE}
    if isinstance(value, list):
        return [without_clock(part) for part in value]
    return value


def kill_after(lines: int, workspace: Path, home: Path, *words: str | Path) -> tuple[int, list[str]]:
    """Start a run, kill it when it has said so many lines, and return its status and what it said."""
    process = subprocess.Popen(
        command_line(*words, "--workspace", workspace),
        cwd=home,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    said: list[str] = []
    enough = threading.Event()

    def listen() -> None:
        assert process.stderr is not None
        for line in process.stderr:
            said.append(line)
            if len(said) >= lines:
                enough.set()
        enough.set()

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        assert enough.wait(300), said
        process.send_signal(signal.SIGKILL)
        code = process.wait(60)
    finally:
        process.kill()
        process.wait(60)
        listener.join(30)
        if process.stderr is not None:
            process.stderr.close()
    return code, said


def processes_of(workspace: Path) -> list[str]:
    """Command lines of living processes that were started for this workspace."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            about = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if os.fsencode(workspace) in about and state != "Z":
            found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


def test_undisturbed(scripted: Workspace) -> None:
    scripted.run.ok()
    rows = scripted.calls()
    assert len([row for row in rows if row["status"] == "scored"]) == 6
    assert len([row for row in rows if row["status"] == "failed"]) == 2


def test_killed_runs_end_like_an_undisturbed_one(scripted: Workspace, scripted_folder: Path, tmp_path: Path) -> None:
    scripted.run.ok()
    path = tmp_path / "killed"
    words = ("run", scripted_folder, "--engine", "scripted", "--config", SAMPLES / "earmark.toml")
    usual = len(scripted.run.err.splitlines())
    assert usual >= 8, "plain progress lines are what this test finds its way by"
    for lines in (3, usual - 4):  # while it reads, and while it scores
        code, said = kill_after(lines, path, tmp_path, *words)
        assert code == -signal.SIGKILL, (code, said)
        if Path("/proc/self/environ").exists():
            deadline = time.monotonic() + 30
            while (left := processes_of(path)) and time.monotonic() < deadline:
                time.sleep(0.5)
            assert not left, "nothing may live on after the run was killed"

    killed = Workspace(path=path, home=tmp_path, run=scripted.run)
    assert killed.ask(*words, "--json").json() is not None
    rows = killed.calls()
    assert len(rows) == len({row["call_id"] for row in rows})
    assert rows == scripted.calls()
    flags = killed.ask("flags", "list", "--json").json()
    assert without_clock(flags) == without_clock(scripted.ask("flags", "list", "--json").json())
    for row in rows[:2]:
        assert without_clock(killed.show(row["call_id"])) == without_clock(scripted.show(row["call_id"]))
    mine = killed.ask("scorecards", "show", "--json").json()
    assert without_clock(mine) == without_clock(scripted.ask("scorecards", "show", "--json").json())
