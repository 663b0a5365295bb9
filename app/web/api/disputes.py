"""Disputes: object to an answer, rule on that, take it back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

from fastapi import Depends, Query, Request, Response
from pydantic import Field
from sqlalchemy import Connection

from app.web.access.rights import Permission
from app.web.access.visitor import Needs, Visitor
from app.web.api.edge import Body, Id, Line, OfAgent, OfCall, Prose, make_router, problems
from app.web.api.models import DisputeShape, dispute_shape
from app.web.api.paging import Page, Paged, require_kinds
from app.web.api.sight import act, call_in_sight, looked, not_there, refuse_agent_filter
from app.web.call.questions import questions_of
from app.web.call.reading import refuse_own
from app.web.disputing import THE_AGENT, is_of, own_dispute
from app.web.errors import BadRequestError, ForbiddenError
from app.web.site import site_of
from pipeline.errors import NotFoundError
from pipeline.records import DisputeState, Recording
from pipeline.reviewing.disputes import dispute_answer, end_without_correction, uphold
from pipeline.store.disputes import DisputeRow, get_dispute
from pipeline.store.listed import Part, part_of_disputes

router = make_router("disputes")

Objects = Annotated[Visitor, Depends(Needs(Permission.CALLS_OBJECT))]


class DisputeBody(Body):
    """What is wrong with an answer."""

    criterion_id: Line
    reason: Prose


class RulingBody(Body):
    """How a dispute ends."""

    outcome: Literal["upheld", "rejected"]
    answer: Line | None = Field(default=None, description="The right answer; needed where it is upheld.")
    reason: Prose


class WithdrawalBody(Body):
    """Why somebody takes their dispute back."""

    reason: Prose


@router.get("/disputes", response_model=Page[DisputeShape], responses=problems(400))
def disputes_list(
    *,
    request: Request,
    response: Response,
    visitor: Annotated[Visitor, Depends(Needs(Permission.CALLS_SEE))],
    paging: Paged,
    call_id: OfCall = None,
    agent: OfAgent = None,
    state: Annotated[DisputeState | None, Query(description="Only those that stand so.")] = None,
) -> Page[DisputeShape]:
    """List disputes, the oldest first. Needs `disputes.rule` or, of one's own calls, `calls.object`."""
    if not (visitor.may(Permission.DISPUTES_RULE) or visitor.may(Permission.CALLS_OBJECT)):
        raise ForbiddenError(Permission.DISPUTES_RULE)
    refuse_agent_filter(visitor, agent)
    site = site_of(request)
    wanted = Part(scope=visitor.scope, limit=paging.limit + 1, after=require_kinds(paging.after, datetime, str))
    with site.store.read() as connection:
        found = part_of_disputes(connection, wanted, call_id=call_id, agent=agent, state=state)
    items, following = paging.page(found, lambda row: (row.dispute.opened_at, row.dispute.dispute_id), response)
    looked(site, visitor, "disputes", disputes=len(items))
    return Page(items=[_shape(visitor, row) for row in items], next=following)


@router.post("/calls/{call_id}/disputes", response_model=DisputeShape, status_code=201)
def disputes_open(request: Request, visitor: Objects, call_id: Id, body: DisputeBody) -> DisputeShape:
    """Object to an answer of your call's score, within the window and the number that the settings allow."""
    site = site_of(request)
    with site.editing(visitor) as (connection, acts):
        call_in_sight(connection, visitor, call_id)
        made = dispute_answer(
            connection,
            call_id,
            body.criterion_id,
            by=visitor.user.name,
            reason=body.reason,
            settings=site.settings.review,
            now=site.now(),
        )
        acts.append(act(visitor, "dispute", "call", call_id, dispute=made.dispute_id, criterion=made.criterion_id))
        row = get_dispute(connection, made.dispute_id)
    return _shape(visitor, row)


@router.post("/disputes/{dispute_id}/ruling", response_model=DisputeShape)
def disputes_rule(
    request: Request,
    visitor: Annotated[Visitor, Depends(Needs(Permission.DISPUTES_RULE))],
    dispute_id: Id,
    body: RulingBody,
) -> DisputeShape:
    """Uphold a dispute with the right answer, which then counts, or reject it and say why."""
    if (body.outcome == "upheld") != (body.answer is not None):
        raise _AnswerError("answer: give the right one to uphold a dispute, and none to reject it")
    site = site_of(request)
    questions = questions_of(site)
    by, now = visitor.user.name, site.now()
    with site.editing(visitor) as (connection, acts):
        call = _disputed_call(connection, visitor, dispute_id)
        refuse_own(visitor, call)
        if body.answer is not None:
            row, review = uphold(
                connection, dispute_id, body.answer, by=by, reason=body.reason, questions=questions, now=now
            )
            told = {"criterion": review.criterion_id, "review": review.review_id, "answer": review.status.value}
            acts.append(act(visitor, "review", "call", call.call_id, **told))
        else:
            row = end_without_correction(
                connection, dispute_id, DisputeState.REJECTED, by=by, reason=body.reason, now=now
            )
        acts.append(act(visitor, "ruling", "call", call.call_id, dispute=dispute_id, outcome=row.state.value))
    return _shape(visitor, row)


@router.post("/disputes/{dispute_id}/withdrawal", response_model=DisputeShape)
def disputes_withdraw(request: Request, visitor: Objects, dispute_id: Id, body: WithdrawalBody) -> DisputeShape:
    """Take your own dispute back."""
    site = site_of(request)
    with site.editing(visitor) as (connection, acts):
        call = _disputed_call(connection, visitor, dispute_id)
        row: DisputeRow = end_without_correction(
            connection,
            dispute_id,
            DisputeState.WITHDRAWN,
            by=visitor.user.name,
            reason=body.reason,
            now=site.now(),
        )
        acts.append(act(visitor, "ruling", "call", call.call_id, dispute=dispute_id, outcome=row.state.value))
    return _shape(visitor, row)


class _AnswerError(BadRequestError):
    status = 422


def _disputed_call(connection: Connection, visitor: Visitor, dispute_id: str) -> Recording:
    try:
        row = own_dispute(connection, visitor, dispute_id)
        return call_in_sight(connection, visitor, row.dispute.call_id)
    except NotFoundError:
        raise not_there("dispute", dispute_id) from None


def _shape(visitor: Visitor, row: DisputeRow) -> DisputeShape:
    """Return a dispute; who took the call, and so objects, is told to nobody who hears calls without knowing."""
    told = dispute_shape(row)
    if visitor.knows_agents or is_of(visitor, row):
        return told
    return told.model_copy(update={"agent_id": None, "dispute": replace(row.dispute, opened_by=THE_AGENT)})
