"""Compliance: how the rules were kept, and the calls in which one was broken."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, Field

from app.web.access.rights import Permission
from app.web.access.visitor import Needs, Visitor
from app.web.api.edge import (
    PATIENCE_S,
    Line,
    NotReadyError,
    OfQueue,
    OfTeam,
    UnknownParameterError,
    make_router,
    problems,
)
from app.web.api.paging import Page, Paged, require_kinds
from app.web.api.sight import looked
from app.web.compliance.figures import counted, figures_of, filter_of, sees_agents
from app.web.compliance.filters import ComplianceFilter
from app.web.errors import BadRequestError
from app.web.site import Site, site_of
from pipeline.audit.adherence import Kept, StepKept
from pipeline.audit.report import RuleLine
from pipeline.records import Severity
from pipeline.store.findings import CallCounts
from pipeline.store.violations import FoundInCall, Outcome, part_of_outcomes

router = make_router("compliance")

Sees = Annotated[Visitor, Depends(Needs(Permission.COMPLIANCE_SEE))]
First = Annotated[date | None, Query(description="First day, in the site's zone; none for no bound.")]
Last = Annotated[date | None, Query(description="Last day, inclusive; none for no bound.")]


class AdherenceShape(BaseModel):
    """How the rules were kept; shares have their Wilson interval, and are null of too few calls."""

    calls: CallCounts
    all: Kept
    critical: Kept = Field(description="The same of critical rules.")
    rules: list[RuleLine] = Field(description="The gravest and most broken first.")
    signals: list[RuleLine] = Field(description="What is only noted.")
    teams: list[Kept]
    steps: list[StepKept] = Field(description="By week or month.")


@router.get("/adherence", response_model=AdherenceShape)
def adherence_get(
    *,
    request: Request,
    visitor: Sees,
    first: First = None,
    last: Last = None,
    step: Annotated[Literal["week", "month"], Query(description="The steps of the course of time.")] = "week",
    team: OfTeam = None,
    queue: OfQueue = None,
    pack: Annotated[Line | None, Query(description="Only rules of this pack.")] = None,
    rule: Annotated[Line | None, Query(description="Only this rule.")] = None,
    severity: Annotated[Severity | None, Query(description="Only rules of this severity.")] = None,
) -> AdherenceShape:
    """Tell how the rules were kept. Many calls are counted beside requests: 503 says to ask again."""
    site = site_of(request)
    asked = _asked(site, first, last, step=step, team=team, queue=queue, pack=pack, rule=rule, severity=severity)
    found = counted(site, visitor, asked, wait_s=PATIENCE_S).value
    if found is None:
        raise NotReadyError("these figures")
    told = figures_of(site, found, asked)
    looked(site, visitor, "adherence", rules=len(told.rules))
    return AdherenceShape(
        calls=told.calls,
        all=told.all,
        critical=told.critical,
        rules=list(told.rules),
        signals=list(told.signals),
        teams=list(told.teams),
        steps=list(told.steps),
    )


@router.get("/findings", response_model=Page[FoundInCall], responses=problems(400))
def findings_list(
    *,
    request: Request,
    response: Response,
    visitor: Sees,
    paging: Paged,
    outcome: Annotated[
        Outcome, Query(description="violated; unknown: could not be told; both of these; or present.")
    ] = Outcome.VIOLATED,
    rule: Annotated[Line | None, Query(description="Only of this rule.")] = None,
    first: First = None,
    last: Last = None,
    team: OfTeam = None,
    queue: OfQueue = None,
) -> Page[FoundInCall]:
    """List what rules found in calls, by time, without words of them; whose they are only to who may know."""
    site = site_of(request)
    asked = _asked(site, first, last, team=team, queue=queue, rule=rule).asked(site.settings.scorecards, visitor.scope)
    after = require_kinds(paging.after, (datetime, type(None)), str, str)
    with site.store.read() as connection:
        found = part_of_outcomes(connection, asked, rule, outcome, after=after, limit=paging.limit + 1)
    items, following = paging.page(found, lambda each: (each.started_at, each.call_id, each.rule_id), response)
    looked(site, visitor, "findings", findings=len(items), rule=rule)
    named = sees_agents(visitor)
    return Page(items=[each if named else _without_agent(each) for each in items], next=following)


def _asked(site: Site, first: date | None, last: date | None, **given: str | None) -> ComplianceFilter:
    days = {"from": first.isoformat() if first else "", "to": last.isoformat() if last else ""}
    query = {"period": "days", **days, **{name: str(value) for name, value in given.items() if value is not None}}
    try:
        return filter_of(site, query)
    except BadRequestError as error:
        raise UnknownParameterError(str(error)) from None


def _without_agent(found: FoundInCall) -> FoundInCall:
    return replace(found, agent_id=None)
