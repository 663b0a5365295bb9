"""Calls that a step failed on, with the reason. A call has at most one failure; success clears it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from pipeline.logs import log_event
from pipeline.store.stale import mark_stale
from pipeline.store.tables import failures, recordings
from pipeline.store.upsert import insert_or_replace
from pipeline.store.waiting import clear_waiting


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """Why a call is not scored. ``reason`` is fit for a user and holds no words of the call."""

    call_id: str
    step: str
    reason: str
    failed_at: datetime


def put_failure(connection: Connection, call_id: str, *, step: str, reason: str, now: datetime) -> None:
    """Keep why a step failed on a call; replaces an earlier failure of that call, which waits no longer.

    Of a call that is gone nothing is kept.
    """
    if connection.scalar(select(recordings.c.call_id).where(recordings.c.call_id == call_id)) is None:
        return
    row = {"call_id": call_id, "step": step, "reason": reason, "failed_at": now}
    insert_or_replace(connection, failures, row)
    clear_waiting(connection, call_id)
    mark_stale(connection, [call_id])
    log_event("call_failed", call_id=call_id, step=step)  # the reason may name a path


def clear_failure(connection: Connection, call_id: str) -> None:
    """Forget a call's failure, if it has one: the call went through."""
    if connection.execute(delete(failures).where(failures.c.call_id == call_id)).rowcount:
        mark_stale(connection, [call_id])


def get_failure(connection: Connection, call_id: str) -> Failure | None:
    """Return a call's failure, or None where its last run went through."""
    row = connection.execute(select(failures).where(failures.c.call_id == call_id)).first()
    if row is None:
        return None
    return Failure(call_id=row.call_id, step=row.step, reason=row.reason, failed_at=row.failed_at)


def failed_calls(connection: Connection) -> list[str]:
    """Return the ids of the calls that failed in processing, in the order in which they did."""
    return list(connection.scalars(select(failures.c.call_id).order_by(failures.c.failed_at, failures.c.call_id)))
