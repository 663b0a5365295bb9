"""People's answers that count as right, and what the machine had answered to the same questions."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, or_, select

from pipeline.records import CriterionResult, Review, Status
from pipeline.store.tables import calibration_sessions, criterion_results, reviews, scores, session_closings


def reviews_that_count(connection: Connection, rubric_id: str, *, blind_only: bool = False) -> list[Review]:
    """Return people's answers to the questions of a rubric, oldest first.

    Ordinary reviews count, and of calibration sessions the expert's answers, once the session is closed.

    Args:
        connection: Where to read.
        rubric_id: Whose scores were reviewed, in whatever version.
        blind_only: Only the experts' answers, which were given without sight of the machine's.
    """
    statement = _of_rubric(select(reviews), rubric_id, blind_only=blind_only)
    return [_review(dict(row)) for row in connection.execute(statement).mappings()]


def reviewed_results(
    connection: Connection, rubric_id: str, *, blind_only: bool = False
) -> dict[tuple[str, str, str], CriterionResult]:
    """Return what the machine had answered in the scores that people reviewed, by call, criterion and question.

    Where several scores of a call were reviewed, the one of the latest review. Without evidence, which is not needed to
    compare answers.

    Args:
        connection: Where to read.
        rubric_id: Whose scores.
        blind_only: As in `reviews_that_count`.
    """
    column = criterion_results.c
    columns = (
        column.criterion_id,
        column.section_id,
        column.title,
        column.status,
        column.points_possible,
        column.points_earned,
        column.weight,
        column.confidence,
        column.raw_confidence,
        column.leaning,
        column.leaning_share,
    )
    of_score = and_(column.score_id == reviews.c.score_id, column.criterion_id == reviews.c.criterion_id)
    statement = _of_rubric(select(reviews.c.call_id, reviews.c.asked, *columns), rubric_id, blind_only=blind_only)
    rows = connection.execute(statement.join(criterion_results, of_score)).mappings()
    return {(row["call_id"], row["criterion_id"], row["asked"]): _result(dict(row)) for row in rows}


def _of_rubric(statement: Select[Any], rubric_id: str, *, blind_only: bool) -> Select[Any]:
    session = calibration_sessions.c
    by_expert: ColumnElement[bool] = and_(
        session.expert == reviews.c.reviewer, session_closings.c.closed_at.is_not(None)
    )
    return (
        statement.select_from(reviews)
        .join(scores, scores.c.score_id == reviews.c.score_id)
        .outerjoin(calibration_sessions, session.session_id == reviews.c.session_id)
        .outerjoin(session_closings, session_closings.c.session_id == reviews.c.session_id)
        .where(
            scores.c.rubric_id == rubric_id,
            by_expert if blind_only else or_(reviews.c.session_id.is_(None), by_expert),
        )
        .order_by(reviews.c.made_at, reviews.c.review_id)
    )


def _review(row: dict[str, Any]) -> Review:
    machine = row["machine_status"]
    return Review(
        **{**row, "status": Status(row["status"]), "machine_status": None if machine is None else Status(machine)}
    )


def _result(row: dict[str, Any]) -> CriterionResult:
    told = {name: value for name, value in row.items() if name != "call_id"}
    leaning = None if told["leaning"] is None else Status(told["leaning"])
    return CriterionResult(**{**told, "status": Status(told["status"]), "reason": "", "leaning": leaning})
