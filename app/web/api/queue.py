"""The review queue: which calls wait for a person, which is next, and taking one off without an answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from fastapi import Depends, Query, Request, Response
from pydantic import Field

from app.web.access.rights import Permission
from app.web.access.visitor import Needs, Visitor
from app.web.api.edge import Body, Id, Line, OfQueue, Prose, make_router, problems
from app.web.api.models import Shape
from app.web.api.paging import Page, Paged, require_kinds
from app.web.api.sight import act, call_in_sight, looked
from app.web.calibration.sight import without_answers
from app.web.call.reading import refuse_own
from app.web.site import Site, site_of
from pipeline.records import QueueClosing, QueueKind, Severity
from pipeline.review.wording import folded
from pipeline.reviewing.overviews import refresh_overviews
from pipeline.reviewing.queue import take_off
from pipeline.store.overviews import CallOverview, OverviewFilter, OverviewReason, list_overviews, order_key

router = make_router("queue")

Reviews = Annotated[Visitor, Depends(Needs(Permission.CALLS_REVIEW))]
Turn = Literal["mine", "anybody", "others"]
Whose = Annotated[
    Turn | None,
    Query(description="mine: given to or drawn for you; anybody: free to be taken; others: neither."),
]
Why = Annotated[QueueKind | None, Query(description="Only calls that wait for a reason of this kind.")]
_FRESHENED = 500
_OURS: tuple[Turn, ...] = ("mine", "anybody")


class QueuedShape(Shape):
    """A call that waits. Whose call it is only who leads the queue sees: who hears it should not know."""

    call_id: str
    started_at: datetime | None
    duration_ms: int
    queue: str | None
    severity: Severity | None = Field(description="Of the gravest open flag.")
    waits_since: datetime | None
    reasons: list[OverviewReason] = Field(description="Why it waits, the weightiest first.")
    assigned_to: str | None
    agent_id: str | None = None
    team: str | None = None


class NextShape(Shape):
    """The call to hear now; null where nothing waits."""

    call: QueuedShape | None


class TakeOffBody(Body):
    """Why a call need not be heard."""

    reason: Prose


@router.get("/queue", response_model=Page[QueuedShape], responses=problems(400))
def queue_list(
    *,
    request: Request,
    response: Response,
    visitor: Reviews,
    paging: Paged,
    whose: Whose = None,
    why: Why = None,
    queue: OfQueue = None,
    rubric: Annotated[Line | None, Query(description="Only calls whose score that counts is by this rubric.")] = None,
    flag: Annotated[Line | None, Query(description="Only calls with an open flag of this code.")] = None,
    severity: Annotated[Severity | None, Query(description="Only calls whose gravest open flag is so grave.")] = None,
) -> Page[QueuedShape]:
    """List the calls that wait for a person, in the order in which they are to be heard."""
    site = site_of(request)
    asked = _asked(visitor, whose, why, queue=queue, rubric=rubric, flag=flag, severity=severity)
    after = require_kinds(paging.after, (int, type(None)), (datetime, type(None)), str)
    found = _waiting(site, visitor, asked, limit=paging.limit + 1, after=after)
    items, following = paging.page(found, lambda call: order_key(call, "queue"), response)
    looked(site, visitor, "queue", calls=len(items))
    return Page(items=_shapes(site, visitor, items), next=following)


@router.get("/queue/next", response_model=NextShape)
def queue_next(request: Request, visitor: Reviews, whose: Whose = None, why: Why = None) -> NextShape:
    """Tell which call to hear now: first what was given to you or drawn for you, then what is anybody's."""
    site = site_of(request)
    for turn in (whose,) if whose else _OURS:
        found = _waiting(site, visitor, _asked(visitor, turn, why), limit=1, after=None)
        if found:
            break
    looked(site, visitor, "queue", calls=len(found))
    return NextShape(call=next(iter(_shapes(site, visitor, found)), None))


@router.post("/queue/{call_id}/take-off", response_model=QueueClosing)
def queue_take_off(request: Request, visitor: Reviews, call_id: Id, body: TakeOffBody) -> QueueClosing:
    """Take a call off without answering. Not needed after a review: what was answered is done."""
    site = site_of(request)
    with site.editing(visitor) as (connection, acts):
        refuse_own(visitor, call_in_sight(connection, visitor, call_id))
        made = take_off(connection, call_id, by=visitor.user.name, reason=body.reason, now=site.now())
        acts.append(act(visitor, "queue", "call", call_id, closing=made.closing_id))
    return made


def _asked(
    visitor: Visitor,
    whose: Turn | None,
    why: QueueKind | None,
    *,
    queue: str | None = None,
    rubric: str | None = None,
    flag: str | None = None,
    severity: Severity | None = None,
) -> OverviewFilter:
    return OverviewFilter(
        waiting=True,
        whose=whose,
        kinds=(why,) if why else (),
        queue=queue,
        rubric=rubric,
        flag=flag,
        severity=severity,
        name=visitor.user.name,
        folded_name=folded(visitor.user.name),
        not_of_agents=tuple(name for name in (visitor.user.agent_id, visitor.user.name) if name),
    )


def _waiting(
    site: Site, visitor: Visitor, asked: OverviewFilter, *, limit: int, after: tuple[object, ...] | None
) -> list[CallOverview]:
    refresh_overviews(site.store, site.settings.flags, most=_FRESHENED)
    with site.store.read() as connection:
        return list_overviews(connection, asked, visitor.scope, order="queue", limit=limit, after=after)


def _shapes(site: Site, visitor: Visitor, calls: Sequence[CallOverview]) -> list[QueuedShape]:
    with site.store.read() as connection:
        shown = [QueuedShape.model_validate(call) for call in without_answers(connection, visitor, calls)]
    if visitor.may(Permission.QUEUE_LEAD):
        return shown
    return [each.model_copy(update={"agent_id": None, "team": None}) for each in shown]
