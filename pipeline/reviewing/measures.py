"""Measures of calls brought up to date where nothing else did: without a console nobody refreshes what is derived."""

from __future__ import annotations

from pipeline.store.call_measures import measure_calls, unmeasured_calls
from pipeline.store.database import Store
from pipeline.store.wanted_calls import in_batches


def fill_measures(store: Store) -> int:
    """Make the measures that are missing or of other facts than the current score; return of how many calls.

    Some hundred at a time: nobody else can write to SQLite meanwhile.
    """
    with store.read() as connection:
        call_ids = unmeasured_calls(connection)
    made = 0
    for some in in_batches(call_ids):
        with store.begin() as connection:
            made += measure_calls(connection, some)
    return made
