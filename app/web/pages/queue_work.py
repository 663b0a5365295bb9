"""Forms of the review queue: give calls to people, take them off, draw a sample."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from app.web.access.rights import Permission
from app.web.access.visitor import Needs, Visitor
from app.web.errors import BadRequestError
from app.web.queue.filters import asked_of_queue
from app.web.queue.work import SampleForm, chosen_calls, close, draw, give
from app.web.site import Site, site_of
from pipeline.reviewing.overviews import refresh_overviews

router = APIRouter()

Reviewer = Annotated[Visitor, Depends(Needs(Permission.CALLS_REVIEW))]
CallIds = Annotated[list[str], Form()]
Short = Annotated[str, Form(max_length=200)]
Back = Annotated[str, Form(max_length=4000)]


@router.post("/queue/assign")
def assigns(
    request: Request,
    visitor: Reviewer,
    *,
    call_id: CallIds = [],  # noqa: B006 - FastAPI makes a new one for each request
    to: Short = "",
    person: Short = "",
    back: Back = "",
) -> Response:
    """Give calls to somebody, or to nobody; ``to`` is a name, blank, or ``*`` for the one chosen as ``person``."""
    site = site_of(request)
    name = person if to == "*" else to
    if to == "*" and not person:
        raise BadRequestError("choose a person to give the calls to")
    _bring_up_to_date(site, call_id)
    with site.editing(visitor) as (connection, acts):
        chosen = chosen_calls(connection, visitor, call_id)
        acts.extend(give(connection, visitor, chosen, name, now=site.now()))
    return _back(site, visitor, back, "given" if name.strip() else "freed", call_id)


@router.post("/queue/take-off")
def takes_off(
    request: Request,
    visitor: Reviewer,
    call_id: CallIds = [],  # noqa: B006 - FastAPI makes a new one for each request
    reason: Annotated[str, Form(max_length=4000)] = "",
    back: Back = "",
) -> Response:
    """Take calls off the queue without answering, and say why."""
    site = site_of(request)
    _bring_up_to_date(site, call_id)
    with site.editing(visitor) as (connection, acts):
        chosen = chosen_calls(connection, visitor, call_id)
        acts.extend(close(connection, visitor, chosen, reason, now=site.now()))
    return _back(site, visitor, back, "taken-off", call_id)


@router.post("/queue/sample")
def draws(
    request: Request,
    visitor: Annotated[Visitor, Depends(Needs(Permission.QUEUE_LEAD))],
    form: Annotated[SampleForm, Form()],
) -> Response:
    """Draw calls for review. The same again draws nothing new, but for calls that have come since."""
    site = site_of(request)
    with site.editing(visitor) as (connection, acts):
        drawn, act = draw(connection, visitor, form, site.settings, now=site.now())
        acts.append(act)
    return _back(site, visitor, "", "drawn", drawn)


def _back(site: Site, visitor: Visitor, query: str, done: str, call_ids: list[str]) -> Response:
    """Lead back to the list with its filters, once the rows are as they are now."""
    _bring_up_to_date(site, call_ids)
    asked = asked_of_queue(dict(parse_qsl(query)), site, visitor)
    fields = {**asked.fields, "page": asked.page} if asked.page > 1 else dict(asked.fields)
    return RedirectResponse("/queue?" + urlencode({**fields, "done": done, "n": len(set(call_ids))}), status_code=303)


def _bring_up_to_date(site: Site, call_ids: list[str]) -> None:
    refresh_overviews(site.store, site.settings.flags, first=call_ids)
