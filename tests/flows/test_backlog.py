"""The backlog in a run of its own, and on clusters of Dask and Ray where these are installed: every call is scored."""

from __future__ import annotations

import importlib.util
import json
import secrets
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Literal

import pytest

from flows.cluster import cluster_runner
from pipeline.config import RunSettings
from pipeline.errors import ConfigError
from pipeline.store.calls import list_calls
from pipeline.store.database import open_store
from tests.flows.prefect_site import PrefectSite, wait_until
from tests.scripted_calls import write_batch
from tests.test_settle import take

CLUSTERS: tuple[Literal["dask", "ray"], ...] = ("dask", "ray")
INSTALLED = {name for name in CLUSTERS if importlib.util.find_spec(f"prefect_{name}")}
CALLS = 12


@pytest.mark.parametrize("task_runner", CLUSTERS)
def test_cluster_that_is_not_installed_is_named(
    task_runner: Literal["dask", "ray"], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, f"prefect_{task_runner}", None)  # as good as not installed
    with pytest.raises(ConfigError, match=rf"pip install \"earmark\[{task_runner}\]"):
        cluster_runner(RunSettings(task_runner=task_runner))


def processes_with(value: str) -> set[str]:
    """Return the ids of the processes with a value in their environment; none where the system does not tell."""
    found = set()
    for file in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):  # it has ended, or is another's
            if value.encode() in file.read_bytes():
                found.add(file.parent.name)
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    "task_runner",
    [
        "threads",
        *(
            pytest.param(
                name,
                marks=pytest.mark.skipif(name not in INSTALLED, reason=f"not installed: pip install 'earmark[{name}]'"),
            )
            for name in CLUSTERS
        ),
    ],
)
def test_run_of_the_backlog_ends_when_every_call_is_scored(tmp_path: Path, task_runner: str) -> None:
    recordings = write_batch(tmp_path / "recordings", CALLS)
    store = open_store(f"sqlite:///{tmp_path / 'earmark.db'}")
    take(recordings, store, [f"call-{i:02d}" for i in range(CALLS)])
    site = PrefectSite(
        tmp_path,
        {
            "EARMARK_WORKSPACE": str(tmp_path),
            "EARMARK_TRANSCRIBE__ENGINE": "scripted",
            "EARMARK_RUN__TASK_RUNNER": task_runner,
            "EARMARK_RUN__CLAIM": "5",
            "EARMARK_RUN__IDLE_S": "0",
            "EARMARK_RUN__LOG_FORMAT": "json",
            "RAY_AUTH_TOKEN": secrets.token_hex(32),  # else Ray makes one and keeps it in this person's home
        },
    )
    try:
        site.start_server()
        code = "import flows.backlog; flows.backlog.work_through_backlog()"
        done = subprocess.run(
            [sys.executable, "-c", f"if __name__ == '__main__':\n    {code}"],
            env=site.environment(),
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
    finally:
        site.stop()
    assert done.returncode == 0, done.stderr
    wait_until(lambda: not processes_with(str(tmp_path)), "the processes of the cluster have ended")
    with store.read() as connection:
        assert [call.status for call in list_calls(connection)] == ["scored"] * CALLS
    store.close()
    told = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    started, finished = [line for line in told if line["event"].startswith("run_")]
    assert (started["event"], finished["event"]) == ("run_started", "run_finished")
    assert finished["count"] == CALLS
    became = {name: finished[name] for name in ("processed", "unchanged", "failed") if name in finished}
    assert became == ({"processed": CALLS, "unchanged": 0, "failed": 0} if task_runner == "threads" else {})
