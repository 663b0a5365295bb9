"""Whose calls a visitor sees, and what the audit log keeps of a look or a change by the API."""

from __future__ import annotations

from sqlalchemy import Connection

from app.acts import Act
from app.web.access.visitor import Visitor
from app.web.call.reading import KNOWS_AGENTS, own_recording
from app.web.site import Site
from pipeline.audit.log import Detail
from pipeline.errors import NotFoundError
from pipeline.records import Recording


def call_in_sight(connection: Connection, visitor: Visitor, call_id: str) -> Recording:
    """Return a call by its whole id.

    Raises:
        NotFoundError: There is none, or it is out of the visitor's sight: the same words for both.
    """
    try:
        return own_recording(connection, visitor, call_id)
    except NotFoundError:
        raise not_there("call", call_id) from None


def knows_agents(visitor: Visitor) -> bool:
    """Tell whether a visitor is told whose call it is: who reviews calls hears them without knowing."""
    return visitor.user.role in KNOWS_AGENTS or visitor.scope.agent_id is not None


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
