"""Calibration sessions: list them, see one, answer blind, start and close one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from app.web.access.rights import Permission
from app.web.access.visitor import Needs, Visitor
from app.web.api.edge import Body, Id, Line, Prose, make_router, problems
from app.web.api.paging import Page, Paged, require_kinds
from app.web.api.sight import act, call_in_sight, looked, not_there
from app.web.calibration.sight import session_in_sight, sessions_in_sight, takes_part
from app.web.call.reading import refuse_own
from app.web.errors import ForbiddenError
from app.web.site import site_of
from pipeline.errors import NotFoundError
from pipeline.records import CalibrationSession, SessionClosing, Status
from pipeline.review.sessions import Difference, ReviewerSummary
from pipeline.reviewing import sessions as calibrating
from pipeline.reviewing.evaluations import questions_at_hand
from pipeline.reviewing.sessions import CallTotals, SessionView
from pipeline.store.calibration_sessions import SessionRow, list_sessions

router = make_router("calibration sessions")

Takes = Annotated[Visitor, Depends(Needs(Permission.CALIBRATION_TAKE))]


class SessionShape(BaseModel):
    """A session without answers."""

    session: CalibrationSession
    closing: SessionClosing | None = Field(description="null while it is open.")


class BlindAnswerShape(BaseModel):
    """Somebody's answer in a session; what the machine answered is left out."""

    call_id: str
    criterion_id: str
    reviewer: str
    status: Status
    share: float | None
    answer: str | None
    reason: str
    made_at: datetime


class SessionViewShape(SessionShape):
    """What one may see of a session: one's own answers while it is open, then everybody's and how they compare."""

    titles: dict[str, str] = Field(description="Of all questions, by their ids.")
    questions: dict[str, list[str]] = Field(description="The ids of each call's questions.")
    answers: list[BlindAnswerShape]
    differences: list[Difference]
    totals: list[CallTotals]
    reviewers: list[ReviewerSummary]


class BlindAnswerBody(Body):
    """An answer that nobody else sees before the session is closed."""

    call_id: Line
    criterion_id: Line
    answer: Line
    reason: Prose


@router.get("/calibration-sessions", response_model=Page[SessionShape], responses=problems(400))
def calibration_sessions_list(
    request: Request, response: Response, visitor: Takes, paging: Paged
) -> Page[SessionShape]:
    """List the sessions that one takes part in, or all for who leads them; the oldest first."""
    site = site_of(request)
    after = require_kinds(paging.after, datetime, str)
    with site.store.read() as connection:
        rows = sessions_in_sight(connection, visitor, list_sessions(connection))
    found = [row for row in rows if after is None or _key(row) > after]
    items, following = paging.page(found[: paging.limit + 1], _key, response)
    looked(site, visitor, "sessions", sessions=len(items))
    return Page(items=[SessionShape(session=row.session, closing=row.closing) for row in items], next=following)


@router.get("/calibration-sessions/{session_id}", response_model=SessionViewShape)
def calibration_sessions_get(request: Request, visitor: Takes, session_id: Id) -> SessionViewShape:
    """Show a session: one's own answers while it is open, then everybody's beside the expert's."""
    site = site_of(request)
    with site.store.read() as connection:
        row = _in_sight(connection, visitor, session_id)
        by = visitor.user.name if takes_part(visitor, row.session) else None
        view = calibrating.view(connection, session_id, by=by, points_apart=site.settings.review.points_apart)
    looked(site, visitor, "session", session_id, by=visitor.user.name)
    return _view_shape(view)


@router.post("/calibration-sessions/{session_id}/answers", response_model=BlindAnswerShape, status_code=201)
def calibration_sessions_answer(
    request: Request, visitor: Takes, session_id: Id, body: BlindAnswerBody
) -> BlindAnswerShape:
    """Answer a question of an open session, or answer it anew. It changes no score, and nobody sees it yet."""
    site = site_of(request)
    questions = questions_at_hand(site.settings.score)
    with site.editing(visitor) as (connection, acts):
        row = _in_sight(connection, visitor, session_id)
        if not takes_part(visitor, row.session):
            raise ForbiddenError(Permission.CALIBRATION_TAKE)
        refuse_own(visitor, call_in_sight(connection, visitor, body.call_id))
        made = calibrating.answer_blind(
            connection,
            session_id,
            body.call_id,
            body.criterion_id,
            body.answer,
            by=visitor.user.name,
            reason=body.reason,
            questions=questions,
            now=site.now(),
        )
        told = {"criterion": made.criterion_id, "session": session_id}  # no id of the review: it tells the answer
        acts.append(act(visitor, "review", "call", made.call_id, **told))
    return _answer_shape(made)


def _view_shape(view: SessionView) -> SessionViewShape:
    return SessionViewShape(
        session=view.session,
        closing=view.closing,
        titles=view.titles,
        questions={call_id: list(asked) for call_id, asked in view.asked.items()},
        answers=[_answer_shape(review) for review in view.answers],
        differences=list(view.differences),
        totals=list(view.totals),
        reviewers=list(view.reviewers),
    )


def _answer_shape(review: Any) -> BlindAnswerShape:
    return BlindAnswerShape(**{name: getattr(review, name) for name in BlindAnswerShape.model_fields})


def _in_sight(connection: Connection, visitor: Visitor, session_id: str) -> SessionRow:
    try:
        return session_in_sight(connection, visitor, session_id)
    except NotFoundError:
        raise not_there("session", session_id) from None


def _key(row: SessionRow) -> tuple[datetime, str]:
    return row.session.started_at, row.session.session_id
