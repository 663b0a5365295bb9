"""Sessions that are held, and items that are taken up or taken back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from pipeline.errors import NotFoundError, ReviewError
from pipeline.records import CoachedQuestion, CoachingItem, CoachingSession, Scope
from pipeline.review.coaching import make_session, withdrawn_by
from pipeline.store.coaching import hold_items, list_items, put_session, put_withdrawal
from pipeline.store.coaching_answers import agents_in_scope

NO_ITEM = "there is no such coaching item, or it is not yours to see"
TAKEN_UP = "an item was just taken up by another session or taken back; look at what is open"


def hold_session(
    connection: Connection,
    agent_id: str,
    *,
    notes: str,
    action: str,
    questions: Sequence[CoachedQuestion],
    item_ids: Sequence[str],
    scope: Scope,
    by: str,
    now: datetime,
) -> CoachingSession:
    """Keep a session with an agent, and return it.

    Args:
        connection: A transaction that writes.
        agent_id: Who was coached.
        notes: What was said.
        action: What was agreed on.
        questions: What it was about.
        item_ids: Open items of this agent that it takes up.
        scope: Whose calls the coach may see.
        by: Who coached.
        now: When.

    Raises:
        NotFoundError: An item is not there, or not the coach's to see.
        ReviewError: An item is taken up or taken back already, or the session cannot be kept so.
    """
    hold_items(connection, item_ids)
    rows = {row.item.item_id: row for row in list_items(connection, scope=scope, agent=agent_id)} if item_ids else {}
    for item_id in item_ids:
        if item_id not in rows:
            raise NotFoundError(NO_ITEM)
        if rows[item_id].session_id is not None:
            raise ReviewError(TAKEN_UP)
    known = agents_in_scope(connection, scope, agent=agent_id)
    session = make_session(
        agent_id,
        notes=notes,
        action=action,
        questions=questions,
        items=[rows[item_id].item for item_id in item_ids],
        held_by=by,
        now=now,
        team=known[0].team if known else None,
    )
    if not put_session(connection, session):
        raise ReviewError(TAKEN_UP)
    return session


def take_back(connection: Connection, item_id: str, *, scope: Scope, by: str, now: datetime) -> CoachingItem:
    """Take back an item that its sender sent by mistake, and return it; the item itself stays in the database.

    Args:
        connection: A transaction that writes.
        item_id: The item.
        scope: Whose calls the sender may see.
        by: Who takes it back: its sender.
        now: When.

    Raises:
        NotFoundError: There is no such item, or it was taken back before.
        ReviewError: Somebody else sent it, or a session has taken it up: its agent may have read it.
    """
    hold_items(connection, [item_id])
    row = next((row for row in list_items(connection, scope=scope, item_id=item_id)), None)
    if row is None:
        raise NotFoundError(NO_ITEM)
    withdrawal = withdrawn_by(row.item, taken_up=row.session_id is not None, name=by, now=now)
    if not put_withdrawal(connection, withdrawal):
        raise NotFoundError(NO_ITEM)
    return row.item
