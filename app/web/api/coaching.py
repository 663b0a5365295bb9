"""Coaching: moments that were sent, sessions that were held."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Query, Request, Response
from pydantic import Field

from app.web.access.rights import Permission
from app.web.access.visitor import Needs, Visitor
from app.web.api.edge import Body, Id, Line, Prose, make_router, problems
from app.web.api.models import Shape
from app.web.api.paging import Page, Paged, require_kinds
from app.web.api.sight import act, call_in_sight, known_question, looked, not_there
from app.web.call.reading import refuse_own
from app.web.coaching.sight import coached_agent, session_scope
from app.web.disputing import THE_AGENT
from app.web.site import site_of
from pipeline.coaching.sessions import hold_session, take_back
from pipeline.errors import NotFoundError, ReviewError
from pipeline.records import CoachedQuestion, CoachingAcknowledgement, CoachingItem, CoachingSession, Span
from pipeline.review.coaching import acknowledged_by, make_item
from pipeline.store.coaching import acknowledge, get_session, list_items, list_sessions, put_item

router = make_router("coaching")

Sees = Annotated[Visitor, Depends(Needs(Permission.COACHING_SEE))]
Leads = Annotated[Visitor, Depends(Needs(Permission.COACHING_LEAD))]
AgentId = Annotated[Line, Query(description="Whose, by the id in recordings.")]


class ItemShape(Shape):
    """A moment of a call that somebody sent to coaching."""

    item: CoachingItem
    session_id: str | None = Field(description="The session that took it up; null while it is open.")


class SessionShape(Shape):
    """A talk with an agent."""

    session: CoachingSession
    acknowledgement: CoachingAcknowledgement | None = Field(description="null: the agent has not said to have read it.")


class ItemBody(Body):
    """A moment to talk about."""

    note: Prose = Field(description="Why; the agent reads it only once it is part of a session.")
    criterion_id: Line | None = None
    start_ms: int | None = Field(default=None, ge=0, le=86_400_000, description="None: the whole call.")
    end_ms: int | None = Field(default=None, ge=0, le=86_400_000)


class SessionBody(Body):
    """What was talked about."""

    agent_id: Line
    notes: Prose
    action: Prose = Field(description="What was agreed on.")
    questions: list[CoachedQuestion] = Field(default_factory=list, max_length=50)
    item_ids: list[Line] = Field(default_factory=list, max_length=100)


@router.get("/coaching/items", response_model=Page[ItemShape], responses=problems(400, 404))
def coaching_items_list(
    *,
    request: Request,
    response: Response,
    visitor: Annotated[Visitor, Depends(Needs(Permission.COACHING_LEAD))],
    paging: Paged,
    agent: AgentId,
    only_open: Annotated[bool, Query(description="Only those that no session has taken up.")] = False,
) -> Page[ItemShape]:
    """List what was sent to coaching about an agent, the latest first."""
    site = site_of(request)
    after = require_kinds(paging.after, datetime, str)
    with site.store.read() as connection:
        if coached_agent(connection, visitor, agent).is_own:
            raise not_there("agent", agent)
        rows = list_items(connection, scope=visitor.scope, agent=agent, only_open=only_open)
    rows = sorted(rows, key=lambda row: (row.item.sent_at, row.item.item_id), reverse=True)
    found = [row for row in rows if after is None or (row.item.sent_at, row.item.item_id) < after]
    items, following = paging.page(
        found[: paging.limit + 1], lambda row: (row.item.sent_at, row.item.item_id), response
    )
    looked(site, visitor, "coaching", agent, items=len(items))
    return Page(items=[ItemShape.model_validate(row) for row in items], next=following)


@router.post("/calls/{call_id}/coaching-items", response_model=CoachingItem, status_code=201)
def coaching_items_send(
    request: Request, visitor: Annotated[Visitor, Depends(Needs(Permission.CALLS_REVIEW))], call_id: Id, body: ItemBody
) -> CoachingItem:
    """Send a call, or a moment of it, to coaching."""
    if (body.start_ms is None) != (body.end_ms is None):
        raise ReviewError("give both start_ms and end_ms, or neither")
    span = None if body.start_ms is None else Span(start_ms=body.start_ms, end_ms=body.end_ms or 0)
    site = site_of(request)
    with site.editing(visitor) as (connection, acts):
        call = call_in_sight(connection, visitor, call_id)
        refuse_own(visitor, call)
        made = make_item(
            call,
            note=body.note,
            sent_by=visitor.user.name,
            now=site.now(),
            criterion_id=known_question(connection, call_id, body.criterion_id),
            span=span,
        )
        put_item(connection, made)
        acts.append(act(visitor, "coaching", "call", call_id, item=made.item_id))
    return made if visitor.knows_agents else replace(made, agent_id=THE_AGENT)


@router.post("/coaching/items/{item_id}/withdrawal", response_model=CoachingItem, responses=problems(404, 409))
def coaching_items_take_back(
    request: Request, visitor: Annotated[Visitor, Depends(Needs(Permission.CALLS_REVIEW))], item_id: Id
) -> CoachingItem:
    """Take back an item that you sent and that no session has taken up. It stays in the database, in no list."""
    site = site_of(request)
    with site.editing(visitor) as (connection, acts):
        item = take_back(connection, item_id, scope=visitor.scope, by=visitor.user.name, now=site.now())
        acts.append(act(visitor, "withdrawal", "call", item.call_id, item=item.item_id))
    return item if visitor.knows_agents else replace(item, agent_id=THE_AGENT)


@router.get("/coaching/sessions", response_model=Page[SessionShape], responses=problems(400, 404))
def coaching_sessions_list(
    request: Request, response: Response, visitor: Sees, paging: Paged, agent: AgentId
) -> Page[SessionShape]:
    """List the sessions with an agent, the latest first."""
    site = site_of(request)
    after = require_kinds(paging.after, datetime, str)
    with site.store.read() as connection:
        about = coached_agent(connection, visitor, agent)
        rows = list_sessions(connection, scope=session_scope(visitor, about), agent=agent)
    rows = sorted(rows, key=lambda row: (row.session.held_at, row.session.session_id), reverse=True)
    found = [row for row in rows if after is None or (row.session.held_at, row.session.session_id) < after]
    items, following = paging.page(
        found[: paging.limit + 1], lambda row: (row.session.held_at, row.session.session_id), response
    )
    looked(site, visitor, "coaching", agent, sessions=len(items))
    return Page(items=[SessionShape.model_validate(row) for row in items], next=following)


@router.post("/coaching/sessions", response_model=CoachingSession, status_code=201, responses=problems(404))
def coaching_sessions_hold(request: Request, visitor: Leads, body: SessionBody) -> CoachingSession:
    """Keep a session with an agent, who reads all of it."""
    site = site_of(request)
    with site.editing(visitor) as (connection, acts):
        if coached_agent(connection, visitor, body.agent_id).is_own:
            raise ReviewError("nobody coaches themselves; somebody else has to hold the session")
        made = hold_session(
            connection,
            body.agent_id,
            notes=body.notes,
            action=body.action,
            questions=body.questions,
            item_ids=body.item_ids,
            scope=visitor.scope,
            by=visitor.user.name,
            now=site.now(),
        )
        counts = {"questions": len(made.questions), "items": len(made.item_ids)}
        acts.append(act(visitor, "coaching", "coaching", made.session_id, agent=body.agent_id, **counts))
    return made


@router.post(
    "/coaching/sessions/{session_id}/acknowledgement", response_model=CoachingAcknowledgement, responses=problems(409)
)
def coaching_sessions_acknowledge(request: Request, visitor: Sees, session_id: Id) -> CoachingAcknowledgement:
    """Say that you have read a session about you. The same again keeps nothing new."""
    site = site_of(request)
    with site.editing(visitor) as (connection, acts):
        try:
            row = get_session(connection, session_id)
            about = coached_agent(connection, visitor, row.session.agent_id)
            get_session(connection, session_id, session_scope(visitor, about))
        except NotFoundError:
            raise not_there("coaching session", session_id) from None
        read = acknowledged_by(row.session, agent_id=visitor.user.agent_id, name=visitor.user.name, now=site.now())
        if row.acknowledgement is not None:
            return row.acknowledgement
        if acknowledge(connection, read):
            acts.append(act(visitor, "acknowledgement", "coaching", session_id))
    return read
