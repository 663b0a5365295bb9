"""Tell whether the recordings that a database names are where it says."""

from __future__ import annotations

import os

from sqlalchemy import select

from pipeline.records import NO_SOUND
from pipeline.store.engine import make_engine, parse_url, reading
from pipeline.store.tables import recordings
from pipeline.store.unusable import as_store_errors


def media_present(store_url: str) -> tuple[int, list[str]]:
    """Return how many recordings a database names, and the ids of the calls whose file is not where it says.

    Only paths are looked at, not URLs: what holds those keeps its own back-ups.

    Raises:
        StoreError: The database cannot be read.
    """
    engine = make_engine(parse_url(store_url))  # not a store: no key is needed to know where files are
    try:
        with as_store_errors(engine.url), reading(engine) as connection:
            named = select(recordings.c.call_id, recordings.c.media_uri).where(recordings.c.media_uri != NO_SOUND)
            rows = connection.execute(named).all()
    finally:
        engine.dispose()
    gone = [row.call_id for row in rows if "://" not in row.media_uri and not os.path.lexists(row.media_uri)]
    return len(rows), gone
