"""What goes on beside requests: each job again and again, in a thread of its own; a fault of one stops nothing."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.web.site import Site

log = logging.getLogger("earmark.web")


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """Something that is done every so often.

    Attributes:
        run: Does it once; tells whether there is more to do at once.
    """

    name: str
    every_s: float
    run: Callable[[Site], bool]


class Background:
    """The threads of all jobs."""

    def __init__(self, site: Site, jobs: Sequence[Job]) -> None:
        self._site = site
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._repeat, args=(job,), name=job.name, daemon=True) for job in jobs]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let every job end what it is at; wait a little."""
        self._ended.set()
        for thread in self._threads:
            thread.join(timeout=5)

    def _repeat(self, job: Job) -> None:
        while not self._ended.is_set():
            more = False
            try:
                more = job.run(self._site)
            except Exception as error:  # noqa: BLE001 - it is tried again; its text may hold words of a call
                log.warning("%s: %s; it is tried again", job.name, type(error).__name__)
            self._ended.wait(0.01 if more else job.every_s)
