"""Disputes: rule on those that are open, look up past ones; agents see and withdraw their own."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response

from app.acts import Act, review_act, ruling_act
from app.web.access.rights import Permission
from app.web.access.visitor import Needs, Visitor
from app.web.call.questions import questions_of
from app.web.call.reading import own_recording, refuse_own
from app.web.disputing import DisputeLine, DisputePage, dispute_page, lines_of, own_dispute
from app.web.site import Site, site_of
from pipeline.errors import ReviewError
from pipeline.records import DisputeState
from pipeline.reviewing.disputes import end_without_correction, uphold
from pipeline.store.disputes import disputes_in_scope
from pipeline.store.overviews import values_in_use

router = APIRouter()

PER_PAGE = 25
Ruler = Annotated[Visitor, Depends(Needs(Permission.DISPUTES_RULE))]
Objector = Annotated[Visitor, Depends(Needs(Permission.CALLS_OBJECT))]
PageNumber = Annotated[int, Query(ge=1, le=100_000)]
Reason = Annotated[str, Form(max_length=20_000)]


class Shown(StrEnum):
    """Which disputes are listed."""

    OPEN = "open"
    UPHELD = "upheld"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"
    ALL = "all"

    @property
    def states(self) -> tuple[DisputeState, ...]:
        """The states that it stands for; none: all."""
        if self is Shown.ALL:
            return ()
        ended = (DisputeState.UPHELD, DisputeState.REJECTED, DisputeState.WITHDRAWN)
        return ended if self is Shown.ENDED else (DisputeState(self.value),)


@dataclass(frozen=True, kw_only=True, slots=True)
class DisputesPage:
    """A list of disputes.

    Attributes:
        agents: To choose from; empty for who should not know whose calls they judge.
        told: What was just done, in a sentence.
    """

    lines: list[DisputeLine]
    shown: Shown
    agent: str | None
    agents: list[str]
    number: int
    more: bool
    told: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class RulingPage:
    """A dispute with what somebody was about to rule."""

    dispute: DisputePage
    answer: str = ""
    share: str = ""
    reason: str = ""
    told: str = ""


_DONE = {
    "upheld": "Upheld: the new answer counts from now on.",
    "rejected": "Rejected: the answer stays as it is.",
    "withdrawn": "Withdrawn.",
}


@router.get("/disputes")
def disputes(
    request: Request,
    visitor: Ruler,
    *,
    state: Shown = Shown.OPEN,
    agent: str = "",
    page: PageNumber = 1,
    done: str = "",
) -> Response:
    """List disputes: the open ones oldest first, past ones latest first."""
    site = site_of(request)
    names = visitor.knows_agents
    whose = agent if agent and names else None
    with site.store.read() as connection:
        rows = disputes_in_scope(
            connection,
            visitor.scope,
            states=state.states,
            agent=whose,
            newest_first=state is not Shown.OPEN,
            limit=PER_PAGE + 1,
            offset=PER_PAGE * (page - 1),
        )
        lines = lines_of(connection, visitor, rows[:PER_PAGE])
        agents = values_in_use(connection, "agent_id", visitor.scope) if names else []
    site.log(visitor, _looked(lines))
    shown = DisputesPage(
        lines=lines,
        shown=state,
        agent=whose,
        agents=agents,
        number=page,
        more=len(rows) > PER_PAGE,
        told=_DONE.get(done, ""),
    )
    return site.page(request, "disputes/list.html", visitor, page=shown)


@router.get("/disputes/mine")
def own_disputes(request: Request, visitor: Objector, page: PageNumber = 1, done: str = "") -> Response:
    """List an agent's own disputes, the latest first."""
    site = site_of(request)
    with site.store.read() as connection:
        rows = disputes_in_scope(
            connection, visitor.scope, newest_first=True, limit=PER_PAGE + 1, offset=PER_PAGE * (page - 1)
        )
        lines = lines_of(connection, visitor, rows[:PER_PAGE])
    site.log(visitor, _looked(lines))
    shown = DisputesPage(
        lines=lines,
        shown=Shown.ALL,
        agent=None,
        agents=[],
        number=page,
        more=len(rows) > PER_PAGE,
        told=_DONE.get(done, ""),
    )
    return site.page(request, "disputes/mine.html", visitor, page=shown)


@router.get("/disputes/{dispute_id}")
def dispute(request: Request, visitor: Ruler, dispute_id: str) -> Response:
    """Show a dispute with what it is about, to rule on it."""
    site = site_of(request)
    return _ruling_page(request, site, visitor, dispute_id)


@router.post("/disputes/{dispute_id}/uphold")
def upholds(
    request: Request,
    visitor: Ruler,
    dispute_id: str,
    *,
    answer: Annotated[str, Form(max_length=200)] = "",
    share: Annotated[str, Form(max_length=20)] = "",
    reason: Reason = "",
) -> Response:
    """Correct the answer."""
    site = site_of(request)
    given = share.strip() or answer
    try:
        if not given:
            raise ReviewError("choose the right answer")
        with site.editing(visitor) as (connection, acts):
            _own_to_rule(connection, visitor, dispute_id)
            row, review = uphold(
                connection,
                dispute_id,
                given,
                by=visitor.user.name,
                reason=reason,
                questions=questions_of(site),
                now=site.now(),
            )
            acts += [ruling_act(row), review_act(review)]
    except ReviewError as error:
        return _ruling_page(
            request, site, visitor, dispute_id, answer=answer, share=share, reason=reason, told=str(error), status=409
        )
    return RedirectResponse("/disputes?done=upheld", status_code=303)


@router.post("/disputes/{dispute_id}/reject")
def rejects(request: Request, visitor: Ruler, dispute_id: str, reason: Reason = "") -> Response:
    """Leave the answer as it is."""
    site = site_of(request)
    try:
        with site.editing(visitor) as (connection, acts):
            _own_to_rule(connection, visitor, dispute_id)
            row = end_without_correction(
                connection, dispute_id, DisputeState.REJECTED, by=visitor.user.name, reason=reason, now=site.now()
            )
            acts.append(ruling_act(row))
    except ReviewError as error:
        return _ruling_page(request, site, visitor, dispute_id, reason=reason, told=str(error), status=409)
    return RedirectResponse("/disputes?done=rejected", status_code=303)


@router.post("/disputes/{dispute_id}/withdraw")
def withdraws(request: Request, visitor: Objector, dispute_id: str, reason: Reason = "") -> Response:
    """Take one's own dispute back."""
    site = site_of(request)
    with site.editing(visitor) as (connection, acts):
        own_dispute(connection, visitor, dispute_id)
        row = end_without_correction(
            connection,
            dispute_id,
            DisputeState.WITHDRAWN,
            by=visitor.user.name,
            reason=reason.strip() or "withdrawn",
            now=site.now(),
        )
        acts.append(ruling_act(row))
    return RedirectResponse("/disputes/mine?done=withdrawn", status_code=303)


def _own_to_rule(connection: Connection, visitor: Visitor, dispute_id: str) -> None:
    row = own_dispute(connection, visitor, dispute_id)
    refuse_own(visitor, own_recording(connection, visitor, row.dispute.call_id))


def _ruling_page(
    request: Request,
    site: Site,
    visitor: Visitor,
    dispute_id: str,
    *,
    answer: str = "",
    share: str = "",
    reason: str = "",
    told: str = "",
    status: int = 200,
) -> Response:
    questions = questions_of(site)
    with site.store.read() as connection:
        found = dispute_page(site, connection, visitor, dispute_id, questions)
    subject = ("call", found.line.row.dispute.call_id)
    site.log(visitor, Act(action="view", subject=subject, details={"dispute": dispute_id}))
    page = RulingPage(dispute=found, answer=answer, share=share, reason=reason, told=told)
    return site.page(request, "disputes/dispute.html", visitor, status=status, page=page)


def _looked(lines: list[DisputeLine]) -> Act:
    return Act(action="view", subject=("disputes", ""), details={"disputes": len(lines)})
