"""How the rules were kept: by rule, team and time, with the trend as a picture, and the violations as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.acts import Act
from app.web.access.rights import Permission
from app.web.access.visitor import Needs, Visitor
from app.web.compliance.chart import trend_svg
from app.web.compliance.export import violations_csv
from app.web.compliance.figures import Choices, Figures, choices, counted, figures_of, filter_of
from app.web.compliance.filters import PERIODS, ComplianceFilter
from app.web.site import site_of
from app.web.snapshots import Snapshot
from pipeline.audit.adherence import Counted
from pipeline.audit.log import Detail
from pipeline.errors import NotFoundError

router = APIRouter()


@dataclass(frozen=True, kw_only=True, slots=True)
class CompliancePage:
    """What the page shows; ``figures`` is None until they are counted."""

    asked: ComplianceFilter
    choices: Choices
    figures: Figures | None
    shot: Snapshot[Counted]


@router.get("/compliance")
def compliance(request: Request, visitor: Annotated[Visitor, Depends(Needs(Permission.COMPLIANCE_SEE))]) -> Response:
    """Show how the rules were kept."""
    site = site_of(request)
    asked = filter_of(site, request.query_params)
    shot = counted(site, visitor, asked)
    figures = figures_of(site, shot.value, asked) if shot.value else None
    page = CompliancePage(asked=asked, choices=choices(site, visitor, figures), figures=figures, shot=shot)
    return site.page(request, "compliance/compliance.html", visitor, page=page, periods=PERIODS)


@router.get("/compliance/trend.svg")
def trend(
    request: Request,
    visitor: Annotated[Visitor, Depends(Needs(Permission.COMPLIANCE_SEE))],
    scheme: Literal["light", "dark"] = "light",
) -> Response:
    """Draw adherence step by step."""
    site = site_of(request)
    asked = filter_of(site, request.query_params)
    found = counted(site, visitor, asked).value
    if found is None:
        raise NotFoundError("these figures are still being counted: load the page again in a moment")
    figures = figures_of(site, found, asked)
    drawn = trend_svg(figures.steps, scheme, intervals=figures.one_rule)
    headers = {"Cache-Control": "private, max-age=60", "Content-Security-Policy": "default-src 'none'"}
    return Response(drawn, media_type="image/svg+xml", headers=headers)


@router.get("/compliance/violations.csv")
def violations(request: Request, visitor: Annotated[Visitor, Depends(Needs(Permission.COMPLIANCE_EXPORT))]) -> Response:
    """Hand out violations, and what could not be told, as a table for spreadsheets."""
    site = site_of(request)
    asked = filter_of(site, request.query_params)
    table, lines = violations_csv(site, visitor, asked)
    details: dict[str, Detail] = {**asked.fields, "lines": lines}
    site.log(visitor, Act(action="export", subject=("violations", asked.rule or ""), details=details))
    headers = {"Content-Disposition": 'attachment; filename="violations.csv"', "Cache-Control": "no-store"}
    return Response(table, media_type="text/csv; charset=utf-8", headers=headers)
