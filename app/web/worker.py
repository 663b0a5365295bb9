"""One thread beside requests that does what it is given, one after the other."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable

from app.web.site import Site

log = logging.getLogger("earmark.web")


class Worker:
    """A thread that lives as long as there is something to do; a fault in one thing stops no other."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._todo: deque[Callable[[], None]] = deque()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def put(self, do: Callable[[], None]) -> None:
        """Have something done after all that waits already."""
        with self._lock:
            self._todo.append(do)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._todo:
                    self._thread = None
                    return
                do = self._todo.popleft()
            try:
                do()
            except Exception as error:  # noqa: BLE001 - its text may hold words of a call
                log.warning("%s: %s", self._name, type(error).__name__)


def worker_of(site: Site, name: str) -> Worker:
    """Return a site's worker of a name, which begins with the first thing that it is given."""
    worker: Worker = site.kept.setdefault(("worker", name), Worker(name))
    return worker
