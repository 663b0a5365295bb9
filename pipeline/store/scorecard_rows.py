"""What scorecards are made from: the current scores as plain rows, ready for a data frame."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from pipeline.records import EVERYTHING, Scope
from pipeline.store.console_tables import call_overviews
from pipeline.store.overviews import in_scope
from pipeline.store.payload import read_evidence
from pipeline.store.tables import criterion_results, current_scores, flags, recordings, scores


@dataclass(frozen=True, kw_only=True, slots=True)
class WantedRows:
    """Which calls' rows are read.

    Attributes:
        scope: Whose calls may be seen.
        agent: Only this agent's; None for all. Likewise the next two; with a rubric, only calls that have a score.
        first_at: Begun then or later; calls without a start time are read all the same, to be counted as left out.
        before: Begun earlier than this.
        answers: Whether the answers to each question are wanted too; without, scorecards have no criteria.
    """

    scope: Scope = EVERYTHING
    agent: str | None = None
    team: str | None = None
    rubric_id: str | None = None
    first_at: datetime | None = None
    before: datetime | None = None
    answers: bool = True


EVERY_ROW = WantedRows()


@dataclass(frozen=True, kw_only=True, slots=True)
class ScorecardRows:
    """Rows of three tables that belong together by ``score_id``.

    Attributes:
        calls: One per recording: call_id, score_id, started_at (aware UTC or None), agent_id, team, queue, rubric_id,
            rubric_version, rubric_fingerprint, share, raw_share, passed, auto_failed, critical_error,
            customer_sentiment, media_uri, reviewed_share, scored. ``reviewed_share`` is the score with people's answers
            as far as `call_overviews` knows it, and None where nobody reviewed the score. Without a score, score_id and
            all that a score tells are None (the two bools False), so that the call can be counted as left out.
        answers: One per criterion result: score_id, criterion_id, section_id, title, status, points_possible,
            points_earned, weight, critical, position.
        flags: One per open flag: score_id, code, severity, reason, criterion_id, evidence (tuple of Evidence).
    """

    calls: list[dict[str, Any]]
    answers: list[dict[str, Any]]
    flags: list[dict[str, Any]]


def scorecard_rows(connection: Connection, wanted: WantedRows = EVERY_ROW) -> ScorecardRows:
    """Return the current scores of calls, and the calls without one."""
    return ScorecardRows(
        calls=[_call(row) for row in _rows(connection, _calls(wanted))],
        answers=answer_rows(connection, wanted) if wanted.answers else [],
        flags=[_flag(row) for row in _rows(connection, _flags(wanted))],
    )


def answer_rows(connection: Connection, wanted: WantedRows) -> list[dict[str, Any]]:
    """Return the answers alone: they are many, and never change under the id of their score."""
    return _rows(connection, _answers(wanted))


def _rows(connection: Connection, statement: Select[Any]) -> list[dict[str, Any]]:
    found = connection.execute(statement)
    names = tuple(found.keys())
    return [dict(zip(names, row, strict=True)) for row in found.all()]


def _conditions(wanted: WantedRows) -> list[ColumnElement[bool]]:
    """Return conditions on `recordings`, and on `scores` where a rubric is named."""
    call = recordings.c
    conditions: list[ColumnElement[bool]] = []
    if not wanted.scope.whole:
        conditions.append(in_scope(wanted.scope, recordings))
    for column, name in (
        (call.agent_id, wanted.agent),
        (call.team, wanted.team),
        (scores.c.rubric_id, wanted.rubric_id),
    ):
        if name is not None:
            conditions.append(column == name)
    if wanted.first_at is not None:
        conditions.append(or_(call.started_at.is_(None), call.started_at >= wanted.first_at))
    if wanted.before is not None:
        conditions.append(or_(call.started_at.is_(None), call.started_at < wanted.before))
    return conditions


def _calls(wanted: WantedRows) -> Select[Any]:
    call, overview = recordings.c, call_overviews.c
    reviewed = and_(overview.call_id == call.call_id, overview.score_id == scores.c.score_id, overview.reviewed)
    return (
        select(
            call.call_id,
            scores.c.score_id,
            call.started_at,
            call.agent_id,
            call.team,
            call.queue,
            scores.c.rubric_id,
            scores.c.rubric_version,
            scores.c.rubric_fingerprint,
            scores.c.share,
            scores.c.raw_share,
            scores.c.passed,
            scores.c.auto_failed,
            scores.c.critical_error,
            scores.c.customer_sentiment,
            call.media_uri,
            overview.share.label("reviewed_share"),
        )
        .outerjoin(current_scores, current_scores.c.call_id == call.call_id)
        .outerjoin(scores, scores.c.score_id == current_scores.c.score_id)
        .outerjoin(call_overviews, reviewed)
        .where(*_conditions(wanted))
        .order_by(call.started_at.is_(None), call.started_at, call.media_uri, call.call_id)
    )


def _answers(wanted: WantedRows) -> Select[Any]:
    result = criterion_results.c
    statement = select(
        result.score_id,
        result.criterion_id,
        result.section_id,
        result.title,
        result.status,
        result.points_possible,
        result.points_earned,
        result.weight,
        result.critical,
        result.position,
    )
    of_current = statement.join(current_scores, current_scores.c.score_id == result.score_id)
    return _of_wanted(of_current, wanted).order_by(result.score_id, result.position)


def _flags(wanted: WantedRows) -> Select[Any]:
    flag = flags.c
    statement = select(flag.score_id, flag.code, flag.severity, flag.reason, flag.criterion_id, flag.evidence)
    of_current = statement.join(current_scores, current_scores.c.score_id == flag.score_id)
    return _of_wanted(of_current, wanted).where(flag.state == "open").order_by(flag.score_id, flag.position)


def _of_wanted(statement: Select[Any], wanted: WantedRows) -> Select[Any]:
    conditions = _conditions(wanted)
    if not conditions:
        return statement
    of_calls = statement.join(recordings, recordings.c.call_id == current_scores.c.call_id)
    if wanted.rubric_id is not None:
        of_calls = of_calls.join(scores, scores.c.score_id == current_scores.c.score_id)
    return of_calls.where(*conditions)


def _call(row: dict[str, Any]) -> dict[str, Any]:
    scored = row["score_id"] is not None
    return {
        **row,
        "auto_failed": bool(row["auto_failed"]),
        "critical_error": bool(row["critical_error"]),
        "scored": scored,
    }


def _flag(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "evidence": read_evidence(row["evidence"], f"flag of score {row['score_id']}")}


def call_count(connection: Connection, wanted: WantedRows, *, most: int) -> int:
    """Return of how many calls there would be rows, counted no further than ``most``."""
    some = _of_calls(select(recordings.c.call_id), wanted).limit(most).subquery()
    return connection.scalar(select(func.count()).select_from(some)) or 0


def newest_call_at(connection: Connection, wanted: WantedRows) -> datetime | None:
    """Return when the newest of these calls began, or None where none has a start time."""
    newest: datetime | None = connection.scalar(_of_calls(select(func.max(recordings.c.started_at)), wanted))
    return newest


def _of_calls(statement: Select[Any], wanted: WantedRows) -> Select[Any]:
    if wanted.rubric_id is not None:
        statement = statement.join(current_scores, current_scores.c.call_id == recordings.c.call_id)
        statement = statement.join(scores, scores.c.score_id == current_scores.c.score_id)
    return statement.where(*_conditions(wanted))
