"""The review queue: which calls wait for a person, and why; and the next one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from app.acts import Act
from app.web.access.rights import Permission
from app.web.access.visitor import Needs, Visitor
from app.web.calibration.sight import without_answers
from app.web.queue.choices import Choices, choices_of, people_who_review
from app.web.queue.filters import WHOSE, AskedCalls, asked_of_queue
from app.web.queue.next_call import next_in_queue
from app.web.queue.work import DONE
from app.web.site import Site, site_of
from pipeline.audit.log import Detail
from pipeline.records import QueueKind, Severity, User
from pipeline.review.sampling import POLICIES
from pipeline.reviewing.overviews import refresh_overviews
from pipeline.store.overviews import CallOverview, OverviewFilter, count_overviews, list_overviews
from pipeline.store.saved_views import SavedView, list_views

router = APIRouter()

CALLS_A_PAGE = 50
_MOST_FRESH = 100  # made anew before the page is read; others are made beside requests


@dataclass(frozen=True, kw_only=True, slots=True)
class QueuePage:
    """What the page shows.

    Attributes:
        waiting: How many calls wait at all; ``critical`` and ``mine`` are counted among them.
        found: How many of them the filters leave.
        leads: Whether the visitor may draw samples, and see whose calls wait.
        done: What was just done, in words.
    """

    calls: Sequence[CallOverview]
    asked: AskedCalls
    found: int
    waiting: int
    critical: int
    mine: int
    choices: Choices
    people: Sequence[User]
    views: Sequence[SavedView]
    leads: bool
    done: str | None
    whose: Mapping[str, str]
    kinds: Sequence[QueueKind] = tuple(QueueKind)
    severities: Sequence[Severity] = tuple(Severity)
    policies: Sequence[str] = POLICIES

    @property
    def more(self) -> bool:
        """Whether there is a page after this one."""
        return self.asked.page * CALLS_A_PAGE < self.found


@router.get("/queue")
def queue(
    request: Request, visitor: Annotated[Visitor, Depends(Needs(Permission.CALLS_REVIEW))], done: str = "", n: int = 0
) -> Response:
    """List the calls that wait for a person, the gravest first."""
    site = site_of(request)
    asked = asked_of_queue(request.query_params, site, visitor)
    refresh_overviews(site.store, site.settings.flags, most=_MOST_FRESH)
    page = _read(site, visitor, asked, DONE[done].format(n=n) if done in DONE else None)
    told: dict[str, Detail] = {**asked.fields, "page": asked.page, "calls": len(page.calls)}
    site.log(visitor, Act(action="view", subject=("queue", ""), details=told))
    return site.page(request, "queue/queue.html", visitor, page=page)


@router.get("/queue/next")
def next_call(
    request: Request, visitor: Annotated[Visitor, Depends(Needs(Permission.CALLS_REVIEW))], after: str = ""
) -> Response:
    """Lead to the call that is to be heard next, or back to the queue where nothing waits any more."""
    site = site_of(request)
    asked = asked_of_queue(request.query_params, site, visitor)
    refresh_overviews(site.store, site.settings.flags, most=_MOST_FRESH, first=[after] if after else ())
    with site.store.read() as connection:
        call_id = next_in_queue(connection, asked, visitor, after=after or None)
    query = f"&{asked.query}" if asked.query else ""
    address = f"/queue?done=none{query}" if call_id is None else f"/calls/{call_id}?from=queue{query}"
    return RedirectResponse(address, status_code=303)


def _read(site: Site, visitor: Visitor, asked: AskedCalls, done: str | None) -> QueuePage:
    first = (asked.page - 1) * CALLS_A_PAGE
    scope, all_waiting = visitor.scope, OverviewFilter(waiting=True)
    own = replace(all_waiting, whose="mine", name=asked.filters.name, folded_name=asked.filters.folded_name)
    grave = replace(all_waiting, severity=Severity.CRITICAL)
    with site.store.read() as connection:
        waiting = count_overviews(connection, all_waiting, scope)
        found = list_overviews(connection, asked.filters, scope, order="queue", limit=CALLS_A_PAGE, offset=first)
        return QueuePage(
            calls=without_answers(connection, visitor, found),
            asked=asked,
            found=count_overviews(connection, asked.filters, scope) if asked.fields else waiting,
            waiting=waiting,
            critical=count_overviews(connection, grave, scope),
            mine=count_overviews(connection, own, scope),
            choices=choices_of(site, connection, scope),
            people=people_who_review(connection, scope),
            views=list_views(connection, visitor.user.user_id, "queue"),
            leads=visitor.may(Permission.QUEUE_LEAD),
            done=done,
            whose=WHOSE,
        )
