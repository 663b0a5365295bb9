"""Read a workspace's situation at the edge: its disk, its lock, the clock."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

from pipeline.config import Settings
from pipeline.store.database import Store
from pipeline.store.throughput import Done
from pipeline.watching.situation import Situation, read_situation


def situation_of(settings: Settings, store: Store, *, now: datetime, day: Done | None = None) -> Situation:
    """Return how a workspace is getting on; `day` is as `read_situation` takes it.

    Raises:
        StoreError: The database cannot be read.
    """
    return read_situation(store, now=now, free_bytes=free_bytes(settings.workspace), day=day)


def free_bytes(folder: Path) -> int | None:
    """Return the room on the disk of a folder, or of the one that it will be made in; None where it cannot be told."""
    try:
        there = next(each for each in (folder.resolve(), *folder.resolve().parents) if each.exists())
        return shutil.disk_usage(there).free
    except OSError:
        return None
