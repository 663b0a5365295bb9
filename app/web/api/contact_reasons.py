"""Contact reasons: what calls are about, how often, and what has become more or less."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import Depends, Query, Request
from pydantic import BaseModel, Field

from app.web.access.rights import Permission
from app.web.access.visitor import Needs, Visitor
from app.web.api.edge import PATIENCE_S, NotReadyError, OfQueue, OfTeam, make_router
from app.web.api.sight import looked
from app.web.reasons.asked import asked_reasons
from app.web.reasons.figures import counted, named_reasons
from app.web.site import site_of
from pipeline.contact_reasons.figures import Change, Part, ReasonFigures
from pipeline.records import Interval
from pipeline.store.contact_reasons import Reason

router = make_router("contact reasons")

Sees = Annotated[Visitor, Depends(Needs(Permission.COMPLIANCE_SEE))]


class ReasonShape(BaseModel):
    """A reason with its figures; shares have their 95 % Wilson interval."""

    reason_id: str = Field(description="`other` stands for calls near no group.")
    title: str = Field(description="What people call it, else its label.")
    label: str = Field(description="A rule's title, or the phrases that set a group apart.")
    kind: Literal["rule", "group"]
    phrases: list[str]
    calls: int
    share: Interval | None
    weeks: list[Part]
    recent: Part = Field(description="The last four weeks.")
    earlier: Part = Field(description="The four weeks before.")
    difference: Interval | None = Field(
        description="Recent minus earlier share, with Newcombe's interval at the level that comparing all reasons asks "
        "for; null of too few calls."
    )
    change: Change


class ReasonsShape(BaseModel):
    """The reasons of some weeks' calls, the most frequent first."""

    calls: int
    untold: int = Field(description="Calls in which nothing was said that tells a reason; they are in no figure.")
    without_start: int = Field(description="Calls of unknown time: they are in no week.")
    weeks: list[date] = Field(description="Mondays, in order.")
    reasons: list[ReasonShape]


@router.get("/contact-reasons", response_model=ReasonsShape)
def contact_reasons_list(
    *,
    request: Request,
    visitor: Sees,
    weeks: Annotated[Literal["13", "26", "53", "all"], Query(description="How many weeks, up to this one.")] = "26",
    team: OfTeam = None,
    queue: OfQueue = None,
) -> ReasonsShape:
    """List what calls are about. They are counted beside requests: 503 says to ask again."""
    site = site_of(request)
    given = {"weeks": weeks, "team": team or "", "queue": queue or ""}
    found = counted(site, visitor, asked_reasons(site, given), wait_s=PATIENCE_S).value
    if found is None:
        raise NotReadyError("these figures")
    looked(site, visitor, "contact reasons", reasons=len(found.report.reasons))
    report, named = found.report, named_reasons(site)
    return ReasonsShape(
        calls=report.calls,
        untold=found.untold,
        without_start=report.without_start,
        weeks=list(report.weeks),
        reasons=[_shape(named.get(each.reason_id, found.reasons[each.reason_id]), each) for each in report.reasons],
    )


def _shape(reason: Reason, figures: ReasonFigures) -> ReasonShape:
    return ReasonShape(
        reason_id=figures.reason_id,
        title=reason.title,
        label=reason.label,
        kind=reason.kind,
        phrases=list(reason.phrases),
        calls=figures.calls,
        share=figures.share,
        weeks=list(figures.weeks),
        recent=figures.recent,
        earlier=figures.earlier,
        difference=figures.difference,
        change=figures.change,
    )
