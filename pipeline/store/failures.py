"""Calls that a step failed on, with the reason. A call has at most one failure; success clears it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from pipeline.logs import log_event
from pipeline.store.stale import mark_stale
from pipeline.store.tables import failures, recordings
from pipeline.store.upsert import insert_statement
from pipeline.store.waiting import clear_waiting


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """Why a call is not scored.

    Attributes:
        reason: Fit for a user; holds no words of the call.
        failed_at: When it was last tried.
        tries: How often it was tried since it last went through.
    """

    call_id: str
    step: str
    reason: str
    failed_at: datetime
    tries: int


def put_failure(connection: Connection, call_id: str, *, step: str, reason: str, now: datetime, tries: int = 1) -> None:
    """Keep why a step failed on a call; replaces an earlier failure of that call, whose tries are counted on.

    The call waits no longer. Of a call that is gone nothing is kept.

    Args:
        connection: Where to write.
        call_id: The call.
        step: What failed.
        reason: Fit for a user, without words of the call.
        now: When it was last tried.
        tries: How often it was tried this time.
    """
    if connection.scalar(select(recordings.c.call_id).where(recordings.c.call_id == call_id)) is None:
        return
    row = {"call_id": call_id, "step": step, "reason": reason, "failed_at": now}
    statement = insert_statement(connection, failures).values(**row, tries=tries)
    counted = {**row, "tries": failures.c.tries + tries}
    connection.execute(statement.on_conflict_do_update(index_elements=[failures.c.call_id], set_=counted))
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
    return Failure(call_id=row.call_id, step=row.step, reason=row.reason, failed_at=row.failed_at, tries=row.tries)


def failed_calls(connection: Connection) -> list[str]:
    """Return the ids of the calls that failed in processing, in the order in which they did."""
    return list(connection.scalars(select(failures.c.call_id).order_by(failures.c.failed_at, failures.c.call_id)))
