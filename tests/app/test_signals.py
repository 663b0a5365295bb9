"""Ctrl-C, SIGTERM, a reader that leaves and a full disk: one message, the right exit code, no traceback."""

from __future__ import annotations

import functools
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.scripted_calls import write_batch

CALLS = 24
STOPPED = "earmark: stopped; what was finished is stored, and nothing of the rest"


def start(*arguments: str | Path, stdout: int | None = subprocess.PIPE) -> subprocess.Popen[str]:
    """Start the real command in a process group of its own, as a terminal does."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("EARMARK_", "PREFECT_"))}
    return subprocess.Popen(
        [sys.executable, "-m", "app.cli.main", *map(str, arguments)],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # tests that were started in the background ignore Ctrl-C, and so would the command
        preexec_fn=functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_batch(tmp_path_factory.mktemp("many") / "calls", CALLS)


@pytest.mark.parametrize("to_group", [True, False], ids=["ctrl-c", "sigterm"])
def test_stopped_run_says_that_it_can_go_on(recordings: Path, tmp_path: Path, to_group: bool) -> None:
    run = start("run", recordings, "--engine", "scripted", "--workspace", tmp_path, stdout=subprocess.DEVNULL)
    said: list[str] = []
    begun = threading.Event()

    def listen() -> None:
        assert run.stderr is not None
        for line in run.stderr:
            said.append(line.rstrip("\n"))
            if line.startswith("scored "):
                begun.set()
        begun.set()

    listener = threading.Thread(target=listen)
    listener.start()
    try:
        assert begun.wait(240), said
        if to_group:
            os.killpg(run.pid, signal.SIGINT)  # a terminal sends it to all processes of the command
        else:
            run.terminate()
        code = run.wait(120)
    finally:
        run.kill()
        run.wait(60)
        listener.join(60)
        assert run.stderr is not None
        run.stderr.close()
    assert code == 130, said
    assert said[-1] == STOPPED
    progress = ("starting", "read ", "scored ")
    assert all(line.startswith(progress) for line in said[:-1]), said
    assert sum(line.startswith("scored ") for line in said) < CALLS


def test_reader_that_leaves_is_no_fault() -> None:
    listing = start("rubrics", "list", "--json")
    assert listing.stdout is not None
    listing.stdout.close()
    assert (listing.communicate()[1], listing.returncode) == ("", 0)


def test_full_disk_is_told_in_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        listing = start("rubrics", "list", stdout=full.fileno())
        _, said = listing.communicate()
    assert listing.returncode == 1
    assert said.startswith("earmark: No space left on device")
    assert said.count("\n") == 1
