"""Scorecards of agents, teams and queues, as the pages reckon them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from fastapi import Depends, Path, Query, Request
from pydantic import BaseModel, Field

from app.web.access.rights import Permission
from app.web.access.visitor import Needs, Visitor
from app.web.api.edge import PATIENCE_S, Line, NotReadyError, UnknownParameterError, make_router
from app.web.api.sight import looked, not_there
from app.web.errors import BadRequestError
from app.web.pages.scorecards import refuse_others
from app.web.scorecards.days import Days, days_of
from app.web.scorecards.figures import Asked, Subject, among_others, figures, newest_day, with_others
from app.web.site import Site, site_of
from pipeline.errors import NotFoundError
from pipeline.records import Scorecard, SubjectSummary
from pipeline.scorecards.report import ScorecardReport

router = make_router("scorecards")

Sees = Annotated[Visitor, Depends(Needs(Permission.SCORECARDS_SEE))]
Period = Annotated[
    Literal["all", "month", "week", "days"],
    Query(description="Which days: all, one month or week (`day`), or those from `first` to `last`."),
]
Day = Annotated[date | None, Query(description="See `period`; as 2026-10-31, in the site's zone.")]
Name = Annotated[
    Line, Path(alias="subject", description="Id of the agent in recordings, or name of the team or queue.")
]


@dataclass(frozen=True, kw_only=True, slots=True)
class DaysAsked:
    """Which days a request is about."""

    period: Period = "all"
    day: Day = None
    first: Day = None
    last: Day = None


class ReportShape(BaseModel):
    """Figures of agents, teams and queues over some days; intervals are of 95 %."""

    first_day: date | None = Field(description="In the site's zone; null for no bound.")
    last_day: date | None = Field(description="Inclusive.")
    agents: list[SubjectSummary]
    teams: list[SubjectSummary]
    queues: list[SubjectSummary]
    scorecards: list[Scorecard] = Field(description="One for each version of a rubric; on a single card only.")


@router.get("/scorecards", response_model=ReportShape)
def scorecards_list(
    *,
    request: Request,
    visitor: Sees,
    asked_days: Annotated[DaysAsked, Depends()],
    team: Annotated[Line | None, Query(description="Only calls of this team.")] = None,
    rubric: Annotated[Line | None, Query(description="Only calls scored by this rubric.")] = None,
) -> ReportShape:
    """List everybody with their figures. Many calls are reckoned beside requests: 503 says to ask again."""
    site = site_of(request)
    days = _days(site, visitor, asked_days)
    report = _report(site, Asked(scope=visitor.scope, days=days, team=team, rubric_id=rubric))
    looked(site, visitor, "scorecards", agents=len(report.agents), teams=len(report.teams), queues=len(report.queues))
    return _shape(report, days)


@router.get("/scorecards/agents/{subject}", response_model=ReportShape)
def scorecards_agent(
    *, request: Request, visitor: Sees, name: Name, asked_days: Annotated[DaysAsked, Depends()]
) -> ReportShape:
    """Show an agent's card; an agent sees their own."""
    return _card(site_of(request), visitor, Subject("agent", name), asked_days)


@router.get("/scorecards/teams/{subject}", response_model=ReportShape)
def scorecards_team(
    *, request: Request, visitor: Sees, name: Name, asked_days: Annotated[DaysAsked, Depends()]
) -> ReportShape:
    """Show a team's card."""
    return _card(site_of(request), visitor, Subject("team", name), asked_days)


@router.get("/scorecards/queues/{subject}", response_model=ReportShape)
def scorecards_queue(
    *, request: Request, visitor: Sees, name: Name, asked_days: Annotated[DaysAsked, Depends()]
) -> ReportShape:
    """Show a queue's card, of the calls in it that may be seen."""
    return _card(site_of(request), visitor, Subject("queue", name), asked_days)


def _card(site: Site, visitor: Visitor, subject: Subject, asked_days: DaysAsked) -> ReportShape:
    try:
        refuse_others(site, visitor, subject)
    except NotFoundError:
        raise not_there(f"scorecard of {subject.kind}", subject.name) from None
    asked = Asked(scope=visitor.scope, days=_days(site, visitor, asked_days, subject), subject=subject)
    report = _report(site, asked)
    own = visitor.scope.agent_id is not None
    looked(site, visitor, "scorecard", subject.name, of=asked.kind, **asked.days.query)
    return _shape(with_others(report, None if own else among_others(site, asked)), asked.days)


def _days(site: Site, visitor: Visitor, asked: DaysAsked, subject: Subject | None = None) -> Days:
    needs_newest = asked.period in ("month", "week")
    if (asked.day and not needs_newest) or ((asked.first or asked.last) and asked.period != "days"):
        raise UnknownParameterError("day goes with period month or week; first and last go with period days")
    newest = newest_day(site, visitor.scope, subject) if needs_newest else site.now().date()
    first, last, day = _text(asked.first), _text(asked.last), _text(asked.day)
    try:
        return days_of(asked.period, day=day, first=first, last=last, newest=newest)
    except BadRequestError as error:
        raise UnknownParameterError(str(error)) from None


def _text(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _report(site: Site, asked: Asked) -> ScorecardReport:
    found = figures(site, asked, wait_s=PATIENCE_S).value
    if found is None:
        raise NotReadyError("these figures")
    return found


def _shape(report: ScorecardReport, days: Days) -> ReportShape:
    return ReportShape(
        first_day=days.first,
        last_day=days.last,
        agents=list(report.agents),
        teams=list(report.teams),
        queues=list(report.queues),
        scorecards=list(report.scorecards),
    )
