"""Sessions as their people see them while they go on: who has answered how much, never what."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import Connection

from app.web.access.visitor import Visitor
from app.web.calibration.sight import calls_in_scope, may_close, sessions_in_sight, takes_part
from pipeline.records import Review
from pipeline.review.wording import same_name
from pipeline.store.calibration_sessions import SessionRow, list_sessions
from pipeline.store.reviews import all_reviews
from pipeline.store.scores import get_score


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionLine:
    """A session in the list; ``part`` is what the visitor is in it."""

    row: SessionRow
    part: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CallWork:
    """A call of a session: so many of its questions the visitor has answered.

    Attributes:
        may_open: Whether the visitor may see the call at all.
    """

    call_id: str
    number: int
    questions: int
    answered: int
    may_open: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonWork:
    """How much somebody has answered."""

    name: str
    is_expert: bool
    answered: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionWork:
    """An open session.

    Attributes:
        takes_part: Whether the visitor answers in it.
        missing: Whether somebody has not answered everything.
    """

    row: SessionRow
    calls: tuple[CallWork, ...]
    people: tuple[PersonWork, ...]
    questions: int
    takes_part: bool
    may_close: bool

    @property
    def missing(self) -> bool:
        """Whether somebody has questions left."""
        return any(person.answered < self.questions for person in self.people)

    @property
    def next_call(self) -> CallWork | None:
        """The first call with questions left for the visitor."""
        left = (call for call in self.calls if call.may_open and call.answered < call.questions)
        return next(left, None) if self.takes_part else None


def session_list(connection: Connection, visitor: Visitor) -> list[SessionLine]:
    """Return the sessions that a visitor may see, open ones first, the latest first."""
    rows = sessions_in_sight(connection, visitor, list_sessions(connection))
    rows.sort(key=lambda row: row.session.started_at, reverse=True)
    rows.sort(key=lambda row: row.closing is not None)
    return [SessionLine(row=row, part=_part(visitor, row)) for row in rows]


def session_work(connection: Connection, visitor: Visitor, row: SessionRow) -> SessionWork:
    """Return an open session as its people see it."""
    session = row.session
    made = all_reviews(connection, session_id=session.session_id, kind="blind")
    questions = {call.call_id: _question_count(connection, call.score_id) for call in session.calls}
    seen = calls_in_scope(connection, list(questions), visitor.scope)
    own = _own_counts(visitor, made)
    given = Counter(name for _, _, name in {(each.call_id, each.criterion_id, each.reviewer) for each in made})
    return SessionWork(
        row=row,
        calls=tuple(
            CallWork(
                call_id=call.call_id,
                number=number,
                questions=questions[call.call_id],
                answered=own[call.call_id],
                may_open=call.call_id in seen,
            )
            for number, call in enumerate(session.calls, 1)
        ),
        people=tuple(
            PersonWork(name=name, is_expert=name == session.expert, answered=given[name])
            for name in (*session.reviewers, session.expert)
        ),
        questions=sum(questions.values()),
        takes_part=takes_part(visitor, session),
        may_close=may_close(visitor, session),
    )


def _own_counts(visitor: Visitor, made: list[Review]) -> Counter[str]:
    own = {(each.call_id, each.criterion_id) for each in made if same_name(each.reviewer, visitor.user.name)}
    return Counter(call_id for call_id, _ in own)


def _question_count(connection: Connection, score_id: str) -> int:
    score = get_score(connection, score_id)
    return len(score.results) if score else 0


def _part(visitor: Visitor, row: SessionRow) -> str:
    if same_name(visitor.user.name, row.session.expert):
        return "expert"
    if takes_part(visitor, row.session):
        return "reviewer"
    return "leads" if same_name(visitor.user.name, row.session.started_by) else ""
