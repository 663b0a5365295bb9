"""The teams and queues that calls name."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import Connection, select

from pipeline.records import Scope
from pipeline.store.tables import recordings


def subjects_in_scope(connection: Connection, what: Literal["team", "queue"], scope: Scope) -> tuple[str, ...]:
    """Return all teams or queues of the calls that somebody may see, in order of name."""
    column = recordings.c[what]
    statement = select(column).where(column.is_not(None)).distinct().order_by(column)
    if scope.agent_id is not None:
        statement = statement.where(recordings.c.agent_id == scope.agent_id)
    if scope.teams is not None:
        statement = statement.where(recordings.c.team.in_(scope.teams))
    return tuple(connection.scalars(statement))
