"""Coaching put together from rules and store: what repeats, a good example, before and after, sessions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from pipeline.errors import NotFoundError, ReviewError
from pipeline.records import (
    AgentAnswer,
    CoachedQuestion,
    CoachingSession,
    Interval,
    Review,
    Scope,
    Status,
    latest_reviews,
)
from pipeline.review.coaching import make_session
from pipeline.scorecards.statistics import difference, wilson
from pipeline.scorecards.topics import ASSESSED, MissedQuestion, missed_questions
from pipeline.store.coaching import SessionRow, list_items, put_session
from pipeline.store.coaching_answers import agents_in_scope, answers_to, passes_of_others, recent_answers
from pipeline.store.reviews import all_reviews
from pipeline.store.wanted_calls import in_batches

CALLS_EACH = 30
"""So many of an agent's latest calls are looked at: not every question comes up in every call."""

COMPARED = timedelta(weeks=8)
_EXAMPLES_AMONG, _MOST_EXAMPLES = 400, 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """How a question went in some calls: so many of the assessed were passed."""

    passed: int
    assessed: int

    @property
    def rate(self) -> Interval | None:
        """Share passed, with its Wilson interval; None where nothing was assessed."""
        return wilson(self.passed, self.assessed)


@dataclass(frozen=True, kw_only=True, slots=True)
class BeforeAfter:
    """How a coached question went in the weeks before a session and since, in calls of at most 8 weeks each.

    Attributes:
        change: By how much the share passed grew, -1..+1; None where a part has too few calls.
        team_before: Of the team's other agents whom nobody coached on the question; None where that is not compared.
        team_change: Their change; None where they have too few calls, or it is not compared.
    """

    before: Part
    after: Part
    change: Interval | None
    team_before: Part | None = None
    team_after: Part | None = None
    team_change: Interval | None = None


def missed_by_agent(
    connection: Connection, scope: Scope, *, agent: str | None = None
) -> dict[str, tuple[MissedQuestion, ...]]:
    """Return by agent what was missed lately, topics first; people's answers count before the machine's.

    Args:
        connection: Where to read.
        scope: Whose calls may be seen.
        agent: Only this agent's; None for everybody's.
    """
    rows = recent_answers(connection, scope, agent=agent, calls_each=CALLS_EACH)
    by_agent: dict[str, list[AgentAnswer]] = defaultdict(list)
    for answer in _as_it_counts(connection, rows):
        by_agent[answer.agent_id].append(answer)
    return {name: missed_questions(answers) for name, answers in by_agent.items()}


def answers_of_agent(connection: Connection, scope: Scope, agent: str) -> list[AgentAnswer]:
    """Return the answers to an agent's latest calls as they count, the latest call first."""
    return _as_it_counts(connection, recent_answers(connection, scope, agent=agent, calls_each=CALLS_EACH))


def good_examples(connection: Connection, scope: Scope, *, asked: str, not_agent: str) -> list[AgentAnswer]:
    """Return calls of others in which a question went well: those that a person confirmed first, then the surest."""
    if not asked:
        return []
    rows = passes_of_others(
        connection, scope, asked=asked, not_agent=not_agent, among_latest=_EXAMPLES_AMONG, limit=_MOST_EXAMPLES
    )
    people = _latest(connection, rows)
    passes = [answer for answer in _counting(rows, people) if answer.status is Status.PASS]
    return sorted(passes, key=lambda answer: _key(answer) not in people)


def before_and_after(
    connection: Connection,
    session: CoachingSession,
    asked: str,
    *,
    scope: Scope,
    team: str | None,
    coached: Iterable[str],
    min_calls: int,
    now: datetime,
) -> BeforeAfter:
    """Return how a question went before a session and since.

    Args:
        connection: Where to read.
        session: The session.
        asked: Fingerprint of the question, as it is asked now.
        scope: Whose calls may be seen.
        team: Whose other agents are compared; None compares nobody.
        coached: Agents who were coached on the question, whenever: they are not compared.
        min_calls: The fewest assessed calls of a part for a change to be told.
        now: Until when.
    """
    since, until = session.held_at - COMPARED, min(now, session.held_at + COMPARED)

    def assessed(of: Scope) -> list[AgentAnswer]:
        rows = answers_to(connection, of, asked=asked, since=since, before=until)
        return [answer for answer in _as_it_counts(connection, rows) if answer.status in ASSESSED]

    own = assessed(Scope(agent_id=session.agent_id, teams=scope.teams))
    before, after = _parts(own, session.held_at)
    found = BeforeAfter(before=before, after=after, change=_change(before, after, min_calls))
    if team is None:
        return found
    left_out = {session.agent_id, *coached}
    others = [each for each in assessed(Scope(teams=(team,))) if each.agent_id not in left_out]
    team_before, team_after = _parts(others, session.held_at)
    return replace(
        found,
        team_before=team_before,
        team_after=team_after,
        team_change=_change(team_before, team_after, min_calls),
    )


def hold_session(
    connection: Connection,
    agent_id: str,
    *,
    notes: str,
    action: str,
    questions: Sequence[CoachedQuestion],
    item_ids: Sequence[str],
    scope: Scope,
    by: str,
    now: datetime,
) -> CoachingSession:
    """Keep a session with an agent, and return it.

    Args:
        connection: A transaction that writes.
        agent_id: Who was coached.
        notes: What was said.
        action: What was agreed on.
        questions: What it was about.
        item_ids: Open items of this agent that it takes up.
        scope: Whose calls the coach may see.
        by: Who coached.
        now: When.

    Raises:
        NotFoundError: An item is not there, or not the coach's to see.
        ReviewError: An item is taken up already, or the session cannot be kept so.
    """
    rows = {row.item.item_id: row for row in list_items(connection, scope=scope, agent=agent_id)} if item_ids else {}
    for item_id in item_ids:
        if item_id not in rows:
            raise NotFoundError("there is no such coaching item, or it is not yours to see")
        if rows[item_id].session_id is not None:
            raise ReviewError("an item was just taken up by another session; look at the page again")
    known = agents_in_scope(connection, scope, agent=agent_id)
    session = make_session(
        agent_id,
        notes=notes,
        action=action,
        questions=questions,
        items=[rows[item_id].item for item_id in item_ids],
        held_by=by,
        now=now,
        team=known[0].team if known else None,
    )
    if not put_session(connection, session):
        raise ReviewError("an item was just taken up by another session; look at the page again")
    return session


def coached_on(sessions: Iterable[SessionRow], question: CoachedQuestion) -> set[str]:
    """Return who was coached on a question."""
    return {row.session.agent_id for row in sessions if question in row.session.questions}


def _change(before: Part, after: Part, min_calls: int) -> Interval | None:
    earlier, later = before.rate, after.rate
    if earlier is None or later is None or min(before.assessed, after.assessed) < min_calls:
        return None
    return difference(later, earlier)


def _parts(answers: Iterable[AgentAnswer], at: datetime) -> tuple[Part, Part]:
    passes: dict[bool, list[bool]] = {True: [], False: []}
    for answer in answers:
        if answer.started_at is not None:
            passes[answer.started_at >= at].append(answer.status is Status.PASS)
    before, after = (Part(passed=sum(passes[side]), assessed=len(passes[side])) for side in (False, True))
    return before, after


def _as_it_counts(connection: Connection, rows: Sequence[AgentAnswer]) -> list[AgentAnswer]:
    return _counting(rows, _latest(connection, rows))


def _counting(rows: Sequence[AgentAnswer], people: dict[tuple[str, str, str], Review]) -> list[AgentAnswer]:
    """Return answers with people's in the place of the machine's."""
    both = ((row, people.get(_key(row))) for row in rows)
    return [replace(row, status=review.status) if review else row for row, review in both]


def _latest(connection: Connection, rows: Sequence[AgentAnswer]) -> dict[tuple[str, str, str], Review]:
    call_ids = sorted({row.call_id for row in rows})
    reviews = [review for some in in_batches(call_ids) for review in all_reviews(connection, call_ids=some)]
    return latest_reviews(reviews, lambda each: (each.call_id, each.criterion_id, each.asked))


def _key(answer: AgentAnswer) -> tuple[str, str, str]:
    return answer.call_id, answer.criterion_id, answer.asked
