"""Scores beside scores: each is written once, and one of a call's scores is its current one."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from pipeline.canonical import to_json
from pipeline.errors import NotFoundError
from pipeline.records import (
    AnswerIs,
    AutoFailEffect,
    CallScore,
    CriterionResult,
    Evidence,
    Flag,
    NearestMiss,
    ScoreTerms,
    Span,
    Status,
)
from pipeline.store.findings import index_findings
from pipeline.store.flags import carry_changes, insert_flags, rows_of_flags
from pipeline.store.payload import read_evidence, read_payload
from pipeline.store.search_index import mark_unsearched
from pipeline.store.stale import mark_stale
from pipeline.store.tables import criterion_results, current_scores, reviews, scores
from pipeline.store.upsert import insert_new, insert_or_replace
from pipeline.store.waiting import clear_waiting
from pipeline.store.webhooks import tell_of_scores

Record = TypeVar("Record")


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredScore:
    """A score with where it came from.

    Attributes:
        made_at: When it was first stored.
        current: Whether it is the call's current score.
        facts_key: Key of the facts that were scored, for `get_step`.
    """

    score: CallScore
    made_at: datetime
    current: bool
    facts_key: str


def put_score(
    connection: Connection,
    score: CallScore,
    facts_key: str,
    flags: Sequence[Flag],
    *,
    customer_sentiment: float | None,
    now: datetime,
) -> bool:
    """Keep a score with its results and flags, make it the call's current one, and tell whether it was new.

    A score that is stored already stays as it is, flags included, and becomes the current one.

    Args:
        score: The answers; its call has been taken in.
        facts_key: Key of the facts that were scored.
        flags: What the score raised.
        customer_sentiment: The customer's overall sentiment -1..+1, or None where unknown.
        now: When it was made.
    """
    row = _score_row(score, facts_key, customer_sentiment, now)
    is_new = insert_new(connection, scores, row)
    if is_new:
        rows = [_result_row(score.score_id, position, result) for position, result in enumerate(score.results)]
        if rows:
            connection.execute(criterion_results.insert(), rows)
        insert_flags(connection, flags, now=now)
        tell_of_scores(connection, [row], rows_of_flags(flags, now=now), now=now)
        mark_stale(connection, [score.call_id])
    set_current(connection, score.call_id, score.score_id)
    return is_new


def rows_of_score(
    score: CallScore, facts_key: str, *, customer_sentiment: float | None, now: datetime
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the row of a score and those of its results, for whoever stores many at once."""
    results = [_result_row(score.score_id, position, result) for position, result in enumerate(score.results)]
    return _score_row(score, facts_key, customer_sentiment, now), results


def set_current(connection: Connection, call_id: str, score_id: str) -> None:
    """Make a stored score the call's current one, and what it rests on that which audits count.

    Its flags stand as people left those that say the same. The call waits no longer.

    Raises:
        NotFoundError: The call has no such score.
    """
    chosen = select(scores.c.call_id, scores.c.facts_key).where(scores.c.score_id == score_id)
    score = connection.execute(chosen).first()
    if score is None or score.call_id != call_id:
        raise NotFoundError(f"call {call_id} has no score {score_id}")
    clear_waiting(connection, call_id)
    if current_score_id(connection, call_id) != score_id:
        insert_or_replace(connection, current_scores, {"call_id": call_id, "score_id": score_id})
        index_findings(connection, call_id, score.facts_key)
        carry_changes(connection, [call_id])
        mark_stale(connection, [call_id])
        mark_unsearched(connection, [call_id])


def current_score_id(connection: Connection, call_id: str) -> str | None:
    """Return the id of a call's current score, or None where it has none."""
    return connection.scalar(select(current_scores.c.score_id).where(current_scores.c.call_id == call_id))


def get_score(connection: Connection, score_id: str) -> CallScore | None:
    """Return a score with all its results, or None where there is none of that id."""
    row = connection.execute(select(scores).where(scores.c.score_id == score_id)).first()
    if row is None:
        return None
    results = select(criterion_results).where(criterion_results.c.score_id == score_id)
    return _score(row, connection.execute(results.order_by(criterion_results.c.position)))


def scores_of_call(connection: Connection, call_id: str) -> list[StoredScore]:
    """Return all scores of a call, newest first."""
    return _stored(connection, scores.c.call_id == call_id)


def current_scores_of(connection: Connection, call_ids: Sequence[str]) -> list[StoredScore]:
    """Return the current scores of calls, at most some hundred, newest first."""
    chosen = select(current_scores.c.score_id).where(current_scores.c.call_id.in_(call_ids))
    return _stored(connection, scores.c.score_id.in_(chosen))


def corrected_scores(
    connection: Connection, *, call_id: str | None = None, call_ids: Sequence[str] | None = None
) -> list[StoredScore]:
    """Return the current scores to which a person gave another answer, and in which answers hang on others.

    Of these, and only of these, a review may change which questions are open.

    Args:
        connection: Where to read.
        call_id: Only of this call.
        call_ids: Only of these calls: at most some hundred.
    """
    current, result, review = current_scores.c, criterion_results.c, reviews.c
    of_score = result.score_id == current.score_id
    hangs = exists().where(of_score, result.depends_on.is_not(None), result.depends_on != "[]")
    words = func.coalesce(review.answer, "") != func.coalesce(result.answer, "")
    otherwise = or_(review.status != result.status, words)
    same_question = and_(review.criterion_id == result.criterion_id, review.asked == result.asked)
    ordinary = and_(review.call_id == current.call_id, review.session_id.is_(None))
    corrected = exists().where(of_score, ordinary, same_question, otherwise)
    chosen = select(current.score_id).where(hangs, corrected)
    only = call_ids if call_id is None else [call_id]
    if only is not None:
        chosen = chosen.where(current.call_id.in_(only))
    return _stored(connection, scores.c.score_id.in_(chosen))


def _stored(connection: Connection, which: ColumnElement[bool]) -> list[StoredScore]:
    """Return scores, newest first."""
    results: dict[str, list[Any]] = defaultdict(list)
    for result in connection.execute(
        select(criterion_results)
        .join(scores, scores.c.score_id == criterion_results.c.score_id)
        .where(which)
        .order_by(criterion_results.c.position)
    ):
        results[result.score_id].append(result)
    rows = connection.execute(
        select(scores, current_scores.c.score_id.label("current_id"))
        .outerjoin(current_scores, current_scores.c.score_id == scores.c.score_id)
        .where(which)
        .order_by(scores.c.made_at.desc(), scores.c.score_id)
    )
    return [
        StoredScore(
            score=_score(row, results[row.score_id]),
            made_at=row.made_at,
            current=row.current_id is not None,
            facts_key=row.facts_key,
        )
        for row in rows
    ]


def _score_row(score: CallScore, facts_key: str, customer_sentiment: float | None, now: datetime) -> dict[str, Any]:
    return {
        "score_id": score.score_id,
        "call_id": score.call_id,
        "facts_key": facts_key,
        "rubric_id": score.rubric_id,
        "rubric_version": score.rubric_version,
        "rubric_fingerprint": score.rubric_fingerprint,
        "pass_share": score.pass_share,
        "share": score.share,
        "raw_share": score.raw_share,
        "critical_share": score.critical_share,
        "assessed_share": score.assessed_share,
        "passed": score.passed,
        "auto_failed": bool(score.auto_failed_by),
        "critical_error": any(result.critical and result.status is Status.FAIL for result in score.results),
        "customer_sentiment": customer_sentiment,
        "terms": to_json(score.terms),
        "made_at": now,
    }


def _result_row(score_id: str, position: int, result: CriterionResult) -> dict[str, Any]:
    return {
        "score_id": score_id,
        "position": position,
        "criterion_id": result.criterion_id,
        "section_id": result.section_id,
        "title": result.title,
        "status": result.status.value,
        "reason": result.reason,
        "points_possible": result.points_possible,
        "points_earned": result.points_earned,
        "weight": result.weight,
        "critical": result.critical,
        "auto_fail": result.auto_fail,
        "confidence": result.confidence,
        "evidence": to_json(result.evidence, tuple[Evidence, ...]),
        "searched": None if result.searched is None else to_json(result.searched),
        "nearest_miss": None if result.nearest_miss is None else to_json(result.nearest_miss),
        "rule_ids": _names_json(result.rule_ids),
        "raw_confidence": result.raw_confidence,
        "answer": result.answer,
        "leaning": None if result.leaning is None else result.leaning.value,
        "leaning_share": result.leaning_share,
        "leaning_answer": result.leaning_answer,
        "asked": result.asked,
        "kind": result.kind,
        "depends_on": to_json(result.depends_on),
        "auto_fail_effect": result.auto_fail_effect.value,
        "auto_fail_cap": result.auto_fail_cap,
    }


@functools.lru_cache(maxsize=1024)
def _names_json(names: tuple[str, ...]) -> str:
    """Return names as JSON: a rubric's criteria name the same rules on every call."""
    return to_json(names)


def _score(row: Any, results: Iterable[Any]) -> CallScore:
    return CallScore(
        score_id=row.score_id,
        call_id=row.call_id,
        rubric_id=row.rubric_id,
        rubric_version=row.rubric_version,
        rubric_fingerprint=row.rubric_fingerprint,
        pass_share=row.pass_share,
        results=tuple(_result(result) for result in results),
        terms=ScoreTerms() if row.terms is None else read_payload(ScoreTerms, row.terms, f"score {row.score_id}"),
    )


def _result(row: Any) -> CriterionResult:
    where = f"score {row.score_id}, criterion {row.criterion_id}"

    def optional(record_type: type[Record], payload: str | None) -> Record | None:
        return None if payload is None else read_payload(record_type, payload, where)

    return CriterionResult(
        criterion_id=row.criterion_id,
        section_id=row.section_id,
        title=row.title,
        status=Status(row.status),
        reason=row.reason,
        points_possible=row.points_possible,
        points_earned=row.points_earned,
        weight=row.weight,
        critical=row.critical,
        auto_fail=row.auto_fail,
        confidence=row.confidence,
        evidence=read_evidence(row.evidence, where),
        searched=optional(Span, row.searched),
        nearest_miss=optional(NearestMiss, row.nearest_miss),
        rule_ids=read_payload(tuple[str, ...], row.rule_ids, where),
        raw_confidence=row.raw_confidence,
        answer=row.answer,
        leaning=None if row.leaning is None else Status(row.leaning),
        leaning_share=row.leaning_share,
        leaning_answer=row.leaning_answer,
        asked=row.asked or "",
        kind=row.kind or "",
        depends_on=() if row.depends_on in (None, "[]") else read_payload(tuple[AnswerIs, ...], row.depends_on, where),
        auto_fail_effect=AutoFailEffect(row.auto_fail_effect or AutoFailEffect.ZERO_CALL),
        auto_fail_cap=row.auto_fail_cap,
    )
