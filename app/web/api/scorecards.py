"""Scorecards of agents and teams, as the pages reckon them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import Depends, Path, Query, Request
from pydantic import BaseModel, Field

from app.web.access.rights import Permission
from app.web.access.visitor import Needs, Visitor
from app.web.api.edge import Line, NotReadyError, UnknownParameterError, make_router
from app.web.api.sight import looked, not_there
from app.web.errors import BadRequestError
from app.web.pages.scorecards import refuse_others
from app.web.scorecards.days import Days, days_of
from app.web.scorecards.figures import Asked, figures, newest_day, standing_of, with_standing
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
Subject = Annotated[Line, Path(description="Id of the agent in recordings, or name of the team.")]


class ReportShape(BaseModel):
    """Figures of agents and teams over some days; intervals are of 95 %."""

    first_day: date | None = Field(description="In the site's zone; null for no bound.")
    last_day: date | None = Field(description="Inclusive.")
    agents: list[SubjectSummary]
    teams: list[SubjectSummary]
    scorecards: list[Scorecard] = Field(description="One for each version of a rubric; of a single agent or team only.")


@router.get("/scorecards", response_model=ReportShape)
def scorecards_list(
    *,
    request: Request,
    visitor: Sees,
    period: Period = "all",
    day: Day = None,
    first: Day = None,
    last: Day = None,
    team: Annotated[Line | None, Query(description="Only calls of this team.")] = None,
    rubric: Annotated[Line | None, Query(description="Only calls scored by this rubric.")] = None,
) -> ReportShape:
    """List agents and teams with their figures. Many calls are reckoned beside requests: 503 says to ask again."""
    site = site_of(request)
    days = _days(site, visitor, period, day, first=first, last=last)
    report = _report(site, Asked(scope=visitor.scope, days=days, team=team, rubric_id=rubric))
    looked(site, visitor, "scorecards", agents=len(report.agents), teams=len(report.teams))
    return _shape(report, days)


@router.get("/scorecards/agents/{subject}", response_model=ReportShape)
def scorecards_agent(
    *,
    request: Request,
    visitor: Sees,
    subject: Subject,
    period: Period = "all",
    day: Day = None,
    first: Day = None,
    last: Day = None,
) -> ReportShape:
    """Show an agent's card; an agent sees their own."""
    site = site_of(request)
    _require(site, visitor, "agent", subject)
    days = _days(site, visitor, period, day, first=first, last=last, agent=subject)
    return _card(site, visitor, Asked(scope=visitor.scope, days=days, agent=subject), subject)


@router.get("/scorecards/teams/{subject}", response_model=ReportShape)
def scorecards_team(
    *,
    request: Request,
    visitor: Sees,
    subject: Subject,
    period: Period = "all",
    day: Day = None,
    first: Day = None,
    last: Day = None,
) -> ReportShape:
    """Show a team's card."""
    site = site_of(request)
    _require(site, visitor, "team", subject)
    days = _days(site, visitor, period, day, first=first, last=last, team=subject)
    return _card(site, visitor, Asked(scope=visitor.scope, days=days, card_of_team=subject), subject)


def _card(site: Site, visitor: Visitor, asked: Asked, subject: str) -> ReportShape:
    report = _report(site, asked)
    own = visitor.scope.agent_id is not None
    looked(site, visitor, "scorecard", subject, of=asked.kind, **asked.days.query)
    return _shape(with_standing(report, None if own else standing_of(site, asked)), asked.days)


def _require(site: Site, visitor: Visitor, kind: Literal["agent", "team"], subject: str) -> None:
    try:
        refuse_others(site, visitor, **{kind: subject})
    except NotFoundError:
        raise not_there(f"scorecard of {kind}", subject) from None


def _days(
    site: Site,
    visitor: Visitor,
    period: str,
    day: date | None,
    *,
    first: date | None,
    last: date | None,
    agent: str | None = None,
    team: str | None = None,
) -> Days:
    if (day and period not in ("month", "week")) or ((first or last) and period != "days"):
        raise UnknownParameterError("day goes with period month or week; first and last go with period days")
    needs_newest = period in ("month", "week")
    newest = newest_day(site, visitor.scope, agent=agent, team=team) if needs_newest else site.now().date()
    try:
        return days_of(period, day=_text(day), first=_text(first), last=_text(last), newest=newest)
    except BadRequestError as error:
        raise UnknownParameterError(str(error)) from None


def _text(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _report(site: Site, asked: Asked) -> ScorecardReport:
    found = figures(site, asked).value
    if found is None:
        raise NotReadyError("these figures")
    return found


def _shape(report: ScorecardReport, days: Days) -> ReportShape:
    return ReportShape(
        first_day=days.first,
        last_day=days.last,
        agents=list(report.agents),
        teams=list(report.teams),
        scorecards=list(report.scorecards),
    )
