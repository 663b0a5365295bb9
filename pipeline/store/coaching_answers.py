"""Answers as coaching looks at them: by agent and question, the current scores only, as the machine gave them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from pipeline.records import AgentAnswer, CoachedQuestion, Scope, Status
from pipeline.store.console_tables import call_overviews
from pipeline.store.overviews import in_scope
from pipeline.store.tables import criterion_results

_call, _result = call_overviews.c, criterion_results.c


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentInScope:
    """An agent with the team of their latest call and how many scored calls of theirs may be seen."""

    agent_id: str
    team: str | None
    calls: int


@dataclass(frozen=True, kw_only=True, slots=True)
class QuestionNow:
    """How a question is asked in the latest call that it was asked in: its fingerprint and title."""

    asked: str
    title: str


def recent_answers(
    connection: Connection, scope: Scope, *, agent: str | None = None, calls_each: int
) -> list[AgentAnswer]:
    """Return the answers of each agent's latest calls that have a score, the latest call first.

    Args:
        connection: Where to read.
        scope: Whose calls may be seen.
        agent: Only this agent's; None for everybody's.
        calls_each: So many calls of each.
    """
    by_time = (_call.started_at.desc().nulls_last(), _call.call_id)
    place = func.row_number().over(partition_by=_call.agent_id, order_by=by_time)
    wanted = [in_scope(scope), _call.agent_id.is_not(None), _call.score_id.is_not(None)]
    if agent is not None:
        wanted.append(_call.agent_id == agent)
    ranked = select(
        _call.agent_id, _call.call_id, _call.score_id, _call.started_at, _call.rubric_id, place.label("place")
    )
    latest = ranked.where(*wanted).subquery()
    statement = (
        select(latest, *_ANSWER)
        .join(criterion_results, _result.score_id == latest.c.score_id)
        .where(latest.c.place <= calls_each)
        .order_by(latest.c.agent_id, latest.c.place, _result.position)
    )
    return _rows(connection, statement)


def answers_to(
    connection: Connection, scope: Scope, *, asked: str, since: datetime, before: datetime
) -> list[AgentAnswer]:
    """Return the answers to one question in calls that began within a time, the earliest first.

    Args:
        connection: Where to read.
        scope: Whose calls.
        asked: Fingerprint of the question.
        since: The first instant that counts.
        before: The first instant that does not count any more.
    """
    statement = (
        select(_call.agent_id, _call.call_id, _call.score_id, _call.started_at, _call.rubric_id, *_ANSWER)
        .join(criterion_results, _result.score_id == _call.score_id)
        .where(
            in_scope(scope),
            _call.agent_id.is_not(None),
            _call.started_at >= since,
            _call.started_at < before,
            _result.asked == asked,
        )
        .order_by(_call.started_at, _call.call_id)
    )
    return _rows(connection, statement)


def passes_of_others(
    connection: Connection, scope: Scope, *, asked: str, not_agent: str, among_latest: int, limit: int
) -> list[AgentAnswer]:
    """Return calls of others in which a question was answered with pass and with evidence, the surest first.

    Args:
        connection: Where to read.
        scope: Whose calls.
        asked: Fingerprint of the question.
        not_agent: Without this agent's.
        among_latest: Only the latest calls are looked at.
        limit: At most so many are returned.
    """
    wanted = (in_scope(scope), _call.agent_id.is_not(None), _call.agent_id != not_agent, _call.score_id.is_not(None))
    latest = (
        select(_call.agent_id, _call.call_id, _call.score_id, _call.started_at, _call.rubric_id)
        .where(*wanted)
        .order_by(_call.started_at.desc().nulls_last(), _call.call_id)
        .limit(among_latest)
        .subquery()
    )
    statement = (
        select(latest, *_ANSWER)
        .join(criterion_results, _result.score_id == latest.c.score_id)
        .where(_result.asked == asked, _result.status == Status.PASS.value, _result.evidence != "[]")
        .order_by(_result.confidence.desc().nulls_last(), latest.c.started_at.desc().nulls_last(), latest.c.call_id)
        .limit(limit)
    )
    return _rows(connection, statement)


def questions_now(connection: Connection, questions: Iterable[CoachedQuestion]) -> dict[CoachedQuestion, QuestionNow]:
    """Return how questions are asked now; what no current score asks is left out."""
    found = {}
    for question in set(questions):
        statement = (
            select(_result.asked, _result.title)
            .join(call_overviews, _result.score_id == _call.score_id)
            .where(
                _call.rubric_id == question.rubric_id,
                _result.criterion_id == question.criterion_id,
                _result.asked.is_not(None),
                _result.asked != "",
            )
            .order_by(_call.started_at.desc().nulls_last(), _call.call_id)
            .limit(1)
        )
        row = connection.execute(statement).first()
        if row is not None:
            found[question] = QuestionNow(asked=row.asked, title=row.title)
    return found


def agents_in_scope(connection: Connection, scope: Scope, *, agent: str | None = None) -> list[AgentInScope]:
    """Return whose calls may be seen, by their ids."""
    wanted = [in_scope(scope), _call.agent_id.is_not(None)]
    if agent is not None:
        wanted.append(_call.agent_id == agent)
    latest_first = (_call.started_at.desc().nulls_last(), _call.call_id)
    place = func.row_number().over(partition_by=_call.agent_id, order_by=latest_first)
    count = func.count(_call.score_id).over(partition_by=_call.agent_id)
    ranked = select(_call.agent_id, _call.team, count.label("calls"), place.label("place")).where(*wanted).subquery()
    statement = select(ranked).where(ranked.c.place == 1).order_by(ranked.c.agent_id)
    return [
        AgentInScope(agent_id=row.agent_id, team=row.team, calls=row.calls) for row in connection.execute(statement)
    ]


_ANSWER = (_result.criterion_id, _result.asked, _result.title, _result.critical, _result.status)


def _rows(connection: Connection, statement: Select[Any]) -> list[AgentAnswer]:
    return [
        AgentAnswer(
            agent_id=row.agent_id,
            call_id=row.call_id,
            score_id=row.score_id,
            started_at=row.started_at,
            rubric_id=row.rubric_id,
            criterion_id=row.criterion_id,
            asked=row.asked or "",
            title=row.title,
            critical=row.critical,
            status=_STATUSES[row.status],
        )
        for row in connection.execute(statement)
    ]


_STATUSES = {status.value: status for status in Status}
