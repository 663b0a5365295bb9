"""The telephone system's figures of agents and teams, and the calls behind them. An agent sees their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.acts import Act
from app.web.access.rights import Permission
from app.web.access.visitor import Needs, Visitor
from app.web.errors import BadRequestError
from app.web.kpis.figures import kpi_call_tables, kpi_report
from app.web.kpis.page import OF, calls_page, kpi_page
from app.web.page_numbers import read_page
from app.web.queue.choices import choices_of
from app.web.scorecards.asked import asked_days, text_of
from app.web.scorecards.days import Days
from app.web.site import Site, site_of
from pipeline.errors import NotFoundError
from pipeline.kpis.tables import AskedKpis

router = APIRouter()

Sees = Annotated[Visitor, Depends(Needs(Permission.SCORECARDS_SEE))]
_MOST_PAGES = 100_000


@router.get("/kpis")
def kpis(request: Request, visitor: Sees) -> Response:
    """Show figures of agents and teams, and how scores go with them."""
    site = site_of(request)
    days = asked_days(site, visitor, request.query_params)
    asked = asked_kpis(visitor, days, team=text_of(request.query_params, "team"))
    with site.store.read() as connection:
        teams = choices_of(site, connection, visitor.scope).teams
    page = kpi_page(
        asked,
        days,
        kpi_report(site, asked),
        visitor,
        team_names=teams,
        min_calls=site.settings.scorecards.min_calls,
    )
    return site.page(request, "kpis/kpis.html", visitor, page=page)


@router.get("/kpis/calls")
def calls_of_kpis(request: Request, visitor: Sees) -> Response:
    """List the calls behind figures."""
    site = site_of(request)
    query = request.query_params
    days = asked_days(site, visitor, query)
    of = _of(query)
    agent = text_of(query, "agent")
    if agent and not visitor.knows_agents:
        raise NotFoundError("whose calls these are is not told to who reviews them")
    asked = asked_kpis(visitor, days, team=text_of(query, "team"), agent=agent)
    page = calls_page(asked, days, kpi_call_tables(site, asked), of=of, page=read_page(query, most=_MOST_PAGES))
    _log(site, visitor, asked, days)
    return site.page(request, "kpis/calls.html", visitor, page=page)


def asked_kpis(visitor: Visitor, days: Days, *, team: str = "", agent: str = "") -> AskedKpis:
    """Return what a visitor asks for, bounded by what they may see."""
    return AskedKpis(
        scope=visitor.scope, agent=agent or None, team=team or None, first_day=days.first, last_day=days.last
    )


def _of(query: Mapping[str, str]) -> str:
    of = text_of(query, "of")
    if of not in OF:
        raise BadRequestError(f"of: choose one of {', '.join(name for name in OF if name)}")
    return of


def _log(site: Site, visitor: Visitor, asked: AskedKpis, days: Days) -> None:
    """Write down who looked at whose calls."""
    subject = asked.agent or asked.team or ""
    site.log(visitor, Act(action="view", subject=("calls of kpis", subject), details=days.query))
