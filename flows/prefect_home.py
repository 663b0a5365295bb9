"""Prefect's surroundings for a run in this process: its data in the workspace, a quiet terminal, no calls home."""

from __future__ import annotations

import os
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from flows.temporary_server import API_URL, temporary_server
from pipeline.errors import ServerError

_QUIET = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_INTERNAL_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_CLI_PROMPT": "false",
}


@contextmanager
def prefect_server(workspace: Path, *, scheduling: bool = False) -> Iterator[None]:
    """Give Prefect a server for as long as the block lasts: the user's, or a temporary one in the workspace.

    Prefect reads its settings when it is imported, so this comes before the first import of prefect. What the user has
    set is left alone; with ``PREFECT_API_URL`` set, that server is used.

    Args:
        workspace: Prefect's own data go into its folder ``prefect``.
        scheduling: Whether a temporary server has to start scheduled runs.

    Raises:
        ServerError: The temporary server does not start.
    """
    folder = workspace.resolve() / "prefect"
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in {"PREFECT_HOME": str(folder), **_QUIET}.items():
        os.environ.setdefault(name, value)
    if os.environ.get(API_URL):
        _require_answer(os.environ[API_URL])
        yield
        return
    # Two temporary servers cannot share one folder, and two runs of one workspace would do the same work.
    lock = FileLock(folder / "run.lock", blocking=False)
    try:
        lock.acquire()
    except Timeout:
        raise ServerError(
            f"another run is at work in workspace {workspace}; wait for it, or take another --workspace"
        ) from None
    except OSError as error:
        raise ServerError(f"workspace {workspace} cannot be written ({error.strerror})") from None
    # A server that ends with the run cannot be asked for its logs; sending them would outlast it.
    os.environ.setdefault("PREFECT_LOGGING_TO_API_ENABLED", "false")
    # A server on this machine that does not answer is gone: no minutes of asking again.
    os.environ.setdefault("PREFECT_CLIENT_MAX_RETRIES", "2")
    with lock, temporary_server(folder / "server.log", scheduling=scheduling):
        yield


@contextmanager
def told_as_server_error() -> Iterator[None]:
    """Turn what Prefect raises when its server is gone or fails into an error that says what to do.

    Raises:
        ServerError: The server could not be reached, or could not do what it was asked.
    """
    import httpx  # noqa: PLC0415 (comes with Prefect, and is loaded with it)
    from prefect.exceptions import PrefectException  # noqa: PLC0415

    try:
        yield
    except (httpx.HTTPError, PrefectException, RuntimeError) as error:
        raise ServerError(
            f"Prefect's server failed during the run ({type(error).__name__}): is the disk full, or was the server "
            "ended? What was finished is stored; run again"
        ) from None


def _require_answer(address: str) -> None:
    try:
        with urllib.request.urlopen(f"{address.rstrip('/')}/health", timeout=10):  # noqa: S310 (the address is the operator's own)
            return
    except (OSError, ValueError) as error:
        raise ServerError(
            f"no Prefect server answers at {API_URL} ({type(error).__name__}); start it, or unset the variable"
        ) from None
