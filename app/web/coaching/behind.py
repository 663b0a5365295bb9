"""The calls behind the figures of before and after: those of the coached agent, and of each who stands beside."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from app.web.access.visitor import Visitor
from app.web.calibration.sight import calls_to_answer
from app.web.coaching.sight import coached_agent, session_scope
from app.web.site import Site
from app.web.snapshots import Snapshot, snapshot
from pipeline.coaching.compared import AgentSides, answers_around, compared_answers
from pipeline.errors import NotFoundError
from pipeline.records import AgentAnswer, CoachedQuestion, CoachingSession, Scope, Status
from pipeline.store.coaching import get_session, list_sessions
from pipeline.store.coaching_answers import questions_now

CALLS_A_PAGE = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class CallBehind:
    """A call that counts; ``status`` is None where the visitor has yet to answer about it in a calibration."""

    answer: AgentAnswer
    status: Status | None
    is_since: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class BehindPage:
    """The calls of one agent behind the figures of a coached question.

    Attributes:
        agent_id: Whose calls are listed: the coached agent, or one of those who stand beside.
        title: Of the question.
        others: Who stands beside the coached agent; None where the visitor is not shown others.
        calls: The latest first.
        own: Whether the visitor is the coached agent.
    """

    session: CoachingSession
    question: CoachedQuestion
    title: str
    agent_id: str
    others: Snapshot[tuple[AgentSides, ...]] | None
    calls: tuple[CallBehind, ...]
    total: int
    number: int
    weeks: int
    own: bool

    @property
    def more(self) -> bool:
        """Whether there is a page after this one."""
        return self.number * CALLS_A_PAGE < self.total


def behind_page(
    site: Site, visitor: Visitor, session_id: str, question: CoachedQuestion, *, agent_id: str | None, number: int
) -> BehindPage:
    """Return the calls behind the figures of a question of a session.

    Args:
        site: Where figures are kept.
        visitor: Who asks.
        session_id: The session.
        question: One that it was about.
        agent_id: Whose calls of those who stand beside; None for the coached agent's.
        number: Which page of the list, from 1.

    Raises:
        NotFoundError: There is none of this, or it is not the visitor's to see.
    """
    with site.store.read() as connection:
        session, own, may_lead = _sight(connection, visitor, session_id, question)
        now_asked = questions_now(connection, [question]).get(question)
    others = None
    if may_lead and session.team is not None and now_asked is not None:
        others = _others(site, session, question, now_asked.asked, scope=visitor.scope)
    whose = agent_id or session.agent_id
    if whose != session.agent_id and whose not in {each.agent_id for each in (others and others.value) or ()}:
        raise NotFoundError("nobody of this name stands beside the coached agent, or the figures are still counted")
    answers: list[AgentAnswer] = []
    with site.store.read() as connection:
        if now_asked is not None:
            teams = visitor.scope.teams if whose == session.agent_id else (session.team or "",)
            answers = answers_around(
                connection,
                session,
                now_asked.asked,
                Scope(agent_id=whose, teams=teams),
                settings=site.settings.coaching,
                now=site.now(),
            )
        blind = calls_to_answer(connection, visitor)
    first = CALLS_A_PAGE * (number - 1)
    return BehindPage(
        session=session,
        question=question,
        title=now_asked.title if now_asked else question.criterion_id,
        agent_id=whose,
        others=others,
        calls=tuple(
            CallBehind(
                answer=each,
                status=None if each.call_id in blind else each.status,
                is_since=each.started_at is not None and each.started_at >= session.held_at,
            )
            for each in answers[::-1][first : first + CALLS_A_PAGE]
        ),
        total=len(answers),
        number=number,
        weeks=site.settings.coaching.weeks_compared,
        own=own,
    )


def _sight(
    connection: Connection, visitor: Visitor, session_id: str, question: CoachedQuestion
) -> tuple[CoachingSession, bool, bool]:
    """Return a session that the visitor may read, whether it is about them, and whether they coach its agent."""
    try:
        about = coached_agent(connection, visitor, get_session(connection, session_id).session.agent_id)
        session = get_session(connection, session_id, session_scope(visitor, about)).session
    except NotFoundError:
        raise NotFoundError("there is no such session, or it is not yours to see") from None
    if question not in session.questions:
        raise NotFoundError("the session was not about this question")
    return session, about.is_own, about.may_lead


def _others(
    site: Site, session: CoachingSession, question: CoachedQuestion, asked: str, *, scope: Scope
) -> Snapshot[tuple[AgentSides, ...]]:
    def compute() -> tuple[AgentSides, ...]:
        with site.store.read() as connection:
            return compared_answers(
                connection,
                session,
                question,
                asked,
                scope=scope,
                team=session.team,
                sessions=list_sessions(connection),
                settings=site.settings.coaching,
                now=site.now(),
            ).counting()

    return snapshot(site, ("behind before and after", session.session_id, question, scope), compute)
