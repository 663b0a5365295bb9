"""Parts of long lists: which flags, reviews, disputes and log entries come next, within what may be seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, select

from pipeline.records import DisputeState, FlagState, Review, Scope, Severity
from pipeline.store.audit import AskedEntries, AuditEntry
from pipeline.store.disputes import DisputeRow, disputes_by_id
from pipeline.store.flags import FlagRow, flag_rows
from pipeline.store.keyset import By, part
from pipeline.store.log_pages import in_sight
from pipeline.store.overviews import in_scope
from pipeline.store.reviews import reviews_by_id
from pipeline.store.tables import (
    audit_log,
    current_scores,
    dispute_rulings,
    disputes,
    flags,
    recordings,
    reviews,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """Which part of a list is wanted.

    Attributes:
        scope: Whose calls may be seen.
        after: The sort key of the last row of the part before; None for the first.
    """

    scope: Scope
    limit: int
    after: tuple[Any, ...] | None = None


def part_of_flags(
    connection: Connection,
    wanted: Part,
    *,
    call_id: str | None = None,
    code: str | None = None,
    severity: Severity | None = None,
    state: FlagState | None = None,
    agent: str | None = None,
    team: str | None = None,
    since: datetime | None = None,
    before: datetime | None = None,
) -> list[tuple[datetime, FlagRow]]:
    """Return flags of current scores, each with when it was raised, the newest first; the key is (when, id)."""
    flag, call = flags.c, recordings.c
    chosen = (
        select(flag.flag_id, flag.raised_at)
        .join(current_scores, current_scores.c.score_id == flag.score_id)
        .join(recordings, call.call_id == flag.call_id)
        .where(in_scope(wanted.scope, recordings))
    )
    chosen = _equal(
        chosen,
        (flag.call_id, call_id),
        (flag.code, code),
        (flag.severity, severity),
        (flag.state, state),
        (call.agent_id, agent),
        (call.team, team),
    )
    order = (By(column=flag.raised_at, descending=True), By(column=flag.flag_id))
    ids = connection.execute(_between(part_of(chosen, order, wanted), flag.raised_at, since, before)).all()
    found = {row.flag.flag_id: row for row in flag_rows(connection, [row.flag_id for row in ids])}
    return [(row.raised_at, found[row.flag_id]) for row in ids]


def part_of_reviews(
    connection: Connection,
    wanted: Part,
    *,
    call_id: str | None = None,
    reviewer: str | None = None,
    criterion_id: str | None = None,
    since: datetime | None = None,
    before: datetime | None = None,
) -> list[Review]:
    """Return ordinary reviews, the oldest first; the key is (when, id)."""
    review = reviews.c
    chosen = (
        select(review.review_id)
        .join(recordings, recordings.c.call_id == review.call_id)
        .where(review.session_id.is_(None), in_scope(wanted.scope, recordings))
    )
    chosen = _equal(chosen, (review.call_id, call_id), (review.reviewer, reviewer), (review.criterion_id, criterion_id))
    order = (By(column=review.made_at), By(column=review.review_id))
    ids = connection.scalars(_between(part_of(chosen, order, wanted), review.made_at, since, before)).all()
    return reviews_by_id(connection, ids)


def part_of_disputes(
    connection: Connection,
    wanted: Part,
    *,
    call_id: str | None = None,
    agent: str | None = None,
    state: DisputeState | None = None,
) -> list[DisputeRow]:
    """Return disputes, the oldest first; the key is (when, id)."""
    dispute, ruling = disputes.c, dispute_rulings.c
    chosen = (
        select(dispute.dispute_id)
        .join(recordings, recordings.c.call_id == dispute.call_id)
        .outerjoin(dispute_rulings, ruling.dispute_id == dispute.dispute_id)
        .where(in_scope(wanted.scope, recordings))
    )
    chosen = _equal(chosen, (dispute.call_id, call_id), (recordings.c.agent_id, agent))
    if state is not None:
        chosen = chosen.where(ruling.outcome.is_(None) if state is DisputeState.OPEN else ruling.outcome == state.value)
    order = (By(column=dispute.opened_at), By(column=dispute.dispute_id))
    return disputes_by_id(connection, connection.scalars(part_of(chosen, order, wanted)).all())


def part_of_log(connection: Connection, wanted: Part, asked: AskedEntries, *, actor: str) -> list[AuditEntry]:
    """Return entries of the audit log in order of their numbers; the key is the number.

    Args:
        connection: Where to read.
        wanted: Which part; where its scope is not all calls, only entries on these calls and the actor's own.
        asked: Which entries.
        actor: Who asks.
    """
    entry = audit_log.c
    chosen = _equal(
        select(audit_log),
        (entry.actor, asked.actor),
        (entry.action, asked.action),
        (entry.subject_id, asked.subject_id),
    )
    if not wanted.scope.whole:
        chosen = chosen.where(in_sight(wanted.scope, actor))
    if asked.since is not None:
        chosen = chosen.where(entry.at >= asked.since)
    if asked.before is not None:
        chosen = chosen.where(entry.at < asked.before)
    rows = connection.execute(part_of(chosen, (By(column=entry.sequence),), wanted)).mappings()
    return [AuditEntry(**row) for row in rows]


def part_of(chosen: Select[Any], order: tuple[By, ...], wanted: Part) -> Select[Any]:
    """Return a statement for the part of its rows that is wanted."""
    return part(chosen, order, after=wanted.after, limit=wanted.limit)


def _equal(chosen: Select[Any], *wanted: tuple[ColumnElement[Any], Any]) -> Select[Any]:
    for column, value in wanted:
        if value is not None:
            chosen = chosen.where(column == str(value))
    return chosen


def _between(
    chosen: Select[Any], column: ColumnElement[datetime], since: datetime | None, before: datetime | None
) -> Select[Any]:
    if since is not None:
        chosen = chosen.where(column >= since)
    return chosen if before is None else chosen.where(column < before)
