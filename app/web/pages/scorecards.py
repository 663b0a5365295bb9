"""Scorecards: agents, teams and queues by period, and the card of one of them. An agent sees only their own."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from app.acts import Act
from app.web.access.rights import Permission
from app.web.access.visitor import Needs, Visitor
from app.web.queue.choices import choices_of
from app.web.scorecards.asked import asked_days, asked_list, order_of
from app.web.scorecards.card_page import card_page
from app.web.scorecards.figures import Asked, Subject, among_others, figures, is_known, zone_of
from app.web.scorecards.list_page import list_page
from app.web.scorecards.pictures import drawn
from app.web.site import Site, site_of
from app.web.snapshots import Snapshot
from pipeline.errors import NotFoundError
from pipeline.scorecards.report import ScorecardReport
from pipeline.store.team_means import team_mean

router = APIRouter()

FORMS = ("pdf", "xlsx", "csv", "json")


@router.get("/scorecards")
def scorecards(request: Request, visitor: Annotated[Visitor, Depends(Needs(Permission.SCORECARDS_SEE))]) -> Response:
    """List agents, teams and queues; lead an agent to their own card."""
    site = site_of(request)
    own = visitor.scope.agent_id
    if own is not None:
        if not own:
            return site.page(request, "scorecards/nobody.html", visitor)
        return RedirectResponse(f"/scorecards/agents/{quote(own, safe='')}", status_code=303)
    asked = asked_list(site, visitor, request.query_params)
    with site.store.read() as connection:
        choices = choices_of(site, connection, visitor.scope)
    page = list_page(
        asked,
        order_of(request.query_params),
        figures(site, asked),
        team_names=choices.teams,
        rubrics=choices.rubrics,
        forms=_forms(visitor),
        min_calls=site.settings.scorecards.min_calls,
    )
    return site.page(request, "scorecards/scorecards.html", visitor, page=page)


@router.get("/scorecards/agents/{agent:path}")
def agent_card(
    request: Request, agent: str, visitor: Annotated[Visitor, Depends(Needs(Permission.SCORECARDS_SEE))]
) -> Response:
    """Show one agent's card."""
    return _card(request, visitor, Subject("agent", agent))


@router.get("/scorecards/teams/{team:path}")
def team_card(
    request: Request, team: str, visitor: Annotated[Visitor, Depends(Needs(Permission.SCORECARDS_SEE))]
) -> Response:
    """Show one team's card."""
    return _card(request, visitor, Subject("team", team))


@router.get("/scorecards/queues/{queue:path}")
def queue_card(
    request: Request, queue: str, visitor: Annotated[Visitor, Depends(Needs(Permission.SCORECARDS_SEE))]
) -> Response:
    """Show one queue's card, of the calls in it that the visitor may see."""
    return _card(request, visitor, Subject("queue", queue))


@router.get("/scorecards/pictures/{digest}/{scheme}")
def scorecard_picture(
    request: Request, digest: str, scheme: str, visitor: Annotated[Visitor, Depends(Needs(Permission.SCORECARDS_SEE))]
) -> Response:
    """Draw a chart of a card."""
    headers = {"Cache-Control": "private, max-age=3600", "Content-Security-Policy": "default-src 'none'"}
    return Response(drawn(site_of(request), digest, scheme), media_type="image/svg+xml", headers=headers)


def refuse_others(site: Site, visitor: Visitor, subject: Subject) -> None:
    """Refuse a card that is not there for this visitor.

    Raises:
        NotFoundError: An agent asks for a card that is not theirs; or nobody of that name has a call that the
            visitor may see.
    """
    own = visitor.scope.agent_id
    if own is not None:
        if subject == Subject("agent", own):
            return  # also before their first call
    elif is_known(site, visitor.scope, subject):
        return
    raise NotFoundError(f"there is no scorecard of {subject.kind} {subject.name}")


def _card(request: Request, visitor: Visitor, subject: Subject) -> Response:
    site = site_of(request)
    refuse_others(site, visitor, subject)
    own = visitor.scope.agent_id is not None
    asked = Asked(scope=visitor.scope, days=asked_days(site, visitor, request.query_params, subject), subject=subject)
    shot = figures(site, asked)
    _log(site, visitor, asked)
    page = card_page(
        site,
        asked,
        subject,
        shot,
        found=None if own else among_others(site, asked),
        team_mean=_team_mean(site, shot, asked) if own else None,
        own=own,
        coached=subject.kind == "agent" and visitor.may(Permission.COACHING_SEE),
        forms=_forms(visitor),
    )
    return site.page(request, "scorecards/card.html", visitor, page=page)


def _forms(visitor: Visitor) -> tuple[str, ...]:
    return FORMS if visitor.may(Permission.SCORECARDS_EXPORT) else ()


def _log(site: Site, visitor: Visitor, asked: Asked) -> None:
    """Write down who looked: a card holds words of calls."""
    details = {"of": asked.kind, **asked.days.query}
    site.log(visitor, Act(action="view", subject=("scorecard", asked.name), details=details))


def _team_mean(site: Site, shot: Snapshot[ScorecardReport], asked: Asked) -> float | None:
    team = next((summary.team for summary in shot.value.agents), None) if shot.value else None
    if team is None:
        return None
    first_at, before = asked.days.instants(zone_of(site))
    least = site.settings.scorecards.min_agents
    with site.store.read() as connection:
        return team_mean(connection, team, first_at=first_at, before=before, min_agents=least)
