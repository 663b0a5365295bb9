"""Whose coaching a visitor may see, and what of it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from app.web.access.rights import Permission
from app.web.access.visitor import Visitor
from pipeline.errors import NotFoundError
from pipeline.records import EVERYTHING, Scope
from pipeline.review.wording import same_name
from pipeline.store.coaching_answers import agents_in_scope


@dataclass(frozen=True, kw_only=True, slots=True)
class CoachedAgent:
    """An agent whose coaching the visitor may see.

    Attributes:
        team: Of their latest call.
        is_own: The visitor is this agent: sees sessions, and no notes that nobody has talked to them about.
        may_lead: The visitor may hold sessions with them.
    """

    agent_id: str
    team: str | None
    calls: int
    is_own: bool
    may_lead: bool


def coached_agent(connection: Connection, visitor: Visitor, agent_id: str) -> CoachedAgent:
    """Return an agent whose calls the visitor may see.

    Raises:
        NotFoundError: There is none, or they are not the visitor's to see; which of both is not told.
    """
    found = agents_in_scope(connection, visitor.scope, agent=agent_id)
    own = visitor.user.agent_id == agent_id or same_name(visitor.user.name, agent_id)
    if not found and visitor.scope.agent_id != agent_id:
        raise NotFoundError("there is no such agent, or they are not yours to see")
    return CoachedAgent(
        agent_id=agent_id,
        team=found[0].team if found else None,
        calls=found[0].calls if found else 0,
        is_own=own,
        may_lead=visitor.may(Permission.COACHING_LEAD) and not own,
    )


def session_scope(visitor: Visitor, agent: CoachedAgent) -> Scope:
    """Return which of an agent's sessions a visitor may read: of their teams, and all that are about themselves."""
    return EVERYTHING if agent.is_own else visitor.scope


def example_scope(visitor: Visitor, agent: CoachedAgent) -> Scope | None:
    """Return among whose calls a good example is looked for: the agent's team's; None where that is nobody's."""
    if agent.team is not None:
        return Scope(teams=(agent.team,))
    return None if visitor.scope.agent_id is not None else visitor.scope
