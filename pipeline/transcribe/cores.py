"""The machine's cores, shared by all processes that recognise speech: whoever computes holds a core.

Two workers that each take all cores are slower than one. A core is a lock on a file, which the system frees when the
process that holds it ends, however it ends.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

_LOOK_AGAIN_S = 0.01


def core_count(configured: int) -> int:
    """Return the configured number, or for 0 all cores that this process may use (fewer in a container)."""
    if configured:
        return configured
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Cores:
    """As many cores as the machine has, or as settings allow; one object per process."""

    def __init__(self, folder: Path, count: int) -> None:
        """Share ``count`` cores with all processes that name the same folder, which is made when first needed."""
        self.count = count
        self._folder = folder

    @contextmanager
    def hold(self, wanted: int = 1) -> Iterator[None]:
        """Wait until so many cores are free and keep them for the body.

        Where the folder cannot be written to, nobody waits for anybody.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            yield
            return
        with ExitStack() as held:
            self._take(held, min(wanted, self.count))
            yield

    def _take(self, held: ExitStack, wanted: int) -> None:
        """Take any core, or several in ascending order: two who want several never wait for each other."""
        first = 0
        for remaining in range(wanted, 0, -1):
            choice = range(first, self.count - remaining + 1)
            first = self._take_one(held, choice) + 1

    def _take_one(self, held: ExitStack, choice: range) -> int:
        while True:
            for number in choice:
                lock = FileLock(self._folder / f"core-{number}.lock", timeout=0)
                try:
                    held.enter_context(lock)
                except Timeout:
                    continue
                except OSError:  # no locks on this file system
                    return number
                return number
            time.sleep(_LOOK_AGAIN_S)
