"""Who was given which call to hear. Rows are only ever added: the latest of a call counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from pipeline.store.console_tables import assignments
from pipeline.store.stale import mark_stale
from pipeline.store.upsert import insert_new


@dataclass(frozen=True, kw_only=True, slots=True)
class Assignment:
    """A call was given to somebody by the name of their account, or to nobody any more (None)."""

    assignment_id: str
    call_id: str
    assigned_to: str | None
    assigned_by: str
    assigned_at: datetime


def put_assignment(connection: Connection, assignment: Assignment) -> bool:
    """Keep to whom a call was given, and tell whether that was new."""
    mark_stale(connection, [assignment.call_id])
    return insert_new(connection, assignments, asdict(assignment))


def assignments_of_call(connection: Connection, call_id: str) -> Sequence[Assignment]:
    """Return to whom a call was given, oldest first; the last one counts."""
    column = assignments.c
    of_call = select(assignments).where(column.call_id == call_id).order_by(column.assigned_at, column.assignment_id)
    return [Assignment(**row) for row in connection.execute(of_call).mappings()]
