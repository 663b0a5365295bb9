"""Which answers stand before and after a session: the coached agent's, and those of agents whom nobody coached."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from pipeline.coaching.answers import assessed_answers
from pipeline.coaching.statistics import Part
from pipeline.config import CoachingSettings
from pipeline.records import AgentAnswer, CoachedQuestion, CoachingSession, Scope, Status
from pipeline.store.coaching import SessionRow


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentSides:
    """How the question went with one of the others before and since; ``alike``: it was a topic for them too."""

    agent_id: str
    before: Part
    after: Part
    alike: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """The answers to a coached question around a session, the earliest call first.

    Attributes:
        own: The coached agent's.
        others: By agent, those of the team whom nobody coached on the question; None where nobody is compared.
        alike: Those of the others for whom the question was a topic when the session was held.
        earlier_sessions: Other sessions with the agent on the question within these weeks.
    """

    held_at: datetime
    own: Sequence[AgentAnswer]
    others: Mapping[str, Sequence[AgentAnswer]] | None
    alike: frozenset[str]
    earlier_sessions: int

    def parts(self, answers: Iterable[AgentAnswer]) -> tuple[Part, Part]:
        """Return how it went in calls before the session, and in those since."""
        passes: dict[bool, list[bool]] = {True: [], False: []}
        for answer in answers:
            if answer.started_at is not None:
                passes[self.is_since(answer)].append(answer.status is Status.PASS)
        before, after = (Part(passed=sum(passes[side]), assessed=len(passes[side])) for side in (False, True))
        return before, after

    def is_since(self, answer: AgentAnswer) -> bool:
        """Tell whether a call is one since the session, not before it."""
        return answer.started_at is not None and answer.started_at >= self.held_at

    def counting(self) -> tuple[AgentSides, ...]:
        """Return the others who have calls before and since: whoever has not is left out of the comparison."""
        every = (self._sides(agent) for agent in sorted(self.others or {}))
        return tuple(sides for sides in every if sides.before.assessed and sides.after.assessed)

    def _sides(self, agent: str) -> AgentSides:
        before, after = self.parts((self.others or {})[agent])
        return AgentSides(agent_id=agent, before=before, after=after, alike=agent in self.alike)


def compared_answers(
    connection: Connection,
    session: CoachingSession,
    question: CoachedQuestion,
    asked: str,
    *,
    scope: Scope,
    team: str | None,
    sessions: Iterable[SessionRow],
    settings: CoachingSettings,
    now: datetime,
) -> Compared:
    """Return the answers to a question before a session and since.

    Args:
        connection: Where to read.
        session: The session.
        question: What it was about.
        asked: Fingerprint of the question, as it is asked now.
        scope: Whose calls may be seen.
        team: Whose other agents are compared; None compares nobody.
        sessions: Everybody's: who was coached on the question within these weeks is not compared.
        settings: How many weeks are compared, and what makes a topic.
        now: Until when.
    """
    since, until = weeks_around(session, settings, now)
    own = answers_around(
        connection, session, asked, Scope(agent_id=session.agent_id, teams=scope.teams), settings=settings, now=now
    )
    coached = [row.session for row in sessions if question in row.session.questions]
    within = [each for each in coached if since <= each.held_at < until and each.session_id != session.session_id]
    others: dict[str, list[AgentAnswer]] | None = None
    if team is not None:
        others = defaultdict(list)
        left_out = {session.agent_id, *(each.agent_id for each in within)}
        of_team = answers_around(connection, session, asked, Scope(teams=(team,)), settings=settings, now=now)
        for answer in of_team:
            if answer.agent_id not in left_out:
                others[answer.agent_id].append(answer)
    at = session.held_at
    return Compared(
        held_at=at,
        own=own,
        others=others,
        alike=frozenset(
            agent for agent, answers in (others or {}).items() if _was_topic(answers, at=at, settings=settings)
        ),
        earlier_sessions=sum(each.agent_id == session.agent_id for each in within),
    )


def answers_around(
    connection: Connection,
    session: CoachingSession,
    asked: str,
    whose: Scope,
    *,
    settings: CoachingSettings,
    now: datetime,
) -> list[AgentAnswer]:
    """Return the assessed answers to a question, as it is asked now, in the weeks around a session."""
    since, until = weeks_around(session, settings, now)
    return assessed_answers(connection, whose, asked=asked, since=since, before=until)


def weeks_around(session: CoachingSession, settings: CoachingSettings, now: datetime) -> tuple[datetime, datetime]:
    """Return the first instant that is compared with what was since a session, and the first that is not any more."""
    weeks = timedelta(weeks=settings.weeks_compared)
    return session.held_at - weeks, min(now, session.held_at + weeks)


def _was_topic(answers: Sequence[AgentAnswer], *, at: datetime, settings: CoachingSettings) -> bool:
    """Tell whether the last calls before an instant would have made the question a topic; earliest call first."""
    earlier = [answer for answer in answers if answer.started_at is not None and answer.started_at < at]
    last = earlier[-settings.last_calls :]
    return sum(answer.status is Status.FAIL for answer in last) >= settings.misses
