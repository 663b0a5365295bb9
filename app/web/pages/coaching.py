"""Coaching: who needs it, what repeats, sessions with agents, and the agent's own view of theirs."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import FileResponse, RedirectResponse, Response

from app.acts import Act
from app.web.access.rights import Permission
from app.web.access.visitor import Needs, Visitor
from app.web.call.criteria import clip_of
from app.web.call.sound import ready_clip, ready_sound
from app.web.coaching.agent import AgentPage, SessionForm, agent_page, sheet_of
from app.web.coaching.behind import behind_page
from app.web.coaching.overview import overview_page
from app.web.coaching.sight import coached_agent, example_scope, session_scope
from app.web.site import Site, site_of
from pipeline.audit.log import Detail
from pipeline.coaching.answers import answers_of_agent
from pipeline.coaching.plan import example_of
from pipeline.coaching.sessions import hold_session, take_back
from pipeline.coaching.sheet import sheet_bytes
from pipeline.errors import NotFoundError, ReviewError
from pipeline.records import AgentAnswer, CoachedQuestion, Span, UserRole
from pipeline.review.coaching import acknowledged_by
from pipeline.reviewing.overviews import refresh_overviews
from pipeline.scorecards.render.files import safe_name
from pipeline.scorecards.topics import missed_questions
from pipeline.store.call_record import read_call
from pipeline.store.coaching import acknowledge, get_session

router = APIRouter()

Sees = Annotated[Visitor, Depends(Needs(Permission.COACHING_SEE))]
Sends = Annotated[Visitor, Depends(Needs(Permission.CALLS_REVIEW))]
Leads = Annotated[Visitor, Depends(Needs(Permission.COACHING_LEAD))]
_SHEETS = {"pdf": "application/pdf", "html": "text/html; charset=utf-8"}
_MOST_FRESH = 100  # made anew before the page is read; others are made beside requests
_DONE = {
    "held": "The session is kept. The agent sees it here and can say that they have read it.",
    "taken-back": "The item was taken back. It is in no list any more.",
    "read": "Thank you: it is noted that you have read this session.",
}


@router.get("/coaching")
def coaching(
    request: Request,
    visitor: Sees,
    *,
    team: str = "",
    show: str = "",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """List the agents with something to talk about; lead an agent to their own page."""
    site = site_of(request)
    if visitor.user.role is UserRole.AGENT:
        if visitor.user.agent_id is None:
            return site.page(request, "coaching/nobody.html", visitor)
        return RedirectResponse(f"/coaching/{quote(visitor.user.agent_id)}", status_code=303)
    refresh_overviews(site.store, site.settings.flags, most=_MOST_FRESH)
    shown = overview_page(site, visitor, team=team or None, everybody=show == "everybody", number=page)
    site.log(visitor, Act(action="view", subject=("coaching", ""), details={"agents": len(shown.lines)}))
    return site.page(request, "coaching/list.html", visitor, page=shown)


@router.post("/coaching/sessions/{session_id}/acknowledge")
def acknowledges(request: Request, visitor: Sees, session_id: str) -> Response:
    """Keep that the agent has read a session about them."""
    site = site_of(request)
    with site.editing(visitor) as (connection, acts):
        try:
            session = get_session(connection, session_id).session
            about = coached_agent(connection, visitor, session.agent_id)
            get_session(connection, session_id, session_scope(visitor, about))
        except NotFoundError:
            raise NotFoundError("there is no such session, or it is not yours to see") from None
        read = acknowledged_by(session, agent_id=visitor.user.agent_id, name=visitor.user.name, now=site.now())
        if acknowledge(connection, read):
            acts.append(Act(action="acknowledgement", subject=("coaching", session_id)))
    return RedirectResponse(f"/coaching/{quote(session.agent_id)}?done=read#sessions", status_code=303)


@router.get("/coaching/sessions/{session_id}/calls")
def calls_behind(
    request: Request,
    visitor: Sees,
    session_id: str,
    *,
    rubric: str = "",
    criterion: str = "",
    agent: str = "",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """List the calls that before and after are of."""
    site = site_of(request)
    question = CoachedQuestion(rubric_id=rubric, criterion_id=criterion)
    shown = behind_page(site, visitor, session_id, question, agent_id=agent or None, number=page)
    details: dict[str, Detail] = {"as": "before and after", "agent": shown.agent_id, "calls": len(shown.calls)}
    site.log(visitor, Act(action="view", subject=("coaching", session_id), details=details))
    return site.page(request, "coaching/behind.html", visitor, page=shown)


@router.post("/coaching/items/{item_id}/withdraw")
def takes_back(
    request: Request, visitor: Sends, item_id: str, *, back: Annotated[str, Form(max_length=10)] = ""
) -> Response:
    """Take an item back that the visitor sent; it is in no list any more."""
    site = site_of(request)
    with site.editing(visitor) as (connection, acts):
        item = take_back(connection, item_id, scope=visitor.scope, by=visitor.user.name, now=site.now())
        acts.append(Act(action="withdrawal", subject=("call", item.call_id), details={"item": item.item_id}))
    if back != "call" and visitor.may(Permission.COACHING_LEAD):  # others are not told whose call it is
        return RedirectResponse(f"/coaching/{quote(item.agent_id)}?done=taken-back", status_code=303)
    at = f"#criterion-{item.criterion_id}" if item.criterion_id else ""
    return RedirectResponse(f"/calls/{item.call_id}{at}", status_code=303)


@router.get("/coaching/{agent:path}/example")
def example(request: Request, visitor: Sees, agent: str, rubric: str = "", criterion: str = "") -> Response:
    """Give the sound of a good example; whose call it is, its address does not say."""
    site = site_of(request)
    with site.store.read() as connection:
        about = coached_agent(connection, visitor, agent)
        looked_in = example_scope(visitor, about)
        missed = missed_questions(answers_of_agent(connection, visitor.scope, agent), site.settings.coaching)
        topic = next(
            (each for each in missed if each.repeats and (each.rubric_id, each.criterion_id) == (rubric, criterion)),
            None,
        )
        named = site.settings.coaching.name_examples
        found = example_of(connection, looked_in, topic, named=named) if topic and looked_in else None
        if found is None:
            raise NotFoundError("there is no example of this")
        call = read_call(connection, found.call_id)
    details = {"as": "good example", "criterion": found.criterion_id}
    site.log(visitor, Act(action="view", subject=("call", found.call_id), details=details))
    ready = ready_sound(site, call.recording, call.transcript, unredacted=False)
    clip = clip_of(found.span)
    span = Span(start_ms=clip.from_ms, end_ms=min(clip.to_ms, call.recording.duration_ms))
    return FileResponse(
        ready_clip(site, ready, span), media_type="audio/flac", headers={"Cache-Control": "private, no-store"}
    )


@router.get("/coaching/{agent:path}/sheet.{form}")
def sheet(request: Request, visitor: Leads, agent: str, form: str) -> Response:
    """Hand out the plan as a sheet for the talk; that is written down first."""
    site = site_of(request)
    if form not in _SHEETS:
        raise NotFoundError("there is no such page")
    found = sheet_of(site, visitor, agent)
    made = sheet_bytes(found, f".{form}")
    name = f"coaching-{safe_name(agent)}.{form}"
    details: dict[str, Detail] = {"as": "coaching sheet", "name": name, "calls": sorted(found.plan.call_ids)}
    site.log(visitor, Act(action="export", subject=("coaching", agent), details=details))
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(made, media_type=_SHEETS[form], headers=headers)


@router.post("/coaching/{agent:path}/sessions")
def holds_session(
    request: Request,
    visitor: Leads,
    agent: str,
    *,
    notes: Annotated[str, Form(max_length=20_000)] = "",
    action: Annotated[str, Form(max_length=20_000)] = "",
    question: Annotated[list[str] | None, Form(max_length=50)] = None,
    item: Annotated[list[str] | None, Form(max_length=100)] = None,
) -> Response:
    """Keep a session with an agent."""
    site = site_of(request)
    chosen, items = [each for each in question or [] if each], item or []
    try:
        with site.editing(visitor) as (connection, acts):
            about = coached_agent(connection, visitor, agent)
            if about.is_own:
                raise ReviewError("nobody coaches themselves; somebody else has to hold the session")
            session = hold_session(
                connection,
                agent,
                notes=notes,
                action=action,
                questions=_known(chosen, answers_of_agent(connection, visitor.scope, agent)),
                item_ids=items,
                scope=visitor.scope,
                by=visitor.user.name,
                now=site.now(),
            )
            counts = {"questions": len(session.questions), "items": len(session.item_ids)}
            details: dict[str, Detail] = {"agent": agent, **counts}
            acts.append(Act(action="coaching", subject=("coaching", session.session_id), details=details))
    except ReviewError as error:
        form = SessionForm(notes=notes, action=action, questions=tuple(chosen), items=tuple(items))
        return _shown(request, site, visitor, agent_page(site, visitor, agent, form=form, told=str(error)), status=409)
    return RedirectResponse(f"/coaching/{quote(agent)}?done=held#sessions", status_code=303)


@router.get("/coaching/{agent:path}")
def coaching_of(request: Request, visitor: Sees, agent: str, done: str = "") -> Response:
    """Show an agent's coaching."""
    site = site_of(request)
    refresh_overviews(site.store, site.settings.flags, most=_MOST_FRESH)
    page = agent_page(site, visitor, agent, done=_DONE.get(done, ""))
    return _shown(request, site, visitor, page)


def _shown(request: Request, site: Site, visitor: Visitor, page: AgentPage, *, status: int = 200) -> Response:
    topics = (*page.topics, *page.more)
    calls = {moment.call_id for topic in topics for moment in topic.moments}
    calls |= {view.item.call_id for view in page.items}
    calls |= {topic.example.call_id for topic in topics if topic.example}
    details = {"calls": sorted(calls)}
    site.log(visitor, Act(action="view", subject=("coaching", page.agent.agent_id), details=details))
    return site.page(request, "coaching/agent.html", visitor, status=status, page=page)


def _known(chosen: list[str], answers: list[AgentAnswer]) -> list[CoachedQuestion]:
    known = {(answer.rubric_id, answer.criterion_id) for answer in answers}
    pairs = [tuple(each.partition(" ")[::2]) for each in chosen]
    if any(pair not in known for pair in pairs):
        raise ReviewError("a question does not come up in this agent's latest calls; choose from the list")
    return [CoachedQuestion(rubric_id=rubric_id, criterion_id=criterion_id) for rubric_id, criterion_id in pairs]
