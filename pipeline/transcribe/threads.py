"""How many CPU threads recognition may take."""

from __future__ import annotations

import os


def thread_count(configured: int) -> int:
    """Return the configured number, or for 0 all cores that this process may use (fewer in a container)."""
    if configured:
        return configured
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
