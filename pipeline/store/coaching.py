"""Coaching: items that were sent, sessions that were held, and who has read them. Rows are only ever added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, false, func, or_, select, true

from pipeline.canonical import to_json
from pipeline.errors import NotFoundError
from pipeline.records import (
    EVERYTHING,
    CoachedQuestion,
    CoachingAcknowledgement,
    CoachingItem,
    CoachingSession,
    CoachingWithdrawal,
    Scope,
)
from pipeline.store.console_tables import (
    coaching_acknowledgements,
    coaching_items,
    coaching_session_items,
    coaching_sessions,
    coaching_withdrawals,
)
from pipeline.store.overviews import in_scope
from pipeline.store.payload import read_payload
from pipeline.store.tables import recordings
from pipeline.store.upsert import insert_new


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemRow:
    """An item, and the session that took it up; None while it is open."""

    item: CoachingItem
    session_id: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionRow:
    """A session, and when its agent said to have read it; None: not yet."""

    session: CoachingSession
    acknowledgement: CoachingAcknowledgement | None


@dataclass(frozen=True, kw_only=True, slots=True)
class LastSession:
    """When somebody last talked with an agent, and how many sessions the agent has not said to have read."""

    held_at: datetime
    sessions: int
    unread: int


def put_item(connection: Connection, item: CoachingItem) -> bool:
    """Keep an item and tell whether it was new."""
    return insert_new(connection, coaching_items, asdict(item))


def hold_items(connection: Connection, item_ids: Sequence[str]) -> None:
    """Let nobody else take these items up or back until this transaction ends.

    On SQLite a transaction that writes holds the whole database already.
    """
    held = select(coaching_items.c.item_id).where(coaching_items.c.item_id.in_(sorted(item_ids)))
    connection.execute(held.order_by(coaching_items.c.item_id).with_for_update(key_share=True))


def put_withdrawal(connection: Connection, withdrawal: CoachingWithdrawal) -> bool:
    """Keep that an item was taken back; False, and nothing changed, where that was known already."""
    return insert_new(connection, coaching_withdrawals, asdict(withdrawal))


def list_items(
    connection: Connection,
    *,
    scope: Scope = EVERYTHING,
    item_id: str | None = None,
    agent: str | None = None,
    call_id: str | None = None,
    session_id: str | None = None,
    only_open: bool = False,
    limit: int | None = None,
) -> list[ItemRow]:
    """Return items that were not taken back, the latest first.

    Args:
        connection: Where to read.
        scope: Whose calls may be seen.
        item_id: Only this one.
        agent: Only this agent's.
        call_id: Only of this call.
        session_id: Only those that this session took up.
        only_open: Only those that no session has taken up.
        limit: At most so many; None for all.
    """
    item, taken = coaching_items.c, coaching_session_items.c
    conditions = [
        column == wanted
        for column, wanted in (
            (item.item_id, item_id),
            (item.agent_id, agent),
            (item.call_id, call_id),
            (taken.session_id, session_id),
        )
        if wanted is not None
    ]
    if only_open:
        conditions.append(taken.session_id.is_(None))
    statement = (
        select(coaching_items, taken.session_id)
        .outerjoin(coaching_session_items, taken.item_id == item.item_id)
        .join(recordings, recordings.c.call_id == item.call_id)
        .where(in_scope(scope, recordings), _NOT_WITHDRAWN, *conditions)
        .order_by(item.sent_at.desc(), item.item_id)
        .limit(limit)
    )
    return [_item(dict(row)) for row in connection.execute(statement).mappings()]


def open_item_counts(connection: Connection, scope: Scope = EVERYTHING) -> dict[str, int]:
    """Return by agent how many items no session has taken up."""
    item, taken = coaching_items.c, coaching_session_items.c
    statement = (
        select(item.agent_id, func.count())
        .join(recordings, recordings.c.call_id == item.call_id)
        .outerjoin(coaching_session_items, taken.item_id == item.item_id)
        .where(in_scope(scope, recordings), _NOT_WITHDRAWN, taken.item_id.is_(None))
        .group_by(item.agent_id)
    )
    return dict(connection.execute(statement).tuples().all())


def put_session(connection: Connection, session: CoachingSession) -> bool:
    """Keep a session with the items that it takes up; False, and nothing kept, where another has one of them."""
    row = {name: value for name, value in asdict(session).items() if name != "item_ids"}
    row["questions"] = to_json(session.questions, tuple[CoachedQuestion, ...])
    with connection.begin_nested() as kept:
        new = insert_new(connection, coaching_sessions, row)
        for item_id in session.item_ids:
            taken = {"item_id": item_id, "session_id": session.session_id}
            new = new and insert_new(connection, coaching_session_items, taken)
        if not new:
            kept.rollback()
    return new


def get_session(connection: Connection, session_id: str, scope: Scope = EVERYTHING) -> SessionRow:
    """Return a session by its whole id.

    Raises:
        NotFoundError: There is none, or it is out of scope.
    """
    found = _sessions(connection, coaching_sessions.c.session_id == session_id, _of_scope(scope))
    if not found:
        raise NotFoundError(f"no coaching session {session_id!r}")
    return found[0]


def list_sessions(
    connection: Connection,
    *,
    scope: Scope = EVERYTHING,
    agent: str | None = None,
    agents: Sequence[str] | None = None,
    limit: int | None = None,
) -> list[SessionRow]:
    """Return sessions, the latest first.

    Args:
        connection: Where to read.
        scope: Whose calls may be seen: sessions about others are not there.
        agent: Only this agent's.
        agents: Only these agents'.
        limit: At most so many; None for all.
    """
    session, conditions = coaching_sessions.c, [_of_scope(scope)]
    if agent is not None:
        conditions.append(session.agent_id == agent)
    if agents is not None:
        conditions.append(session.agent_id.in_(list(agents)))
    return _sessions(connection, *conditions, limit=limit)


def last_sessions(connection: Connection, scope: Scope = EVERYTHING) -> dict[str, LastSession]:
    """Return by agent when the last session was, of those that a scope has."""
    session, seen = coaching_sessions.c, coaching_acknowledgements.c
    statement = (
        select(session.agent_id, func.max(session.held_at), func.count(), func.count(seen.session_id))
        .outerjoin(coaching_acknowledgements, seen.session_id == session.session_id)
        .where(_of_scope(scope))
        .group_by(session.agent_id)
    )
    return {
        agent: LastSession(held_at=held_at, sessions=count, unread=count - read)
        for agent, held_at, count, read in connection.execute(statement)
    }


def acknowledge(connection: Connection, acknowledgement: CoachingAcknowledgement) -> bool:
    """Keep that an agent has read a session; False, and nothing changed, where that was known already."""
    return insert_new(connection, coaching_acknowledgements, asdict(acknowledgement))


_NOT_WITHDRAWN = (
    ~select(coaching_withdrawals.c.item_id).where(coaching_withdrawals.c.item_id == coaching_items.c.item_id).exists()
)


def _of_scope(scope: Scope) -> ColumnElement[bool]:
    """Return the condition that a session is about calls that may be seen: of a team, and with every item it took."""
    session, taken = coaching_sessions.c, coaching_session_items.c
    bounds: list[ColumnElement[bool]] = [true()]
    if scope.agent_id is not None:
        bounds.append(session.agent_id == scope.agent_id if scope.agent_id else false())
    if scope.teams is not None:
        team = recordings.c.team
        elsewhere = (
            select(taken.item_id)
            .join(coaching_items, coaching_items.c.item_id == taken.item_id)
            .join(recordings, recordings.c.call_id == coaching_items.c.call_id)
            .where(taken.session_id == session.session_id, or_(team.is_(None), team.not_in(scope.teams)))
        )
        bounds += [session.team.in_(scope.teams), ~elsewhere.exists()]
    return and_(*bounds)


def _sessions(connection: Connection, *conditions: ColumnElement[bool], limit: int | None = None) -> list[SessionRow]:
    session, seen = coaching_sessions.c, coaching_acknowledgements.c
    statement = (
        select(coaching_sessions, seen.acknowledged_by, seen.acknowledged_at)
        .outerjoin(coaching_acknowledgements, seen.session_id == session.session_id)
        .where(*conditions)
        .order_by(session.held_at.desc(), session.session_id)
        .limit(limit)
    )
    rows = [dict(row) for row in connection.execute(statement).mappings()]
    taken: dict[str, list[str]] = {row["session_id"]: [] for row in rows}
    item = coaching_session_items.c
    of_these = select(item.session_id, item.item_id).where(item.session_id.in_(list(taken))).order_by(item.item_id)
    for session_id, item_id in connection.execute(of_these) if taken else ():
        taken[session_id].append(item_id)
    return [_session(row, tuple(taken[row["session_id"]])) for row in rows]


def _item(row: dict[str, Any]) -> ItemRow:
    session_id = row.pop("session_id")
    return ItemRow(item=CoachingItem(**row), session_id=session_id)


def _session(row: dict[str, Any], item_ids: tuple[str, ...]) -> SessionRow:
    by, at = row.pop("acknowledged_by"), row.pop("acknowledged_at")
    questions = read_payload(tuple[CoachedQuestion, ...], row.pop("questions"), f"session {row['session_id']}")
    session = CoachingSession(**row, questions=questions, item_ids=item_ids)
    seen = None
    if at is not None:
        seen = CoachingAcknowledgement(session_id=session.session_id, acknowledged_by=by, acknowledged_at=at)
    return SessionRow(session=session, acknowledgement=seen)
