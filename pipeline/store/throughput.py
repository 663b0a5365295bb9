"""What was done lately: how many calls came in, were scored and failed, and how long a call waited for its score.

A call counts when it gets its first score. What a changed rubric scores again is no call done, and would hide that
nothing new gets through.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Float, Select, and_, case, cast, exists, func, or_, select

from pipeline.store.tables import failures, recordings, scores

QUANTILES = (0.5, 0.95)


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """What happened since an instant.

    Attributes:
        taken_in: Calls that were taken in.
        scored: Calls that got their first score.
        failed: Calls that failed, and stand as failed.
        audio_ms: How long the scored calls are together.
        first_scored_at: When the first of them was scored; None where none was.
        waited_s: From being taken in to the score: median and 95th percentile in seconds; None where none was scored.
        after_end_s: The same from the end of the call; only of calls whose time is known.
    """

    taken_in: int = 0
    scored: int = 0
    failed: int = 0
    audio_ms: int = 0
    first_scored_at: datetime | None = None
    waited_s: tuple[float, float] | None = None
    after_end_s: tuple[float, float] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FirstScore:
    """A call that got its first score. ``after_end_s`` is None where the time of the call is unknown."""

    score_id: str
    made_at: datetime
    duration_ms: int
    waited_s: float
    after_end_s: float | None


def done_since(connection: Connection, since: datetime) -> Done:
    """Return what was done since an instant; reads that part of the calls only."""
    first = _first_scores(connection, since).cte("first_scores")
    column = first.c
    placed = select(
        column.made_at,
        column.duration_ms,
        column.waited_s,
        column.after_end_s,
        func.row_number().over(order_by=column.waited_s).label("waited_place"),
        func.row_number().over(order_by=column.after_end_s.nulls_last()).label("after_end_place"),
        func.count().over().label("of_all"),
        func.count(column.after_end_s).over().label("of_dated"),
    ).cte("placed")
    row = connection.execute(
        select(
            func.count().label("scored"),
            func.coalesce(func.sum(placed.c.duration_ms), 0).label("audio_ms"),
            func.min(placed.c.made_at).label("first_scored_at"),
            *_quantiles(placed.c.waited_s, placed.c.waited_place, placed.c.of_all),
            *_quantiles(placed.c.after_end_s, placed.c.after_end_place, placed.c.of_dated),
        )
    ).one()
    added = select(func.count()).select_from(recordings).where(recordings.c.added_at >= since)
    failed = select(func.count()).select_from(failures).where(failures.c.failed_at >= since)
    return Done(
        taken_in=connection.scalar(added) or 0,
        scored=row.scored,
        failed=connection.scalar(failed) or 0,
        audio_ms=int(row.audio_ms),
        first_scored_at=row.first_scored_at,
        waited_s=_pair(row[3], row[4]),
        after_end_s=_pair(row[5], row[6]),
    )


def first_scores_since(connection: Connection, since: datetime) -> Iterator[FirstScore]:
    """Yield calls that got their first score since an instant, in any order."""
    for row in connection.execute(_first_scores(connection, since)):
        yield FirstScore(
            score_id=row.score_id,
            made_at=row.made_at,
            duration_ms=row.duration_ms,
            waited_s=max(0.0, row.waited_s),
            after_end_s=None if row.after_end_s is None else max(0.0, row.after_end_s),
        )


def last_instants(connection: Connection) -> tuple[datetime | None, datetime | None]:
    """Return when the last call was taken in and when the last score was made, from indexes; None: never."""
    taken_in = connection.scalar(select(func.max(recordings.c.added_at)))
    return taken_in, connection.scalar(select(func.max(scores.c.made_at)))


def _first_scores(connection: Connection, since: datetime) -> Select[Any]:
    earlier, score, call = scores.alias("earlier"), scores.c, recordings.c
    came_before = or_(
        earlier.c.made_at < score.made_at,
        and_(earlier.c.made_at == score.made_at, earlier.c.score_id < score.score_id),
    )
    scored_before = exists().where(earlier.c.call_id == score.call_id, came_before)
    length_s = call.duration_ms / 1000.0
    return (
        select(
            score.score_id,
            score.made_at,
            call.duration_ms,
            _seconds(connection, score.made_at, call.added_at).label("waited_s"),
            (_seconds(connection, score.made_at, call.started_at) - length_s).label("after_end_s"),
        )
        .join(recordings, call.call_id == score.call_id)
        .where(score.made_at >= since, ~scored_before)
    )


def _seconds(connection: Connection, later: ColumnElement[Any], earlier: ColumnElement[Any]) -> ColumnElement[float]:
    """Return the seconds between two instants, in the database's own way; NULL where one is NULL."""
    if connection.dialect.name == "sqlite":
        return (func.julianday(later, type_=Float) - func.julianday(earlier, type_=Float)) * 86_400.0
    return cast(func.extract("epoch", later) - func.extract("epoch", earlier), Float)


def _quantiles(
    value: ColumnElement[Any], place: ColumnElement[int], number: ColumnElement[int]
) -> list[ColumnElement[Any]]:
    """Return quantiles by nearest rank: the least value at or below which such a part of all lies."""
    return [func.min(case((place >= share * number, value))) for share in QUANTILES]


def _pair(median: float | None, high: float | None) -> tuple[float, float] | None:
    """Return quantiles; clocks of two machines may differ, and nothing waits for less than no time."""
    return None if median is None or high is None else (max(0.0, float(median)), max(0.0, float(high)))
