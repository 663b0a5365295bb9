"""Which names the stored calls bear: what a filter may ask for."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import Connection, select

from pipeline.store.tables import recordings, scores

Subject = Literal["queue", "team", "agent", "rubric"]

_COLUMNS = {
    "queue": recordings.c.queue,
    "team": recordings.c.team,
    "agent": recordings.c.agent_id,
    "rubric": scores.c.rubric_id,
}


def known_names(connection: Connection, subject: Subject) -> set[str]:
    """Return every queue, team or agent that a stored call bears, or every rubric that has scored one."""
    column = _COLUMNS[subject]
    return set(connection.scalars(select(column).distinct().where(column.is_not(None))))
