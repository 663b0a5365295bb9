"""What scorecards are made from: the current scores as plain rows, ready for a data frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, select

from pipeline.store.payload import read_evidence
from pipeline.store.tables import criterion_results, current_scores, flags, recordings, scores


@dataclass(frozen=True, kw_only=True, slots=True)
class ScorecardRows:
    """Rows of three tables that belong together by ``score_id``.

    Attributes:
        calls: One per recording: call_id, score_id, started_at (aware UTC or None), agent_id, team, queue, rubric_id,
            rubric_version, rubric_fingerprint, share, raw_share, passed, auto_failed, critical_error,
            customer_sentiment, media_uri, scored. Without a score, score_id and all that a score tells are None (the
            two bools False), so that the call can be counted as left out.
        answers: One per criterion result: score_id, criterion_id, section_id, title, status, points_possible,
            points_earned, weight, critical, position.
        flags: One per open flag: score_id, code, severity, reason, criterion_id, evidence (tuple of Evidence).
    """

    calls: list[dict[str, Any]]
    answers: list[dict[str, Any]]
    flags: list[dict[str, Any]]


def scorecard_rows(connection: Connection) -> ScorecardRows:
    """Return the current scores of all calls, and the calls without one."""
    return ScorecardRows(
        calls=[_call(dict(row)) for row in connection.execute(_calls()).mappings()],
        answers=[dict(row) for row in connection.execute(_answers()).mappings()],
        flags=[_flag(dict(row)) for row in connection.execute(_flags()).mappings()],
    )


def _calls() -> Select[Any]:
    call = recordings.c
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
        )
        .outerjoin(current_scores, current_scores.c.call_id == call.call_id)
        .outerjoin(scores, scores.c.score_id == current_scores.c.score_id)
        .order_by(call.started_at.is_(None), call.started_at, call.media_uri, call.call_id)
    )


def _answers() -> Select[Any]:
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
    return of_current.order_by(result.score_id, result.position)


def _flags() -> Select[Any]:
    flag = flags.c
    statement = select(flag.score_id, flag.code, flag.severity, flag.reason, flag.criterion_id, flag.evidence)
    of_current = statement.join(current_scores, current_scores.c.score_id == flag.score_id)
    return of_current.where(flag.state == "open").order_by(flag.score_id, flag.position)


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
