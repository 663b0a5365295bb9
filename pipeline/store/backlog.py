"""What is still to be done, and what did not go through: small answers about a million calls, for whoever watches.

Nothing here goes through all calls: what waits has rows of its own (`pipeline.store.claims`), counted in their index.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, text

from pipeline.store.claim_tables import call_claims
from pipeline.store.claims import database_now
from pipeline.store.tables import failures, files, recordings

MOST_MEASURED = 10_000
"""The length of a longer backlog is reckoned from so many of its calls: a year of calls is not read to tell hours."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Running:
    """Calls that a worker has: it holds a lease on them that has not run out."""

    worker: str
    calls: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Backlog:
    """Calls that were taken in and have neither a score nor a failure.

    Attributes:
        fresh: Fresh calls that no worker has.
        backfill: Old calls that no worker has.
        running: Those that workers have, by worker.
        audio_ms: About how long all of them are together, those with workers too.
        fresh_since: Since when the fresh call waits that waits longest, with a worker or without; None: there is none.
        backfill_since: The same of old calls.
    """

    fresh: int = 0
    backfill: int = 0
    running: tuple[Running, ...] = ()
    audio_ms: int = 0
    fresh_since: datetime | None = None
    backfill_since: datetime | None = None

    @property
    def waiting(self) -> int:
        """Calls that no worker has."""
        return self.fresh + self.backfill

    @property
    def in_work(self) -> int:
        """Calls that workers have."""
        return sum(each.calls for each in self.running)


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """How many of a kind there are."""

    kind: str
    count: int


def read_backlog(connection: Connection) -> Backlog:
    """Return what is to be done; leases are judged by the database's own clock, as workers judge them."""
    one, number = call_claims.c, func.count()
    by_kind = select(one.backfill, number.label("number"), func.min(one.waiting_since).label("since"))
    kinds: dict[bool, Any] = {row.backfill: row for row in connection.execute(by_kind.group_by(one.backfill))}
    leased = (one.claimed_by.is_not(None), one.until > database_now(connection))
    by_worker = select(one.claimed_by, one.backfill, number.label("number")).where(*leased)
    running: dict[str, int] = {}
    taken = {False: 0, True: 0}
    for row in connection.execute(by_worker.group_by(one.claimed_by, one.backfill).order_by(one.claimed_by)):
        running[row.claimed_by] = running.get(row.claimed_by, 0) + row.number
        taken[row.backfill] += row.number
    in_all = sum(kind.number for kind in kinds.values())
    return Backlog(
        fresh=kinds[False].number - taken[False] if False in kinds else 0,
        backfill=kinds[True].number - taken[True] if True in kinds else 0,
        running=tuple(Running(worker=worker, calls=calls) for worker, calls in running.items()),
        audio_ms=_audio_ms(connection, in_all),
        fresh_since=kinds[False].since if False in kinds else None,
        backfill_since=kinds[True].since if True in kinds else None,
    )


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


def _audio_ms(connection: Connection, in_all: int) -> int:
    """Return how long so many waiting calls are together, or about so, from those that are done next."""
    if not in_all:
        return 0
    one = call_claims.c
    next_ones = select(one.call_id).order_by(one.backfill, one.waiting_since).limit(MOST_MEASURED).subquery()
    mean = select(func.avg(recordings.c.duration_ms)).join(next_ones, next_ones.c.call_id == recordings.c.call_id)
    return round(float(connection.scalar(mean) or 0) * in_all)


def _rows_of_failures(connection: Connection) -> int:
    return int(connection.scalar(select(func.count()).select_from(failures)) or 0)
