"""Calls: the list with its filters, one with all that is known about it, its transcript, scores and comments."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

from fastapi import Depends, Header, Query, Request, Response
from pydantic import Field

from app.web.access.rights import KNOWS_AGENTS, Permission
from app.web.access.visitor import Needs, Visitor
from app.web.api.edge import Body, Id, Instant, Line, OfAgent, OfQueue, OfTeam, Prose, make_router, problems
from app.web.api.models import (
    CallShape,
    ScoreShape,
    ScoresShape,
    TranscriptShape,
    call_shape,
    score_shape,
)
from app.web.api.paging import Page, Paged, require_kinds
from app.web.api.sight import act, call_in_sight, known_question, looked, not_there, refuse_agent_filter
from app.web.calibration.sight import refuse_before_answers, without_answers
from app.web.call.reading import refuse_own, rights_of
from app.web.disputing import THE_AGENT
from app.web.errors import BadRequestError
from app.web.site import Site, site_of
from pipeline.records import Recording, Severity
from pipeline.records.comments import Comment
from pipeline.review.comments import make_comment
from pipeline.reviewing.evaluations import Evaluation, read_evaluation
from pipeline.reviewing.overviews import refresh_overviews
from pipeline.store.call_record import CallRecord, read_call
from pipeline.store.calls import CallStatus
from pipeline.store.comments import comments_of_call, put_comment
from pipeline.store.overviews import CallOverview, OverviewFilter, list_overviews, order_key

router = make_router("calls")

Sees = Annotated[Visitor, Depends(Needs(Permission.CALLS_SEE))]
Share = Annotated[float | None, Query(ge=0, le=1, description="Bound of the score that counts, 0 to 1.")]
Mood = Annotated[float | None, Query(ge=-1, le=1, description="Bound of the customer's sentiment, -1 to 1.")]
Sorted = Annotated[Literal["newest", "oldest", "best", "worst"], Query(description="How they are sorted.")]
MOST_FRESHENED = 500


class CommentBody(Body):
    """What is said about a call."""

    text: Prose = Field(examples=["Listen to the end."])
    criterion_id: Line | None = Field(default=None, description="The question that it is about.")
    at_ms: int | None = Field(default=None, ge=0, le=86_400_000, description="The moment that it is about.")


@router.get("/calls", response_model=Page[CallOverview], responses=problems(400))
def calls_list(
    *,
    request: Request,
    response: Response,
    visitor: Sees,
    paging: Paged,
    state: Annotated[CallStatus | None, Query(description="Only calls that stand so.")] = None,
    agent: OfAgent = None,
    team: OfTeam = None,
    queue: OfQueue = None,
    rubric: Annotated[Line | None, Query(description="Only calls whose score that counts is by this rubric.")] = None,
    flag: Annotated[Line | None, Query(description="Only calls with an open flag of this code.")] = None,
    severity: Annotated[
        Severity | None, Query(description="Only calls whose gravest open flag is of this severity.")
    ] = None,
    since: Annotated[Instant | None, Query(description="Calls that began then or later.")] = None,
    before: Annotated[Instant | None, Query(description="Calls that began earlier.")] = None,
    share_from: Share = None,
    share_to: Share = None,
    sentiment_from: Mood = None,
    sentiment_to: Mood = None,
    order: Sorted = "newest",
) -> Page[CallOverview]:
    """List calls. What is not known of a call is outside of every bound."""
    refuse_agent_filter(visitor, agent)
    site = site_of(request)
    refresh_overviews(site.store, site.settings.flags, most=MOST_FRESHENED)
    asked = OverviewFilter(
        states=(state,) if state else (),
        agent=agent,
        team=team,
        queue=queue,
        rubric=rubric,
        flag=flag,
        severity=severity,
        since=since,
        before=before,
        share_from=share_from,
        share_to=share_to,
        sentiment_from=sentiment_from,
        sentiment_to=sentiment_to,
    )
    by_time = order in ("newest", "oldest")
    after = require_kinds(paging.after, (datetime, type(None)) if by_time else (float, int, type(None)), str)
    with site.store.read() as connection:
        found = list_overviews(connection, asked, visitor.scope, order=order, limit=paging.limit + 1, after=after)
        items, following = paging.page(found, lambda call: order_key(call, order), response)
        items = without_answers(connection, visitor, items)
    looked(site, visitor, "calls", calls=len(items))
    return Page(items=[_listed(visitor, call) for call in items], next=following)


@router.get("/calls/{call_id}", response_model=CallShape, responses={304: {"description": "It is as it was."}})
def calls_get(
    request: Request,
    visitor: Sees,
    call_id: Id,
    if_none_match: Annotated[str | None, Header(description="The `ETag` of an earlier answer.")] = None,
) -> Response:
    """Show one call: recording, transcript, findings, sentiment, measures, scores with evidence, flags, answers.

    The answer's `ETag` stays the same as long as nothing of this has changed. Who reviews calls is not told whose call
    it is. Reviewers and agents are told neither the customer's reference nor metadata, and nobody where the file lies.
    """
    site = site_of(request)
    call, evaluation = _read(site, visitor, call_id, blind=True)
    looked(site, visitor, "call", call_id)
    call = replace(call, recording=_as_told(visitor, call.recording))
    told = call_shape(call, evaluation).model_dump_json().encode()
    headers = {"ETag": f'"{hashlib.sha256(told).hexdigest()[:32]}"', "Cache-Control": "private, no-cache"}
    if headers["ETag"] in _tags(if_none_match):
        return Response(status_code=304, headers=headers)
    return Response(told, media_type="application/json", headers=headers)


@router.get("/calls/{call_id}/transcript", response_model=TranscriptShape)
def calls_transcript(request: Request, visitor: Sees, call_id: Id) -> TranscriptShape:
    """Show who said what and when, as it is kept: personal data is masked."""
    site = site_of(request)
    call, _ = _read(site, visitor, call_id)
    if call.transcript is None:
        raise not_there("transcript of call", call_id)
    looked(site, visitor, "call", call_id, part="transcript")
    return TranscriptShape.model_validate(call.transcript)


@router.get("/calls/{call_id}/scores", response_model=ScoresShape)
def calls_scores(request: Request, visitor: Sees, call_id: Id) -> ScoresShape:
    """Show all scores of a call, the one that counts with people's answers in it, and who has seen it."""
    site = site_of(request)
    call, evaluation = _read(site, visitor, call_id, blind=True)
    looked(site, visitor, "call", call_id, part="scores")
    seen_by = evaluation.acknowledgements if evaluation else ()
    if not rights_of(visitor, call.recording).knows_agent:
        seen_by = tuple(replace(each, acknowledged_by=THE_AGENT) for each in seen_by)
    return ScoresShape(
        scores=[score_shape(stored) for stored in call.scores],
        effective=ScoreShape.model_validate(evaluation.effective) if evaluation else None,
        acknowledgements=list(seen_by),
    )


@router.get("/calls/{call_id}/comments", response_model=Page[Comment])
def comments_list(
    request: Request, visitor: Annotated[Visitor, Depends(Needs(Permission.CALLS_COMMENT))], call_id: Id
) -> Page[Comment]:
    """List what was said about a call, the oldest first. Agents do not see it."""
    site = site_of(request)
    with site.store.read() as connection:
        if not rights_of(visitor, call_in_sight(connection, visitor, call_id)).reads_notes:
            raise not_there("comment on call", call_id)
        found = comments_of_call(connection, call_id)
    looked(site, visitor, "call", call_id, part="comments")
    return Page(items=found)


@router.post("/calls/{call_id}/comments", response_model=Comment, status_code=201, responses=problems(400))
def comments_add(
    request: Request,
    visitor: Annotated[Visitor, Depends(Needs(Permission.CALLS_COMMENT))],
    call_id: Id,
    body: CommentBody,
) -> Comment:
    """Say something about a call, one of its questions or one of its moments."""
    site = site_of(request)
    with site.editing(visitor) as (connection, acts):
        recording = call_in_sight(connection, visitor, call_id)
        refuse_own(visitor, recording)
        if body.at_ms is not None and body.at_ms > recording.duration_ms:
            raise BadRequestError(f"at_ms is after the end of the call, which is {recording.duration_ms} ms long")
        comment = make_comment(
            call_id,
            body.text,
            by=visitor.user.name,
            now=site.now(),
            criterion_id=known_question(connection, call_id, body.criterion_id),
            at_ms=body.at_ms,
        )
        put_comment(connection, comment)
        acts.append(act(visitor, "comment", "call", call_id, comment=comment.comment_id))
    return comment


def _read(site: Site, visitor: Visitor, call_id: str, *, blind: bool = False) -> tuple[CallRecord, Evaluation | None]:
    """Read a call; ``blind`` refuses it to who has yet to answer about it without seeing others' answers."""
    with site.store.read() as connection:
        call_in_sight(connection, visitor, call_id)
        if blind:
            refuse_before_answers(connection, visitor, call_id)
        call = read_call(connection, call_id)
        scored = any(stored.current for stored in call.scores)
        return call, read_evaluation(connection, call_id) if scored else None


def _as_told(visitor: Visitor, recording: Recording) -> Recording:
    """Return a recording without what the page of the call does not tell either."""
    told = replace(recording, media_uri="")
    if visitor.user.role not in KNOWS_AGENTS:
        told = replace(told, customer_ref=None, metadata={})  # which may tell whose call it is, too
    return told if rights_of(visitor, recording).knows_agent else replace(told, agent_id=None)


def _tags(given: str | None) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in (given or "").split(",")}


def _listed(visitor: Visitor, call: CallOverview) -> CallOverview:
    shown = call if visitor.may(Permission.CALLS_COMMENT) else _without_queue(call)
    return shown if visitor.knows_agents else replace(shown, agent_id=None)


def _without_queue(call: CallOverview) -> CallOverview:
    """Return what an agent may know of a call: nothing of who is to hear it, and why."""
    return replace(call, waits=False, place=None, waits_since=None, reasons=(), reviewers=(), assigned_to=None)
