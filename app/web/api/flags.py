"""Flags: the calls that a person should hear, and why; closed and opened again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Query, Request, Response
from pydantic import Field

from app.web.access.rights import Permission
from app.web.access.visitor import Needs, Visitor
from app.web.api.edge import Body, Id, Instant, Line, OfAgent, OfCall, OfTeam, Prose, make_router, problems
from app.web.api.models import FlagShape
from app.web.api.paging import Page, Paged, require_kinds
from app.web.api.sight import act, call_in_sight, looked, not_there, refuse_agent_filter
from app.web.calibration.sight import calls_to_answer
from app.web.call.reading import refuse_own
from app.web.site import site_of
from pipeline.errors import NotFoundError
from pipeline.records import FlagChange, FlagState, Severity
from pipeline.review.flags import change_flag
from pipeline.store.flags import find_flag, put_flag_change
from pipeline.store.listed import Part, part_of_flags

router = make_router("flags")


class FlagChangeBody(Body):
    """That a flag was looked into, or is to be looked into again."""

    reason: Prose = Field(examples=["Heard it: the disclosure stands at the end."])


@router.get("/flags", response_model=Page[FlagShape], responses=problems(400))
def flags_list(
    *,
    request: Request,
    response: Response,
    visitor: Annotated[Visitor, Depends(Needs(Permission.CALLS_SEE))],
    paging: Paged,
    call_id: OfCall = None,
    code: Annotated[Line | None, Query(description="Only flags of this code.")] = None,
    severity: Annotated[Severity | None, Query(description="Only flags of this severity.")] = None,
    state: Annotated[FlagState | None, Query(description="Only open or only closed ones; none: both.")] = None,
    agent: OfAgent = None,
    team: OfTeam = None,
    since: Annotated[Instant | None, Query(description="Raised then or later.")] = None,
    before: Annotated[Instant | None, Query(description="Raised earlier.")] = None,
) -> Page[FlagShape]:
    """List the flags of the scores that count, the newest first."""
    refuse_agent_filter(visitor, agent)
    site = site_of(request)
    wanted = Part(scope=visitor.scope, limit=paging.limit + 1, after=require_kinds(paging.after, datetime, str))
    with site.store.read() as connection:
        found = part_of_flags(
            connection,
            wanted,
            call_id=call_id,
            code=code,
            severity=severity,
            state=state,
            agent=agent,
            team=team,
            since=since,
            before=before,
        )
        blind = calls_to_answer(connection, visitor)
    items, following = paging.page(found, lambda each: (each[0], each[1].flag.flag_id), response)
    looked(site, visitor, "flags", flags=len(items))
    notes = visitor.may(Permission.CALLS_COMMENT)  # why somebody closed one is no word for who took the call
    shown = [
        FlagShape(
            flag=row.flag,
            raised_at=raised_at,
            agent_id=row.agent_id if visitor.knows_agents else None,
            team=row.team,
            started_at=row.started_at,
            changes=list(row.changes) if notes else [],
        )
        for raised_at, row in items
        if row.flag.call_id not in blind
    ]
    return Page(items=shown, next=following)


@router.post("/flags/{flag_id}/close", response_model=FlagChange)
def flags_close(
    request: Request,
    visitor: Annotated[Visitor, Depends(Needs(Permission.CALLS_REVIEW))],
    flag_id: Id,
    body: FlagChangeBody,
) -> FlagChange:
    """Close a flag: it was looked into. It counts in no list and no scorecard any more."""
    return _change(request, visitor, flag_id, FlagState.CLOSED, body.reason)


@router.post("/flags/{flag_id}/reopen", response_model=FlagChange)
def flags_reopen(
    request: Request,
    visitor: Annotated[Visitor, Depends(Needs(Permission.CALLS_REVIEW))],
    flag_id: Id,
    body: FlagChangeBody,
) -> FlagChange:
    """Open a closed flag again."""
    return _change(request, visitor, flag_id, FlagState.OPEN, body.reason)


def _change(request: Request, visitor: Visitor, flag_id: str, state: FlagState, reason: str) -> FlagChange:
    site = site_of(request)
    with site.editing(visitor) as (connection, acts):
        try:
            flag = find_flag(connection, flag_id, hold=True)
            call = call_in_sight(connection, visitor, flag.call_id)
        except NotFoundError:
            raise not_there("flag", flag_id) from None
        if flag.flag_id != flag_id:
            raise not_there("flag", flag_id)
        refuse_own(visitor, call)
        change = change_flag(flag, state, by=visitor.user.name, reason=reason, now=site.now())
        put_flag_change(connection, change)
        acts.append(act(visitor, "flag", "call", flag.call_id, flag=flag_id, code=flag.code, state=state.value))
    return change
