"""The page of one call: what was said, what it scored and why, and the sound of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from app.acts import Act
from app.web.access.rights import Permission
from app.web.access.visitor import Needs, Visitor
from app.web.call.page import call_page
from app.web.call.shown import rest_of_query
from app.web.site import site_of

router = APIRouter()


@router.get("/calls/{call_id}")
def call(
    request: Request,
    visitor: Annotated[Visitor, Depends(Needs(Permission.CALLS_SEE))],
    call_id: Annotated[str, Path(max_length=100)],
    rubric: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """Show a call."""
    site = site_of(request)
    with site.store.read() as connection:
        page = call_page(connection, site, visitor, call_id, rubric=rubric or None)
    told = {"rubric": page.score.rubric} if page.score else {}
    site.log(visitor, Act(action="view", subject=("call", call_id), details=told))
    return site.page(request, "call/call.html", visitor, page=page, rest=rest_of_query(request))
