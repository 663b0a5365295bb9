"""Which calls are to be scored again, and how many cannot be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection, exists, func, select

from pipeline.records import Scope
from pipeline.store.tables import current_scores, recordings, scores

Item = TypeVar("Item")

IDS_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class WantedCalls:
    """Which calls are meant. None is no bound.

    Attributes:
        since: The first instant that counts; calls of unknown time are left out then.
        before: The first instant that does not count any more; likewise.
    """

    since: datetime | None = None
    before: datetime | None = None
    queue: str | None = None
    team: str | None = None
    agent: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CallsToScore:
    """Ids of the calls that have facts, in order of time, and how many others there are.

    Attributes:
        without_facts: Calls that were never scored.
        without_time: Scored calls of unknown start, which are in no period; 0 where no period was asked for.
    """

    call_ids: tuple[str, ...]
    without_facts: int
    without_time: int


def calls_to_score(connection: Connection, wanted: WantedCalls) -> CallsToScore:
    """Return the calls that can be scored again, those of unknown time last, and count those that cannot."""
    call = recordings.c
    named = ((call.queue, wanted.queue), (call.team, wanted.team), (call.agent_id, wanted.agent))
    of_subject = [column == value for column, value in named if value is not None]
    bounds = list(of_subject)
    if wanted.since is not None:
        bounds.append(call.started_at >= wanted.since)
    if wanted.before is not None:
        bounds.append(call.started_at < wanted.before)
    is_scored = call.call_id.in_(select(scores.c.call_id))
    in_order = (call.started_at.is_(None), call.started_at, call.call_id)
    without = select(func.count()).select_from(recordings).where(*bounds, ~is_scored)
    undated = select(func.count()).select_from(recordings).where(*of_subject, is_scored, call.started_at.is_(None))
    dated = wanted.since is not None or wanted.before is not None
    return CallsToScore(
        call_ids=tuple(connection.scalars(select(call.call_id).where(*bounds, is_scored).order_by(*in_order))),
        without_facts=connection.scalar(without) or 0,
        without_time=(connection.scalar(undated) or 0) if dated else 0,
    )


def newest_scored(connection: Connection, scope: Scope, *, queues: Sequence[str] | None, most: int) -> tuple[str, ...]:
    """Return the newest calls with a score that somebody may see, in order of time.

    Args:
        connection: Where to read.
        scope: Whose calls may be seen.
        queues: Only calls of these queues; None for all.
        most: So many at most.
    """
    call = recordings.c
    is_scored = exists().where(current_scores.c.call_id == call.call_id)
    statement = select(call.call_id).where(call.started_at.is_not(None), is_scored)
    if scope.agent_id is not None:
        statement = statement.where(call.agent_id == scope.agent_id)
    if scope.teams is not None:
        statement = statement.where(call.team.in_(scope.teams))
    if queues is not None:
        statement = statement.where(call.queue.in_(queues))
    newest = statement.order_by(call.started_at.desc(), call.call_id).limit(most)
    return tuple(connection.scalars(newest))[::-1]


def in_batches(ids: Sequence[Item], at_once: int = IDS_AT_ONCE) -> Iterator[Sequence[Item]]:
    """Yield some ids, or what has one, at a time: databases bound how many a statement may name."""
    for first in range(0, len(ids), at_once):
        yield ids[first : first + at_once]
