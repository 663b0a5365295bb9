"""The steps of one call: each is done once, and its result kept under the hash of its inputs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from pipeline.logs import duration_ms, is_logged, log_event
from pipeline.records import Recording
from pipeline.store.database import Store
from pipeline.store.steps import get_step, hold_call, put_step

Now = Callable[[], datetime]
Result = TypeVar("Result")


class Steps:
    """Does each step of one call once, and remembers which had to be done."""

    def __init__(self, recording: Recording, store: Store, now: Now) -> None:
        self.done: list[str] = []
        self._recording, self._store, self._now = recording, store, now

    def once(
        self,
        step: str,
        key: str,
        kind: type[Result],
        make: Callable[[], Result],
        *,
        beside: Callable[[], None] | None = None,
    ) -> Result:
        """Return what is stored under the key; where nothing is, make it and store it.

        Args:
            step: Its name.
            key: Hash of its inputs.
            kind: What it makes.
            make: Does it.
            beside: Writes what is kept of it in a file: while nobody can delete the call, and never for one that is
                gone, since who deletes it would not know of the file.

        Raises:
            sqlalchemy.exc.IntegrityError: The call was deleted meanwhile.
        """
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
            if beside is not None:
                hold_call(connection, call_id)
            stored = put_step(connection, key, call_id=call_id, step=step, record=made, now=self._now())
            if beside is not None:
                beside()
            return stored
