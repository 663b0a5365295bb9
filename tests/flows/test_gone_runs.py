"""A run whose process was killed is marked as crashed by a real Prefect server; one that is at work is left alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.prefect_site import PrefectSite, kill_tree, wait_until

HEARD_EVERY_S = 30  # the least that Prefect allows
GONE_AFTER_S = 50

FLOW = """
import sys, threading
from pathlib import Path
from prefect import flow, runtime

@flow(name="work through the backlog")
def work():
    Path(sys.argv[1]).write_text(runtime.flow_run.id)
    threading.Event().wait()

work()
"""
MARK = f"""
from datetime import timedelta
from flows.gone_runs import mark_gone_runs
print(mark_gone_runs(timedelta(seconds={GONE_AFTER_S})).became)
"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[PrefectSite]:
    """A Prefect server that marks runs as crashed of which nothing is heard."""
    opened = PrefectSite(tmp_path, {"PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARD_EVERY_S)})
    try:
        opened.start_server()
        yield opened
    finally:
        opened.stop()


def heard_of(site: PrefectSite, run_id: str) -> bool:
    of_run = {"event": {"name": ["prefect.flow-run.heartbeat"]}, "resource": {"id": [f"prefect.flow-run.{run_id}"]}}
    return bool(site.ask("POST", "/events/filter", {"filter": of_run})["total"])


@pytest.mark.slow
def test_run_whose_process_was_killed_is_marked_as_crashed(site: PrefectSite) -> None:
    for became in ("made", "updated"):
        marked = subprocess.run(
            [sys.executable, "-c", MARK],
            env=site.environment(),
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert marked.stdout.strip() == became, marked.stderr
    (site.folder / "endless.py").write_text(FLOW)
    processes = {name: site.start(name, "endless", name) for name in ("killed", "at-work")}
    ids = {}
    for name in processes:
        noted = site.folder / name
        wait_until(lambda noted=noted: noted.exists() and bool(noted.read_text()), f"{name} has begun")  # type: ignore[misc]
        ids[name] = noted.read_text()
        wait_until(lambda run_id=ids[name]: heard_of(site, run_id), f"{name} is heard of")  # type: ignore[misc]

    def state(name: str) -> str:
        return str(site.ask("GET", f"/flow_runs/{ids[name]}")["state"]["type"])

    kill_tree(processes["killed"])
    assert state("killed") == "RUNNING"  # Prefect itself learns nothing of it
    wait_until(lambda: state("killed") == "CRASHED", "the run of the killed process is marked")
    assert state("at-work") == "RUNNING"
