"""Prefect's surroundings for a run in this process: its data in the workspace, a quiet terminal, no calls home."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flows.temporary_server import API_URL, temporary_server

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
    for name, value in {"PREFECT_HOME": str(folder), **_QUIET}.items():
        os.environ.setdefault(name, value)
    if os.environ.get(API_URL):
        yield
        return
    # A server that ends with the run cannot be asked for its logs; sending them would outlast it.
    os.environ.setdefault("PREFECT_LOGGING_TO_API_ENABLED", "false")
    with temporary_server(folder / "server.log", scheduling=scheduling):
        yield
