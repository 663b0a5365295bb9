"""Prefect's surroundings for a run in this process: its data in the workspace, a quiet terminal, no calls home."""

from __future__ import annotations

import os
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from flows.empty_database import keep_empty_database, put_empty_database
from flows.run_lock import LOCK
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
def prefect_server(workspace: Path, *, models_dir: Path, scheduling: bool = False) -> Iterator[Callable[[], None]]:
    """Give Prefect a server for as long as the block lasts: the user's, or a temporary one in the workspace.

    Prefect reads its settings when it is imported, so this comes before the first import of prefect. What the user has
    set is left alone; with ``PREFECT_API_URL`` set, that server is used.

    Args:
        workspace: Prefect's own data go into its folder ``prefect``.
        models_dir: Prefect's empty database is kept there for new workspaces.
        scheduling: Whether a temporary server has to start scheduled runs.

    Yields:
        A function that waits until the server answers; a temporary one takes seconds to start, in which there may be
        other things to do. It raises ServerError where the server does not start.

    Raises:
        ServerError: The user's server does not answer, or the workspace is in use or cannot be written.
    """
    folder = workspace.resolve() / "prefect"
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in {"PREFECT_HOME": str(folder), **_QUIET}.items():
        os.environ.setdefault(name, value)
    if os.environ.get(API_URL):
        require_answer(os.environ[API_URL])
        yield lambda: None
        return
    # Two temporary servers cannot share one folder, and two runs of one workspace would do the same work.
    lock = FileLock(workspace.resolve() / LOCK, blocking=False)
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
    database = folder / "prefect.db"
    with lock, ExitStack() as settings:
        is_new = _is_used(database) and not database.exists() and not put_empty_database(database, models_dir)
        with temporary_server(folder / "server.log", scheduling=scheduling) as wait_until_healthy:

            def wait() -> None:
                wait_until_healthy()
                if is_new:
                    keep_empty_database(database, models_dir)
                if not scheduling:
                    settings.enter_context(_without_heartbeats())

            yield wait


def _is_used(database: Path) -> bool:
    """Tell whether Prefect will keep its data in this file: a user may have named another place."""
    named = ("PREFECT_API_DATABASE_", "PREFECT_SERVER_DATABASE_")
    return os.environ["PREFECT_HOME"] == str(database.parent) and not any(name.startswith(named) for name in os.environ)


@contextmanager
def _without_heartbeats() -> Iterator[None]:
    """Keep flows from telling that they are alive: nobody asks, and each would wait up to a second to stop telling."""
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings  # noqa: PLC0415 (see above)

    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
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


def require_answer(address: str) -> None:
    """Look whether the server that the user named answers.

    Raises:
        ServerError: It does not.
    """
    try:
        with urllib.request.urlopen(f"{address.rstrip('/')}/health", timeout=10):  # noqa: S310 (the address is the operator's own)
            return
    except (OSError, ValueError) as error:
        raise ServerError(
            f"no Prefect server answers at {API_URL} ({type(error).__name__}); start it, or unset the variable"
        ) from None
