"""Which calls were sampled for review, which may be, and which were taken off the queue. Rows are only ever added."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, exists, select, text

from pipeline.records import Candidate, QueueClosing, SampledCall, Status
from pipeline.store.stale import mark_stale
from pipeline.store.tables import (
    criterion_results,
    current_scores,
    queue_closings,
    recordings,
    reviews,
    sampled_calls,
    scores,
)
from pipeline.store.upsert import insert_new


def hold_samples(connection: Connection) -> None:
    """Let nobody else sample until this transaction ends, so that no policy chooses more than it should.

    On SQLite a transaction that writes holds the whole database already.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE sampled_calls IN SHARE ROW EXCLUSIVE MODE"))


def put_sampled(connection: Connection, sampled: SampledCall) -> bool:
    """Keep that a call was chosen; False where this policy chose it for this period before."""
    is_new = insert_new(connection, sampled_calls, asdict(sampled))
    if is_new:
        mark_stale(connection, [sampled.call_id])
    return is_new


def list_sampled(
    connection: Connection, *, policy: str | None = None, period: str | None = None, reviewer: str | None = None
) -> list[SampledCall]:
    """Return what was sampled, oldest first; None of a name means all."""
    column = sampled_calls.c
    statement = select(sampled_calls).order_by(column.sampled_at, column.policy, column.period, column.call_id)
    for field, wanted in ((column.policy, policy), (column.period, period), (column.reviewer, reviewer)):
        statement = statement if wanted is None else statement.where(field == wanted)
    return [SampledCall(**row) for row in connection.execute(statement).mappings()]


def list_candidates(
    connection: Connection,
    *,
    since: datetime | None = None,
    before: datetime | None = None,
    rubric_id: str | None = None,
    agent: str | None = None,
    team: str | None = None,
    queue: str | None = None,
) -> list[Candidate]:
    """Return the scored calls, by id, each with whether it was reviewed; blind sessions are no reviews here.

    Args:
        connection: Where to read.
        since: Calls that began then or later. A call of unknown start is only there where both are None.
        before: Calls that began earlier than this.
        rubric_id: Only calls whose current score is by this rubric.
        agent: Only calls of this agent; likewise team and queue.
        team: See agent.
        queue: See agent.
    """
    call, score = recordings.c, scores.c
    reviewed = exists().where((reviews.c.call_id == call.call_id) & reviews.c.session_id.is_(None))
    statement = (
        select(
            call.call_id, score.score_id, call.agent_id, call.team, call.queue, score.share, reviewed.label("reviewed")
        )
        .join(current_scores, current_scores.c.call_id == call.call_id)
        .join(scores, score.score_id == current_scores.c.score_id)
        .order_by(call.call_id)
    )
    if since is not None:
        statement = statement.where(call.started_at >= since)
    if before is not None:
        statement = statement.where(call.started_at < before)
    for field, wanted in (
        (score.rubric_id, rubric_id),
        (call.agent_id, agent),
        (call.team, team),
        (call.queue, queue),
    ):
        statement = statement if wanted is None else statement.where(field == wanted)
    return [Candidate(**row) for row in connection.execute(statement).mappings()]


def rubrics_of_current_scores(connection: Connection) -> set[str]:
    """Return the ids of the rubrics by which calls are scored now."""
    by = select(scores.c.rubric_id).join(current_scores, current_scores.c.score_id == scores.c.score_id)
    return set(connection.scalars(by.distinct()))


@dataclass(frozen=True, kw_only=True, slots=True)
class ToldAnswer:
    """What says how much a review of an answer would teach."""

    asked: str
    status: Status
    confidence: float | None
    leaning: Status | None


def told_answers(connection: Connection) -> dict[str, list[ToldAnswer]]:
    """Return the answers of all current scores, by the score's id."""
    result = criterion_results.c
    statement = select(result.score_id, result.asked, result.status, result.confidence, result.leaning)
    told: dict[str, list[ToldAnswer]] = defaultdict(list)
    for row in connection.execute(
        statement.join(current_scores, current_scores.c.score_id == result.score_id).order_by(result.position)
    ):
        told[row.score_id].append(
            ToldAnswer(
                asked=row.asked or "",
                status=Status(row.status),
                confidence=row.confidence,
                leaning=Status(row.leaning) if row.leaning else None,
            )
        )
    return told


def put_queue_closing(connection: Connection, closing: QueueClosing) -> bool:
    """Keep that a call was taken off the queue, and tell whether that was new."""
    mark_stale(connection, [closing.call_id])
    return insert_new(connection, queue_closings, asdict(closing))


def list_queue_closings(
    connection: Connection, *, call_id: str | None = None, call_ids: Sequence[str] | None = None
) -> list[QueueClosing]:
    """Return which calls were taken off the queue without an answer, oldest first."""
    column = queue_closings.c
    statement = select(queue_closings).order_by(column.closed_at, column.closing_id)
    only = call_ids if call_id is None else [call_id]
    statement = statement if only is None else statement.where(column.call_id.in_(only))
    return [QueueClosing(**row) for row in connection.execute(statement).mappings()]
