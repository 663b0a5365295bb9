"""Calibration: blind sessions from start to results, and how far the machine agrees with people."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from app.acts import Act
from app.web.access.rights import Permission
from app.web.access.visitor import Needs, Visitor
from app.web.calibration.agreement import Against, agreement_page
from app.web.calibration.answering import keep_answers
from app.web.calibration.blind import BlindCall, blind_call
from app.web.calibration.results import results_of
from app.web.calibration.sight import may_close, session_in_sight
from app.web.calibration.starting import StartForm, start_from, start_page
from app.web.calibration.work import session_list, session_work
from app.web.call.questions import questions_of
from app.web.call.reading import own_recording, refuse_own
from app.web.forms import form_of
from app.web.site import Site, site_of
from pipeline.errors import NotFoundError, ReviewError
from pipeline.review.sessions import require_open
from pipeline.reviewing import sessions as calibrating
from pipeline.reviewing.overviews import refresh_overviews

router = APIRouter()

_MOST_FRESH = 100  # overviews made anew before a page is read; others are made beside requests
Takes = Annotated[Visitor, Depends(Needs(Permission.CALIBRATION_TAKE))]
Leads = Annotated[Visitor, Depends(Needs(Permission.CALIBRATION_LEAD))]


async def sent_form(request: Request) -> dict[str, str]:
    """Return the fields of a form whose names depend on what is asked."""
    return {name: value for name, value in (await form_of(request)).items() if isinstance(value, str)}


@router.get("/calibration")
def calibration(request: Request, visitor: Takes) -> Response:
    """List the sessions that one takes part in; for who leads them, all."""
    site = site_of(request)
    with site.store.read() as connection:
        lines = session_list(connection, visitor)
    site.log(visitor, Act(action="view", subject=("sessions", ""), details={"sessions": len(lines)}))
    return site.page(request, "calibration/list.html", visitor, lines=lines)


@router.get("/calibration/agreement")
def agreement(request: Request, visitor: Takes, rubric: str = "", against: Against = "reviews") -> Response:
    """Show how far the machine's answers agree with people's."""
    site = site_of(request)
    refresh_overviews(site.store, site.settings.flags, most=_MOST_FRESH)
    page = agreement_page(site, visitor.scope, rubric=rubric or None, against=against)
    return site.page(request, "calibration/agreement.html", visitor, page=page)


@router.get("/calibration/new")
def new_session(request: Request, visitor: Leads) -> Response:
    """Ask for the calls and people of a new session."""
    site = site_of(request)
    refresh_overviews(site.store, site.settings.flags, most=_MOST_FRESH)
    return site.page(request, "calibration/new.html", visitor, page=start_page(site, visitor, StartForm()))


@router.post("/calibration")
def starts(
    request: Request,
    visitor: Leads,
    *,
    calls: Annotated[str, Form(max_length=20_000)] = "",
    sample: Annotated[int, Form(ge=0, le=50)] = 0,
    rubric: Annotated[str, Form(max_length=200)] = "",
    seed: Annotated[int, Form(ge=0, le=999_999)] = 1,
    reviewers: Annotated[list[str] | None, Form(max_length=100)] = None,
    expert: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Start a session."""
    site = site_of(request)
    form = StartForm(
        calls=calls,
        sample=0 if calls.strip() else sample,
        rubric=rubric,
        seed=seed,
        reviewers=tuple(dict.fromkeys(reviewers or ())),
        expert=expert,
    )
    try:
        with site.editing(visitor) as (connection, acts):
            session = start_from(connection, site, visitor, form)
            details = {"calls": [call.call_id for call in session.calls], "by": session.started_by}
            acts.append(Act(action="session", subject=("session", session.session_id), details=details))
    except (ReviewError, NotFoundError) as error:
        page = start_page(site, visitor, form, told=str(error))
        return site.page(request, "calibration/new.html", visitor, status=409, page=page)
    return RedirectResponse(f"/calibration/{session.session_id}", status_code=303)


@router.get("/calibration/{session_id}")
def session_page(request: Request, visitor: Takes, session_id: str) -> Response:
    """Show an open session's progress, or what came of a closed one."""
    return _session_page(request, site_of(request), visitor, session_id)


@router.post("/calibration/{session_id}/close")
def closes(
    request: Request, visitor: Takes, session_id: str, anyway: Annotated[str, Form(max_length=10)] = ""
) -> Response:
    """End a session."""
    site = site_of(request)
    try:
        with site.editing(visitor) as (connection, acts):
            row = session_in_sight(connection, visitor, session_id)
            if not may_close(visitor, row.session):
                raise ReviewError("a session is closed by who started it, or by its expert")
            work = session_work(connection, visitor, row)
            if row.closing is None and work.missing and not anyway:
                raise ReviewError("answers are missing, and nobody can answer after the closing: tick the box to do so")
            closed = calibrating.close(
                connection, session_id, by=visitor.user.name, now=site.now(), anyway=bool(anyway)
            )
            details = {"closed": True, "by": closed.closing.closed_by if closed.closing else None}
            acts.append(Act(action="session", subject=("session", session_id), details=details))
    except ReviewError as error:
        return _session_page(request, site, visitor, session_id, told=str(error), status=409)
    return RedirectResponse(f"/calibration/{session_id}", status_code=303)


@router.get("/calibration/{session_id}/calls/{call_id}")
def blind_page(
    request: Request, visitor: Takes, session_id: str, call_id: str, kept: Annotated[int, Query(ge=0)] = 0
) -> Response:
    """Show a call to answer about: its words and sound, the questions, one's own answers."""
    site = site_of(request)
    questions = questions_of(site)
    with site.store.read() as connection:
        row = session_in_sight(connection, visitor, session_id)
        if row.closing is not None:
            return RedirectResponse(f"/calibration/{session_id}", status_code=303)
        call = blind_call(connection, visitor, row, call_id, questions)
    return _blind_page(request, site, visitor, call, kept=kept)


@router.post("/calibration/{session_id}/calls/{call_id}")
def answers(
    request: Request,
    visitor: Takes,
    session_id: str,
    call_id: str,
    sent: Annotated[dict[str, str], Depends(sent_form)],
) -> Response:
    """Keep what somebody answered about a call."""
    site = site_of(request)
    questions = questions_of(site)
    with site.editing(visitor) as (connection, acts):
        row = session_in_sight(connection, visitor, session_id)
        require_open(row.session, row.closing)
        call = blind_call(connection, visitor, row, call_id, questions)
        refuse_own(visitor, own_recording(connection, visitor, call_id))
        kept = keep_answers(connection, acts, site, visitor, call=call, sent=sent, questions=questions)
    if kept.problems:
        return _blind_page(request, site, visitor, kept.call, kept=kept.kept, problems=kept.problems, status=409)
    with site.store.read() as connection:
        work = session_work(connection, visitor, session_in_sight(connection, visitor, session_id))
    following = work.next_call if not kept.call.left else None
    if following is not None:
        return RedirectResponse(f"/calibration/{session_id}/calls/{following.call_id}", status_code=303)
    if kept.call.left:
        return RedirectResponse(f"/calibration/{session_id}/calls/{call_id}?kept={kept.kept}", status_code=303)
    return RedirectResponse(f"/calibration/{session_id}", status_code=303)


def _session_page(
    request: Request, site: Site, visitor: Visitor, session_id: str, *, told: str = "", status: int = 200
) -> Response:
    with site.store.read() as connection:
        row = session_in_sight(connection, visitor, session_id)
        if row.closing is None:
            work = session_work(connection, visitor, row)
        else:
            view = calibrating.view(connection, session_id, by=None, points_apart=site.settings.review.points_apart)
    site.log(visitor, Act(action="view", subject=("session", session_id), details={"by": visitor.user.name}))
    if row.closing is None:
        return site.page(request, "calibration/session.html", visitor, status=status, page=work, told=told)
    return site.page(
        request, "calibration/results.html", visitor, status=status, page=results_of(site, view), told=told
    )


def _blind_page(
    request: Request,
    site: Site,
    visitor: Visitor,
    call: BlindCall,
    *,
    kept: int = 0,
    problems: int = 0,
    status: int = 200,
) -> Response:
    site.log(visitor, Act(action="view", subject=("call", call.call_id), details={"session": call.session_id}))
    return site.page(request, "calibration/call.html", visitor, status=status, page=call, kept=kept, problems=problems)
