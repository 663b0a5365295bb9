"""What calls are about: each reason's share and trend, the calls behind it, and what it is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from app.acts import Act
from app.web.access.rights import Permission
from app.web.access.visitor import Needs, Visitor
from app.web.reasons.asked import PERIODS, AskedReasons, asked_reasons
from app.web.reasons.figures import Choices, InFull, choices, counted, counted_in_full, named_reasons
from app.web.reasons.picture import Picture, large_picture, small_picture
from app.web.site import Site, site_of
from app.web.snapshots import Snapshot
from pipeline.contact_reasons.by_rules import OTHER
from pipeline.contact_reasons.figures import WEEKS_COMPARED, ReasonFigures
from pipeline.contact_reasons.names import MOST_CHARACTERS, give_name
from pipeline.contact_reasons.stored import OTHER_REASONS, Example, StoredReasons, example_of
from pipeline.errors import NotFoundError
from pipeline.store.contact_reasons import Reason, calls_of_reason, get_reason, reasons

router = APIRouter()

Sees = Annotated[Visitor, Depends(Needs(Permission.COMPLIANCE_SEE))]


@dataclass(frozen=True, kw_only=True, slots=True)
class ReasonsPage:
    """What the page shows of all reasons.

    Attributes:
        named: The reasons as they are called now, by id.
        pictures: Their trends, where there are two weeks or more.
    """

    asked: AskedReasons
    choices: Choices
    shot: Snapshot[StoredReasons]
    named: Mapping[str, Reason]
    pictures: Mapping[str, Picture | None]
    weeks_compared: int = WEEKS_COMPARED


@dataclass(frozen=True, kw_only=True, slots=True)
class ReasonPage:
    """What the page shows of one reason.

    Attributes:
        figures: None until they are counted, or where no call of these weeks has the reason.
        example: How the call begins that is most like its group.
    """

    asked: AskedReasons
    choices: Choices
    reason: Reason
    shot: Snapshot[InFull]
    figures: ReasonFigures | None
    picture: Picture | None
    example: Example | None
    by_queue: ReasonFigures | None
    by_team: ReasonFigures | None
    may_name: bool
    most_characters: int = MOST_CHARACTERS
    weeks_compared: int = WEEKS_COMPARED


@router.get("/reasons")
def all_reasons(request: Request, visitor: Sees) -> Response:
    """Show how often each reason is why people call."""
    site = site_of(request)
    asked = asked_reasons(site, request.query_params)
    shot = counted(site, visitor, asked)
    found = shot.value.report.reasons if shot.value else ()
    page = ReasonsPage(
        asked=asked,
        choices=choices(site, visitor.scope),
        shot=shot,
        named=named_reasons(site),
        pictures={each.reason_id: small_picture(each.weeks) for each in found},
    )
    return site.page(request, "reasons/reasons.html", visitor, page=page, periods=PERIODS)


@router.get("/reasons/{reason_id}")
def one_reason(request: Request, reason_id: str, visitor: Sees) -> Response:
    """Show one reason week by week, by queue and team, and how such a call begins."""
    site = site_of(request)
    asked = asked_reasons(site, request.query_params)
    reason = _in_sight(site, visitor, reason_id)
    shot = counted_in_full(site, visitor, asked)
    found = shot.value
    with site.store.read() as connection:
        example = example_of(connection, reason_id, visitor.scope)
    figures = _of(found.all if found else None, reason_id)
    if example is not None:
        site.log(visitor, Act(action="view", subject=("call", example.call_id), details={"reason": reason_id}))
    page = ReasonPage(
        asked=asked,
        choices=choices(site, visitor.scope),
        reason=reason,
        shot=shot,
        figures=figures,
        picture=large_picture(figures.weeks) if figures else None,
        example=example,
        by_queue=_of(found.by_queue if found else None, reason_id),
        by_team=_of(found.by_team if found else None, reason_id),
        may_name=reason_id != OTHER and visitor.may(Permission.QUEUE_LEAD),
    )
    return site.page(request, "reasons/reason.html", visitor, page=page, periods=PERIODS)


@router.post("/reasons/{reason_id}/name")
def names_reason(
    request: Request,
    reason_id: str,
    visitor: Annotated[Visitor, Depends(Needs(Permission.QUEUE_LEAD))],
    name: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Call a reason something else, for everybody; an empty name gives back what was found."""
    site = site_of(request)
    if _in_sight(site, visitor, reason_id) is OTHER_REASONS:
        raise NotFoundError("other reasons have no name of their own")
    with site.editing(visitor) as (connection, acts):
        give_name(connection, reason_id, name, by=visitor.user.name, now=site.now())
        chosen = get_reason(connection, reason_id).name
        acts.append(Act(action="edit", subject=("contact reason", reason_id), details={"name": chosen or ""}))
    return RedirectResponse(f"/reasons/{quote(reason_id, safe='')}", status_code=303)


def _in_sight(site: Site, visitor: Visitor, reason_id: str) -> Reason:
    """Return a reason that calls have which the visitor may see.

    Raises:
        NotFoundError: There is none of this id, or none of its calls may be seen.
    """
    of_calls = None if reason_id == OTHER else reason_id
    with site.store.read() as connection:
        known = [OTHER_REASONS, *reasons(connection)]
        found = next((each for each in known if each.reason_id == reason_id), None)
        hidden = not visitor.scope.whole and not calls_of_reason(connection, of_calls, scope=visitor.scope, limit=1)
    if found is None or hidden:
        raise NotFoundError(f"there is no contact reason {reason_id}")
    return found


def _of(of_calls: StoredReasons | None, reason_id: str) -> ReasonFigures | None:
    if of_calls is None:
        return None
    return next((each for each in of_calls.report.reasons if each.reason_id == reason_id), None)
