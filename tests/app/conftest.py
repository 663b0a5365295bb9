"""One scored workspace for all command tests: eight scripted calls and two files that cannot be used."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.scripted_calls import write_batch, write_call

Earmark = Callable[..., subprocess.CompletedProcess[str]]


def run_earmark(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the real command in a process of its own, as a user does."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("EARMARK_", "PREFECT_"))}
    command = [sys.executable, "-m", "app.cli.main", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="session")
def earmark() -> Earmark:
    """The command, in a process of its own."""
    return run_earmark


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight scripted calls, one damaged file and one whose time names no zone."""
    folder = write_batch(tmp_path_factory.mktemp("recordings") / "calls", 8)
    (folder / "damaged.wav").write_bytes(b"RIFF\x00\x00no sound in here")
    write_call(folder, "2026-10-14T10-22-31_GUID_7f3a_AGENT_maria.lopez_CUST_C-1_", seed=99)
    return folder


@pytest.fixture(scope="session")
def first_run(
    recordings: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The workspace after one run, and what the run printed."""
    workspace = tmp_path_factory.mktemp("workspace") / "data"
    return workspace, run_earmark("run", recordings, "--engine", "scripted", "--workspace", workspace)


@pytest.fixture(scope="session")
def workspace(first_run: tuple[Path, subprocess.CompletedProcess[str]]) -> Path:
    """A workspace in which the recordings were scored."""
    folder, finished = first_run
    assert finished.returncode == 0, finished.stderr
    return folder


@pytest.fixture(scope="session")
def ask(workspace: Path) -> Callable[..., Any]:
    """Run a command on the workspace with --json and return what it printed."""

    def asked(*arguments: str) -> Any:
        finished = run_earmark(*arguments, "--workspace", workspace, "--json")
        assert finished.returncode == 0, finished.stderr
        return json.loads(finished.stdout)

    return asked
