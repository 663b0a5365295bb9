"""Prefect's API server for as long as one run lasts, on loopback.

Prefect starts such a server by itself, but leaves it running when the run is killed, and lets it print a traceback
when the run ends. This one ends with its parent, however that ends: its standard input closes.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import ServerError

START_TIMEOUT_S = 120
API_URL = "PREFECT_API_URL"

_FOR_ONE_RUN = {
    "PREFECT__SERVER_EPHEMERAL": "1",
    # Block types (stored configuration, which no run of Earmark reads) take seconds to write into a new database. What
    # Prefect remembers of having written them must not be written either: a server with a schedule would believe it.
    "PREFECT_SERVER_REGISTER_BLOCKS_ON_START": "false",
    "PREFECT_SERVER_MEMOIZE_BLOCK_AUTO_REGISTRATION": "false",
}


@contextmanager
def temporary_server(log_file: Path, *, scheduling: bool) -> Iterator[Callable[[], None]]:
    """Start a server, point Prefect to it, and end it with the block.

    Prefect reads ``PREFECT_API_URL`` when it is imported, so this comes before the first import of prefect.

    Args:
        log_file: What the server prints goes there; a new run overwrites it.
        scheduling: Whether the server has to start scheduled runs; a run of its own needs none of these services.

    Yields:
        A function that waits until the server answers, and raises ServerError where it does not in time.
    """
    log_file.parent.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    # What Prefect sets for a temporary server of its own: no UI, and a memory that is built up once.
    environment = {**os.environ, "PREFECT_UI_ENABLED": "0", "PREFECT__SERVER_FINAL": "1"}
    if not scheduling:
        environment = {**_FOR_ONE_RUN, **environment}
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "flows.temporary_server", str(port)],  # -P: never code of the current folder
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            env=environment,
            start_new_session=True,  # Ctrl-C is for the run, which needs the server until its own end
        )
    address = f"http://127.0.0.1:{port}/api"
    os.environ[API_URL] = address
    try:
        yield lambda: _wait_until_healthy(address, process, log_file)
    finally:
        del os.environ[API_URL]
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_healthy(address: str, process: subprocess.Popen[bytes], log_file: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=5):  # noqa: S310 (loopback)
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise ServerError(f"Prefect's temporary server did not start; what it printed is in {log_file}")


def _end_with_parent() -> None:
    """End this process when standard input closes, which happens when the parent ends in whatever way."""
    sys.stdin.buffer.read()
    os._exit(0)  # the run is over: its tasks' last events are flushed by the client, there is nothing to wait for


def serve(port: int) -> None:
    """Serve Prefect's API on loopback until the parent ends."""
    import uvicorn  # noqa: PLC0415
    from prefect.server.api.server import create_app  # noqa: PLC0415

    threading.Thread(target=_end_with_parent, daemon=True).start()
    uvicorn.run(create_app(), host="127.0.0.1", port=port, log_level="error")


if __name__ == "__main__":
    serve(int(sys.argv[1]))
