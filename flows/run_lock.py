"""Whether a run is at work in a workspace, as its lock tells."""

from __future__ import annotations

import fcntl
from pathlib import Path

LOCK = Path("prefect") / "run.lock"
"""In a workspace; whoever starts Prefect's temporary server there holds it."""


def run_is_at_work(workspace: Path) -> bool:
    """Tell whether a run or schedule of this machine holds the workspace's lock.

    Runs on a Prefect server of the user's own take no lock. Nothing is written, and the lock is shared only while it is
    tried, so that a run that begins in the same moment is not the one that has to wait.
    """
    try:
        with (workspace / LOCK).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
