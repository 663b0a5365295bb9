"""The console's pages with a million calls in PostgreSQL: asked for over HTTP as `benchmarks.console` does."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from benchmarks.capacity.million import Loaded, load
from benchmarks.console import ADDRESSES, PORT, REQUESTS, SETTLE_S, Measured, measure, page_table, served

SERVER_OPTIONS = (
    "shared_buffers=2GB",
    "effective_cache_size=8GB",
    "work_mem=32MB",
    "random_page_cost=1.1",
    "max_wal_size=8GB",
    "wal_level=minimal",
    "max_wal_senders=0",
    "jit=off",
)
"""What an operator gives a server of a few million calls with 8 GB (docs/capacity.md), and what makes loading quick."""


def measured_pages(url: str, calls: int, scratch: Path, *, only: str = "") -> tuple[Loaded, list[Measured]]:
    """Load a new database and ask for each page once, and then again and again.

    Args:
        url: A new PostgreSQL database.
        calls: How many to load.
        scratch: An empty folder.
        only: Measure addresses that hold this.
    """
    loaded = load(url, calls)
    os.environ["EARMARK_DATABASE_URL"] = url  # the console's process reads it
    chosen = [address for address in ADDRESSES if only in address.path]
    with served(scratch, PORT) as server:
        return loaded, measure(chosen, PORT, SETTLE_S, server)


def page_section(loaded: Loaded, measured: Sequence[Measured], stamp: str) -> str:
    """Return the part of the page."""
    lines = [
        f"Made with `python -m benchmarks.capacity console --calls {loaded.calls}`. On {stamp}.",
        "",
        loaded.told(),
        f"PostgreSQL with {', '.join(f'`{option}`' for option in SERVER_OPTIONS)} and without waiting for the disk",
        "(`fsync=off`, which loading gains by and reading does not), on the same machine as the console.",
        f"Each page is asked for once after the start, then {REQUESTS} times when what is counted beside requests had",
        "been counted. Milliseconds to the last byte; `processor` is the console's own work, without the database's.",
        "",
        *page_table(measured),
    ]
    return "\n".join(lines)
