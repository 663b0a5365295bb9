"""Filters of lists kept under a name: to save and to delete. Each is its owner's."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from app.web.access.rights import Permission
from app.web.access.visitor import Needs, Visitor
from app.web.errors import BadRequestError
from app.web.queue.filters import asked_of_calls, asked_of_queue
from app.web.site import site_of
from pipeline.review.wording import checked_name, made_id
from pipeline.store.saved_views import SavedView, delete_view, list_views, put_view

router = APIRouter()

MOST_VIEWS = 50
_LISTS = {"queue": asked_of_queue, "calls": asked_of_calls}

Whoever = Annotated[Visitor, Depends(Needs(Permission.CALLS_SEE))]


@router.post("/views")
def saves(
    request: Request,
    visitor: Whoever,
    page: Annotated[str, Form(max_length=20)],
    name: Annotated[str, Form(max_length=200)] = "",
    query: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    """Keep a list's filters; a view of the same name is replaced."""
    site = site_of(request)
    if page not in _LISTS:
        raise BadRequestError(f"page: choose one of {', '.join(_LISTS)}")
    asked = _LISTS[page](dict(parse_qsl(query)), site, visitor)
    if not asked.fields:
        raise BadRequestError("set a filter first: a view keeps the filters of a list")
    title = checked_name(name)
    with site.editing(visitor) as (connection, _):
        kept = list_views(connection, visitor.user.user_id, page)
        if len(kept) >= MOST_VIEWS and title not in {view.name for view in kept}:
            raise BadRequestError(f"{MOST_VIEWS} views are enough: delete one first")
        put_view(
            connection,
            SavedView(
                view_id=made_id("v-", user=visitor.user.user_id, page=page, name=title),
                user_id=visitor.user.user_id,
                page=page,
                name=title,
                query=asked.query,
                created_at=site.now(),
            ),
        )
    return RedirectResponse(f"/{page}?{asked.query}&" + urlencode({"done": "saved"}), status_code=303)


@router.post("/views/{view_id}/delete")
def deletes(request: Request, visitor: Whoever, view_id: str) -> Response:
    """Forget a view."""
    with site_of(request).editing(visitor) as (connection, _):
        view = delete_view(connection, visitor.user.user_id, view_id)
    return RedirectResponse(f"/{view.page}?done=deleted", status_code=303)
