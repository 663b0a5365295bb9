"""Answers as they count for coaching: people's in the place of the machine's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from pipeline.config import CoachingSettings
from pipeline.records import AgentAnswer, Review, Scope, Status, latest_reviews
from pipeline.scorecards.topics import ASSESSED, MissedQuestion, missed_questions
from pipeline.store.coaching_answers import answers_to, passes_of_others, recent_answers
from pipeline.store.reviews import all_reviews
from pipeline.store.wanted_calls import in_batches

CALLS_EACH = 30
"""So many of an agent's latest calls are looked at: not every question comes up in every call."""

_EXAMPLES_AMONG, _MOST_EXAMPLES = 400, 20


def missed_by_agent(
    connection: Connection, scope: Scope, settings: CoachingSettings, *, agent: str | None = None
) -> dict[str, tuple[MissedQuestion, ...]]:
    """Return by agent what was missed lately, topics first; people's answers count before the machine's.

    Args:
        connection: Where to read.
        scope: Whose calls may be seen.
        settings: What makes a topic.
        agent: Only this agent's; None for everybody's.
    """
    rows = recent_answers(connection, scope, agent=agent, calls_each=CALLS_EACH)
    by_agent: dict[str, list[AgentAnswer]] = defaultdict(list)
    for answer in _as_it_counts(connection, rows):
        by_agent[answer.agent_id].append(answer)
    return {name: missed_questions(answers, settings) for name, answers in by_agent.items()}


def answers_of_agent(connection: Connection, scope: Scope, agent: str) -> list[AgentAnswer]:
    """Return the answers to an agent's latest calls as they count, the latest call first."""
    return _as_it_counts(connection, recent_answers(connection, scope, agent=agent, calls_each=CALLS_EACH))


def assessed_answers(
    connection: Connection, scope: Scope, *, asked: str, since: datetime, before: datetime
) -> list[AgentAnswer]:
    """Return the answers to a question that passed, partly passed or failed, as they count, the earliest call first.

    Args:
        connection: Where to read.
        scope: Whose calls.
        asked: Fingerprint of the question.
        since: The first instant that counts.
        before: The first instant that does not count any more.
    """
    rows = answers_to(connection, scope, asked=asked, since=since, before=before)
    return [answer for answer in _as_it_counts(connection, rows) if answer.status in ASSESSED]


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
