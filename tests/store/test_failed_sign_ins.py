"""Wrong passwords, counted and noted in one step."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from pipeline.store.database import Store
from pipeline.store.people import failed_sign_in_count, hold_failed_sign_ins, note_failed_sign_in

NOW = datetime(2026, 11, 1, tzinfo=UTC)
MOST = 3


def test_as_many_attempts_as_allowed_get_through_however_many_come_at_once(store: Store) -> None:
    def attempt(number: int) -> bool:
        keys = ["name", "address"] if number % 2 else ["address", "name"]  # in whatever order: none waits for ever
        with store.begin() as connection:
            hold_failed_sign_ins(connection, keys)
            if failed_sign_in_count(connection, "name", NOW) >= MOST:
                return False
            time.sleep(0.02)
            note_failed_sign_in(connection, keys, NOW)
            return True

    with ThreadPoolExecutor(8) as pool:
        through = list(pool.map(attempt, range(16)))
    assert through.count(True) == MOST
    with store.read() as connection:
        assert failed_sign_in_count(connection, "name", NOW) == MOST
