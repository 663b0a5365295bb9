"""What is still to be done, and what did not go through: small answers about a million calls, for whoever watches.

Nothing here goes through all calls in the usual case: rows of whole tables are counted in indexes, and calls that wait
are looked for among the newest first, only until as many were found as there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, exists, func, select, text

from pipeline.store.tables import current_scores, failures, files, recordings


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """Calls that were taken in and have neither a score nor a failure.

    Attributes:
        audio_ms: How long they are together.
        oldest_added_at: When the one was taken in that waits longest; None where none waits.
    """

    calls: int
    audio_ms: int = 0
    oldest_added_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """How many of a kind there are."""

    kind: str
    count: int


def read_waiting(connection: Connection) -> Waiting:
    """Return what waits; a transaction of `Store.read`, so that all is counted at one moment."""
    number = waiting_count(connection)
    if number <= 0:
        return Waiting(calls=0)
    call = recordings.c
    is_scored = exists().where(current_scores.c.call_id == call.call_id)
    has_failed = exists().where(failures.c.call_id == call.call_id)
    # The limit ends the search at the oldest of them: without it, every call up to the first would be looked at.
    waiting = select(call.added_at, call.duration_ms).where(~is_scored, ~has_failed)
    found = waiting.order_by(call.added_at.desc()).limit(number).subquery()
    row = connection.execute(
        select(func.count(), func.coalesce(func.sum(found.c.duration_ms), 0), func.min(found.c.added_at))
    ).one()
    return Waiting(calls=int(row[0]), audio_ms=int(row[1]), oldest_added_at=row[2])


def waiting_count(connection: Connection) -> int:
    """Return how many calls wait, from counts of indexes alone."""
    of_table = [
        int(connection.scalar(select(func.count()).select_from(table)) or 0) for table in (recordings, current_scores)
    ]
    is_scored = exists().where(current_scores.c.call_id == failures.c.call_id)
    failed = int(connection.scalar(select(func.count()).select_from(failures).where(~is_scored)) or 0)
    return of_table[0] - of_table[1] - failed


def failures_by_reason(connection: Connection, *, most: int) -> tuple[list[Counted], int]:
    """Return the commonest reasons for which calls failed, at most so many, and how many calls failed in all."""
    number = func.count()
    by_reason = select(failures.c.reason, number.label("number")).group_by(failures.c.reason)
    commonest = by_reason.order_by(number.desc(), failures.c.reason).limit(most)
    rows = connection.execute(commonest)
    return [Counted(kind=row.reason, count=row.number) for row in rows], _rows_of_failures(connection)


def held_back_by_code(connection: Connection) -> tuple[list[Counted], int]:
    """Return how many files were held back by each defect code, and how many in all; one may have several defects."""
    in_all = connection.scalar(select(func.count()).select_from(files).where(files.c.call_id.is_(None))) or 0
    if not in_all:
        return [], 0
    sqlite = connection.dialect.name == "sqlite"
    rows = connection.execute(text(_CODES_ON_SQLITE if sqlite else _CODES_ON_POSTGRESQL))
    return [Counted(kind=row.code, count=row.number) for row in rows], int(in_all)


_CODES_ON_SQLITE = """
SELECT json_extract(defect.value, '$.code') AS code, count(DISTINCT files.media_uri) AS number
FROM files, json_each(files.defects) AS defect
WHERE files.call_id IS NULL AND json_extract(defect.value, '$.fatal')
GROUP BY 1 ORDER BY 2 DESC, 1
"""
_CODES_ON_POSTGRESQL = """
SELECT defect.value ->> 'code' COLLATE "C" AS code, count(DISTINCT files.media_uri) AS number
FROM files, json_array_elements(CAST(files.defects AS json)) AS defect
WHERE files.call_id IS NULL AND CAST(defect.value ->> 'fatal' AS boolean)
GROUP BY 1 ORDER BY 2 DESC, 1
"""


def _rows_of_failures(connection: Connection) -> int:
    return int(connection.scalar(select(func.count()).select_from(failures)) or 0)
