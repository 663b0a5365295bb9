"""Who was given which call to hear. Rows are only ever added: the latest of a call counts."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection

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
