"""Whose calls a visitor sees, and what the audit log keeps of a look or a change by the API."""

from __future__ import annotations

from sqlalchemy import Connection

from app.acts import Act
from app.web.access.visitor import Visitor
from app.web.site import Site
from pipeline.audit.log import Detail
from pipeline.errors import NotFoundError, ReviewError
from pipeline.records import Recording
from pipeline.store.calls import get_recording


def call_in_sight(connection: Connection, visitor: Visitor, call_id: str) -> Recording:
    """Return a call by its whole id.

    Raises:
        NotFoundError: There is none, or it is out of the visitor's sight: the same words for both.
    """
    try:
        found = get_recording(connection, call_id)
    except NotFoundError:
        raise not_there("call", call_id) from None
    if found.call_id != call_id or not visitor.scope.includes(agent_id=found.agent_id, team=found.team):
        raise not_there("call", call_id)
    return found


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


def refuse_own(visitor: Visitor, call: Recording) -> None:
    """Refuse that somebody judges a call of their own, by whatever name they signed in.

    Raises:
        ReviewError: They took it.
    """
    if call.agent_id is not None and visitor.user.agent_id == call.agent_id:
        raise ReviewError("you took this call: nobody judges their own; dispute an answer instead")
