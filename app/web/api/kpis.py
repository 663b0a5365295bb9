"""The telephone system's figures, as the page reckons them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import Depends, Query, Request

from app.web.access.rights import Permission
from app.web.access.visitor import Needs, Visitor
from app.web.api.edge import PATIENCE_S, Line, NotReadyError, UnknownParameterError, make_router
from app.web.api.sight import looked
from app.web.days import read_day
from app.web.errors import BadRequestError
from app.web.kpis.figures import kpi_report
from app.web.site import site_of
from pipeline.kpis.tables import AskedKpis
from pipeline.records.kpis import KpiReport

router = make_router("kpis")

Day = Annotated[date | None, Query(description="As 2026-10-31, in the site's zone; both days count.")]


@router.get("/kpis", response_model=KpiReport)
def kpis_list(
    *,
    request: Request,
    visitor: Annotated[Visitor, Depends(Needs(Permission.SCORECARDS_SEE))],
    first: Day = None,
    last: Day = None,
    period: Annotated[
        Literal["all", "month", "week"], Query(description="Figures in all, or for each month or week.")
    ] = "all",
    agent: Annotated[Line | None, Query(description="Only this agent's.")] = None,
    team: Annotated[Line | None, Query(description="Only this team's.")] = None,
) -> KpiReport:
    """Handle time, transfers, occupancy, first-call resolution and surveys; an agent gets their own.

    They are reckoned beside requests: 503 says to ask again.
    """
    _refuse_no_days(first, last)
    site = site_of(request)
    asked = AskedKpis(scope=visitor.scope, agent=agent, team=team, first_day=first, last_day=last, period=period)
    found = kpi_report(site, asked, wait_s=PATIENCE_S).value
    if found is None:
        raise NotReadyError("these figures")
    looked(site, visitor, "kpis", agents=len(found.agents), teams=len(found.teams))
    return found


def _refuse_no_days(first: date | None, last: date | None) -> None:
    try:
        for name, day in (("first", first), ("last", last)):
            read_day("" if day is None else day.isoformat(), name)
    except BadRequestError as error:
        raise UnknownParameterError(str(error)) from None
    if first and last and last < first:
        raise UnknownParameterError(f"last: {last} comes before first, {first}")
