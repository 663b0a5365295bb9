"""Calls that wait to be processed: noted with the call, forgotten with its score or its failure.

Both happen in the transaction that writes the call, the score or the failure, so that the queue never tells anything
else than the tables that it is made of.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from pipeline.store.claim_tables import call_claims
from pipeline.store.tables import recordings
from pipeline.store.upsert import insert_new
from pipeline.store.wanted_calls import in_batches

FRESH_FOR = timedelta(days=3)
"""A call that is older when it is taken in is backfill. What is exported once a night is fresh, over a weekend too."""


def put_waiting(connection: Connection, call_id: str, *, started_at: datetime | None, now: datetime) -> None:
    """Let a call wait for a worker, unless it does so already.

    Args:
        connection: A transaction that writes.
        call_id: A call that was taken in.
        started_at: When it began, which tells whether it is fresh; one of unknown time is.
        now: The time.
    """
    is_old = started_at is not None and now - started_at > FRESH_FOR
    row = {"call_id": call_id, "backfill": is_old, "waiting_since": now, "attempts": 0}
    insert_new(connection, call_claims, row)


def wait_again(connection: Connection, call_ids: Iterable[str], *, now: datetime) -> None:
    """Let calls wait for a worker once more: those that failed. Whoever calls this clears the failures."""
    for some in in_batches(sorted(set(call_ids))):
        known = select(recordings.c.call_id, recordings.c.started_at).where(recordings.c.call_id.in_(some))
        for row in connection.execute(known.order_by(recordings.c.call_id)).all():
            put_waiting(connection, row.call_id, started_at=row.started_at, now=now)


def clear_waiting(connection: Connection, call_id: str) -> None:
    """Forget that a call waits, and who has it: it has a score now, or a failure."""
    connection.execute(delete(call_claims).where(call_claims.c.call_id == call_id))
