"""The steps of one call: each is done once, and its result kept under the hash of its inputs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from pipeline.logs import duration_ms, is_logged, log_event
from pipeline.records import Recording
from pipeline.store.database import Store
from pipeline.store.steps import get_step, put_step

Now = Callable[[], datetime]
Result = TypeVar("Result")


class Steps:
    """Does each step of one call once, and remembers which had to be done."""

    def __init__(self, recording: Recording, store: Store, now: Now) -> None:
        self.done: list[str] = []
        self._recording, self._store, self._now = recording, store, now

    def once(self, step: str, key: str, kind: type[Result], make: Callable[[], Result]) -> Result:
        """Return what is stored under the key; where nothing is, make it and store it."""
        with self._store.read() as connection:
            stored = get_step(connection, key, kind)
        if stored is not None:
            return stored
        began = self._now() if is_logged() else None
        made = make()
        self.done.append(step)
        if began is not None:
            took = duration_ms(began, self._now())
            log_event("step_done", call_id=self._recording.call_id, step=step, duration_ms=took)
        with self._store.begin() as connection:  # another process may have stored its own meanwhile: that one counts
            call_id = self._recording.call_id
            return put_step(connection, key, call_id=call_id, step=step, record=made, now=self._now())
