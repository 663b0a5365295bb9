"""Have what was deleted or overwritten leave a SQLite database's files, which keep it in free pages for a while."""

from __future__ import annotations

import sqlite3
from typing import Any, cast

from pipeline.store.database import Store
from pipeline.store.search_index import TURN_INDEX


def scrub(store: Store) -> bool:
    """Write the database anew without what was there before; False where somebody else uses it, or the disk is full.

    It takes as long as to copy the file, and as much room. PostgreSQL does this by itself (autovacuum), page by page.
    """
    if store.engine.dialect.name != "sqlite":
        return True
    connection = store.engine.raw_connection()
    try:
        cursor = cast(Any, connection.cursor())
        cursor.execute("PRAGMA query_only = OFF")  # the connection may have read before
        # search keeps what was deleted, marked as deleted, until it merges its parts
        cursor.execute(f"INSERT INTO {TURN_INDEX} ({TURN_INDEX}) VALUES ('optimize')")  # noqa: S608
        cursor.execute("VACUUM")
        busy, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.OperationalError:
        return False
    finally:
        connection.close()
    return not busy
