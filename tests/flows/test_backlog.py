"""The backlog in a run of its own, and on a Dask cluster where prefect-dask is installed: every call is scored."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from flows.dask_cluster import dask_runner
from pipeline.config import RunSettings
from pipeline.errors import ConfigError
from pipeline.store.calls import list_calls
from pipeline.store.database import open_store
from tests.flows.prefect_site import PrefectSite
from tests.scripted_calls import write_batch
from tests.test_settle import take

INSTALLED = importlib.util.find_spec("prefect_dask") is not None
CALLS = 12


@pytest.mark.skipif(INSTALLED, reason="prefect-dask is installed")
def test_dask_that_is_not_installed_is_named() -> None:
    with pytest.raises(ConfigError, match=r"earmark\[dask\]"):
        dask_runner(RunSettings(task_runner="dask"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "task_runner",
    [
        "threads",
        pytest.param(
            "dask",
            marks=pytest.mark.skipif(not INSTALLED, reason="not installed: pip install 'earmark[dask]'"),
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
    with store.read() as connection:
        assert [call.status for call in list_calls(connection)] == ["scored"] * CALLS
    store.close()
    told = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    started, finished = [line for line in told if line["event"].startswith("run_")]
    assert (started["event"], finished["event"]) == ("run_started", "run_finished")
    assert finished["count"] == CALLS
    if task_runner == "threads":  # elsewhere, the cluster's own processes know what became of calls
        assert (finished["processed"], finished["failed"]) == (CALLS, 0)
