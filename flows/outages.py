"""Work that outlasts a database that goes away for a while: it is done again when the database is back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from pipeline.config import RunSettings
from pipeline.errors import StoreError
from pipeline.store.database import Store

Result = TypeVar("Result")

LONGEST_PAUSE_S = 30.0


@dataclass(frozen=True, kw_only=True)
class Lasting:
    """Does things with a database, and does them again where it was away.

    Attributes:
        store: The database.
        settings: How long it may be away, and how often a fault that is none of that is tried again.
        stop: Ends every pause: whoever waits then gives up.
    """

    store: Store
    settings: RunSettings
    stop: threading.Event

    def do(self, work: Callable[[], Result]) -> Result:
        """Return what some work gives, which may be done several times: it changes the database in transactions.

        Raises:
            StoreError: The database is away for longer than ``run.outage_s``, or it answers and yet the work cannot be
                done; `Store.answers` tells which.
        """
        tries = 0
        while True:
            try:
                return work()
            except StoreError:
                if not self._was_away():
                    if tries == self.settings.retries or self.stop.wait(self.settings.retry_delay_s * 2**tries):
                        raise
                    tries += 1
                elif self.stop.is_set() or not self.store.answers():
                    raise

    def _was_away(self) -> bool:
        """Wait for the database; False where it answers at once, so that the fault is another."""
        until = time.monotonic() + self.settings.outage_s
        pause_s = 0.5
        was_away = False
        while not self.store.answers():
            was_away = True
            if time.monotonic() > until or self.stop.wait(pause_s):
                break
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
        return was_away
