"""All calls that the visitor may see, with what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Request
from sqlalchemy import Connection
from starlette.responses import Response

from app.acts import Act
from app.web.access.rights import Permission
from app.web.access.visitor import Needs, Visitor
from app.web.calibration.sight import without_answers
from app.web.queue.choices import Choices, choices_of
from app.web.queue.filters import ORDERS, AskedCalls, asked_of_calls
from app.web.queue.work import DONE
from app.web.site import site_of
from pipeline.audit.log import Detail
from pipeline.contact_reasons.stored import OTHER_REASONS
from pipeline.reviewing.overviews import refresh_overviews
from pipeline.store.calls import CallStatus
from pipeline.store.contact_reasons import reasons
from pipeline.store.overviews import CallOverview, Order, count_overviews, list_overviews
from pipeline.store.saved_views import SavedView, list_views

router = APIRouter()

CALLS_A_PAGE = 50
_MOST_FRESH = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class CallsPage:
    """What the page shows.

    Attributes:
        found: How many calls the filters leave.
        own: Whether the visitor is an agent, who sees their own calls, and nothing of the queue.
        done: What was just done, in words.
        reason: What the contact reason is called that is asked for; None where none is, or it is not known.
    """

    calls: Sequence[CallOverview]
    asked: AskedCalls
    found: int
    choices: Choices
    views: Sequence[SavedView]
    own: bool
    done: str | None
    reason: str | None
    states: Sequence[CallStatus] = tuple(CallStatus)
    orders: Mapping[str, str]

    @property
    def more(self) -> bool:
        """Whether there is a page after this one."""
        return self.asked.page * CALLS_A_PAGE < self.found


@router.get("/calls")
def calls(
    request: Request, visitor: Annotated[Visitor, Depends(Needs(Permission.CALLS_SEE))], done: str = ""
) -> Response:
    """List calls, the newest first unless another order is asked for."""
    site = site_of(request)
    asked = asked_of_calls(request.query_params, site, visitor)
    order = cast(Order, asked.fields.get("order", "newest"))
    first = (asked.page - 1) * CALLS_A_PAGE
    refresh_overviews(site.store, site.settings.flags, most=_MOST_FRESH)
    with site.store.read() as connection:
        found = list_overviews(connection, asked.filters, visitor.scope, order=order, limit=CALLS_A_PAGE, offset=first)
        page = CallsPage(
            calls=without_answers(connection, visitor, found),
            asked=asked,
            found=count_overviews(connection, asked.filters, visitor.scope),
            choices=choices_of(site, connection, visitor.scope),
            views=list_views(connection, visitor.user.user_id, "calls"),
            own=visitor.scope.agent_id is not None,
            done=DONE.get(done),
            reason=_title(connection, asked.fields.get("reason")),
            orders=ORDERS,
        )
    told: dict[str, Detail] = {**asked.fields, "page": asked.page, "calls": len(found)}
    site.log(visitor, Act(action="view", subject=("calls", ""), details=told))
    return site.page(request, "calls/calls.html", visitor, page=page)


def _title(connection: Connection, reason_id: str | None) -> str | None:
    if reason_id is None:
        return None
    return next((each.title for each in (OTHER_REASONS, *reasons(connection)) if each.reason_id == reason_id), None)
