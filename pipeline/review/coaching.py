"""Coaching: what may be sent, what a session says, and who may say that they have read it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pipeline.errors import ReviewError
from pipeline.records import (
    CoachedQuestion,
    CoachingAcknowledgement,
    CoachingItem,
    CoachingSession,
    CoachingWithdrawal,
    Recording,
    Span,
)
from pipeline.review.wording import MOST_REASON_CHARACTERS, checked_name, checked_reason, made_id, same_name

MOST_ITEMS = 20


def make_item(
    recording: Recording,
    *,
    note: str,
    sent_by: str,
    now: datetime,
    criterion_id: str | None = None,
    span: Span | None = None,
) -> CoachingItem:
    """Return a new item of a call.

    Args:
        recording: The call.
        note: Why somebody should hear it.
        sent_by: Who sends it.
        now: When.
        criterion_id: The question that it is about; None for the call as a whole.
        span: The moment; None for the whole call.

    Raises:
        ReviewError: Nobody knows whose call it is, the moment is not in it, or name or note cannot be kept.
    """
    if not recording.agent_id:
        raise ReviewError(f"call {recording.call_id} names no agent, so nobody can be coached on it")
    if span is not None and not 0 <= span.start_ms < span.end_ms <= recording.duration_ms:
        raise ReviewError("the moment lies outside the call; choose one inside it")
    name, why = checked_name(sent_by), checked_reason(note)
    told = {"call": recording.call_id, "criterion": criterion_id, "by": name, "note": why, "at": now.isoformat()}
    return CoachingItem(
        item_id=made_id("i-", **told, start=span.start_ms if span else None),
        agent_id=recording.agent_id,
        call_id=recording.call_id,
        criterion_id=criterion_id,
        start_ms=span.start_ms if span else None,
        end_ms=span.end_ms if span else None,
        note=why,
        sent_by=name,
        sent_at=now,
    )


def make_session(
    agent_id: str,
    *,
    notes: str,
    action: str,
    questions: Sequence[CoachedQuestion],
    items: Sequence[CoachingItem],
    held_by: str,
    now: datetime,
    team: str | None = None,
) -> CoachingSession:
    """Return a new session.

    Args:
        agent_id: Who was coached.
        notes: What was said; may be empty where an action was agreed on.
        action: What was agreed on.
        questions: What it was about.
        items: What it took up, of this agent and open.
        held_by: Who coached.
        now: When.
        team: The agent's, in the calls that the coach sees.

    Raises:
        ReviewError: It says nothing, is about nothing, takes up somebody else's item, or one coaches oneself.
    """
    name = checked_name(held_by)
    if same_name(name, agent_id):
        raise ReviewError("nobody coaches themselves; somebody else has to hold the session")
    if not questions and not items:
        raise ReviewError("choose at least one topic or item that the session was about")
    if len(items) > MOST_ITEMS:
        raise ReviewError(f"a session takes up at most {MOST_ITEMS} items, these are {len(items)}; hold several")
    if any(item.agent_id != agent_id for item in items):
        raise ReviewError("an item is about somebody else's call")
    said = _text(notes, "the notes")
    agreed = _text(action, "the agreed action")
    if not agreed:
        raise ReviewError("write down what was agreed on, in one sentence")
    about = tuple(dict.fromkeys(questions))
    item_ids = tuple(sorted({item.item_id for item in items}))
    told = {"agent": agent_id, "by": name, "notes": said, "action": agreed, "items": list(item_ids)}
    return CoachingSession(
        session_id=made_id("cs-", **told, at=now.isoformat()),
        agent_id=agent_id,
        notes=said,
        action=agreed,
        held_by=name,
        held_at=now,
        questions=about,
        item_ids=item_ids,
        team=team,
    )


def acknowledged_by(
    session: CoachingSession, *, agent_id: str | None, name: str, now: datetime
) -> CoachingAcknowledgement:
    """Return that a session's agent has read it.

    Args:
        session: The session.
        agent_id: Who the reader is in recordings.
        name: The reader's name.
        now: When.

    Raises:
        ReviewError: It is about somebody else.
    """
    if agent_id != session.agent_id:
        raise ReviewError("only the agent whom a session is about says that they have read it")
    return CoachingAcknowledgement(
        session_id=session.session_id, acknowledged_by=checked_name(name), acknowledged_at=now
    )


def withdrawn_by(item: CoachingItem, *, taken_up: bool, name: str, now: datetime) -> CoachingWithdrawal:
    """Return that an item is taken back.

    Args:
        item: The item.
        taken_up: Whether a session has taken it up.
        name: Who takes it back.
        now: When.

    Raises:
        ReviewError: Somebody else sent it, or it was talked about already.
    """
    by = checked_name(name)
    if not same_name(by, item.sent_by):
        raise ReviewError("only who sent an item takes it back; ask them, or leave it out of the session")
    if taken_up:
        raise ReviewError("a session has taken this item up: the agent may have read it, so it stays")
    return CoachingWithdrawal(item_id=item.item_id, withdrawn_by=by, withdrawn_at=now)


def _text(text: str, what: str) -> str:
    if not text.strip():
        return ""
    if len(text.strip()) > MOST_REASON_CHARACTERS:
        raise ReviewError(f"{what} have at most {MOST_REASON_CHARACTERS} characters; write them shorter")
    return checked_reason(text)
