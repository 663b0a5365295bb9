"""Whose calls a visitor sees, and what the audit log keeps of a look or a change by the API."""

from __future__ import annotations

from sqlalchemy import Connection

from app.acts import Act
from app.web.access.visitor import Visitor
from app.web.api.edge import UnknownParameterError
from app.web.call.reading import own_recording
from app.web.site import Site
from pipeline.audit.log import Detail
from pipeline.errors import NotFoundError
from pipeline.records import Recording
from pipeline.reviewing.evaluations import read_evaluation
from pipeline.store.scores import current_score_id


def call_in_sight(connection: Connection, visitor: Visitor, call_id: str) -> Recording:
    """Return a call by its whole id.

    Raises:
        NotFoundError: There is none, or it is out of the visitor's sight: the same words for both.
    """
    try:
        return own_recording(connection, visitor, call_id)
    except NotFoundError:
        raise not_there("call", call_id) from None


def refuse_agent_filter(visitor: Visitor, agent: str | None) -> None:
    """Refuse a list of one agent's calls to who is not told whose call it is: it would tell.

    Raises:
        UnknownParameterError: They ask for it.
    """
    if agent is not None and not visitor.knows_agents:
        raise UnknownParameterError("agent: who reviews calls is not told whose they are; leave this parameter out")


def known_question(connection: Connection, call_id: str, criterion_id: str | None) -> str | None:
    """Return the id of a question that a call was asked, for what somebody says about it; None where none is named.

    Raises:
        NotFoundError: The call was not asked that, or not asked anything yet.
    """
    if criterion_id is None:
        return None
    asked = read_evaluation(connection, call_id).machine.results if current_score_id(connection, call_id) else ()
    if criterion_id not in {result.criterion_id for result in asked}:
        raise not_there("question of this call", criterion_id)
    return criterion_id


def not_there(what: str, name: str) -> NotFoundError:
    """Return the error that says so."""
    return NotFoundError(f"no {what} {name!r} here")


def act(visitor: Visitor, action: str, kind: str, subject_id: str = "", **details: Detail) -> Act:
    """Return an act of a visitor, with the token that they came with."""
    token: dict[str, Detail] = {"token": visitor.token_id} if visitor.token_id else {}
    told = {name: value for name, value in details.items() if value is not None}
    return Act(action=action, subject=(kind, subject_id), details={**told, **token})


def looked(site: Site, visitor: Visitor, kind: str, subject_id: str = "", **details: Detail) -> None:
    """Keep in the audit log that somebody looked, before they see it."""
    site.log(visitor, act(visitor, "view", kind, subject_id, **details))
