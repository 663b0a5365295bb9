"""A Prefect server and its workers, as an operator starts them, for as long as a test lasts."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[2]
ENDS_WITHIN_S = 20


def wait_until(ready: Callable[[], bool], what: str, *, within_s: float = 240) -> None:
    """Wait for a condition; the limit is only there to end a test that would hang."""
    end = time.monotonic() + within_s
    while not ready():
        assert time.monotonic() < end, f"not within {within_s} s: {what}"
        time.sleep(0.05)


@dataclass
class PrefectSite:
    """What was started so far; all of it ends with `stop`."""

    folder: Path
    variables: Mapping[str, str]
    port: int = 0
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    def environment(self) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("EARMARK_", "PREFECT_"))}
        own = {
            "PREFECT_HOME": str(self.folder / "prefect"),
            "PREFECT_API_URL": self.api,
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_WORKER_QUERY_SECONDS": "1",
            "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]),
        }
        return {**inherited, **own, **self.variables}

    def start(self, name: str, *command: str) -> subprocess.Popen[bytes]:
        """Start a process of its own group; what it prints is in ``name.log``."""
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=self.folder,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def start_server(self) -> None:
        server = self.start("server", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(self.port))

        def answers() -> bool:
            assert server.poll() is None, (self.folder / "server.log").read_text()
            try:
                return httpx.get(f"{self.api}/health", timeout=5).is_success
            except httpx.HTTPError:
                return False

        wait_until(answers, "Prefect's server answers")

    def earmark(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "app.cli.main", *arguments],
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def ask_nothing(self, method: str, path: str, body: Any) -> None:
        """Send what is answered with nothing."""
        httpx.request(method, f"{self.api}{path}", json=body, timeout=60).raise_for_status()

    def has_run(self, run_id: str) -> bool:
        return httpx.get(f"{self.api}/flow_runs/{run_id}", timeout=60).status_code != httpx.codes.NOT_FOUND

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Return what the server answers; asked again after 503: its own database was busy."""
        for wait_s in (1, 2, 4, 8, None):
            answer = httpx.request(method, f"{self.api}{path}", json=body, timeout=60)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE or wait_s is None:
                break
            time.sleep(wait_s)
        answer.raise_for_status()
        return answer.json()

    def deployment_id(self, name: str) -> str:
        found: str = self.ask("GET", f"/deployments/name/{name}")["id"]
        return found

    def run_now(self, deployment_id: str) -> str:
        """Have a deployment run without waiting for its schedule; return the run's id."""
        run: str = self.ask("POST", f"/deployments/{deployment_id}/create_flow_run", {})["id"]
        return run

    def running(self, deployment_id: str) -> int:
        """Return how many runs of a deployment have begun and not ended."""
        of_it = {"deployments": {"id": {"any_": [deployment_id]}}}
        at_work = {"flow_runs": {"state": {"type": {"any_": ["RUNNING"]}}}}
        count: int = self.ask("POST", "/flow_runs/count", {**of_it, **at_work})
        return count

    def stop(self) -> None:
        """End everything, the newest first, with the processes that they started."""
        for process in reversed(self.processes):
            kill_tree(process)


def descendants(pid: int) -> set[int]:
    """Return the ids of the processes that a process started, and of those that they started."""
    children: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = status.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        children.setdefault(int(after_name[1]), []).append(int(status.parent.name))
    found: set[int] = set()
    look_at = [pid]
    while look_at:
        new = set(children.get(look_at.pop(), [])) - found
        found |= new
        look_at += new
    return found


def kill_tree(process: subprocess.Popen[bytes]) -> None:
    """Kill a process that this one started and all below it, none of which can clean up."""
    below = descendants(process.pid) if process.poll() is None else set()
    for pid in (process.pid, *sorted(below)) if process.poll() is None else sorted(below):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    process.wait(ENDS_WITHIN_S)
