"""Why calls wait for a person: flags, unanswered questions, samples. What of it is done, `pipeline.review` says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, func, or_, select

from pipeline.records import LEFT_TO_PEOPLE, FlagState, QueuedCall, QueueKind, QueueReason, Severity, Status
from pipeline.store.tables import (
    criterion_results,
    current_scores,
    flag_changes,
    flags,
    recordings,
    sampled_calls,
    scores,
)


def list_queued(
    connection: Connection,
    *,
    call_id: str | None = None,
    call_ids: Sequence[str] | None = None,
    corrected: Mapping[str, Sequence[QueueReason]] | None = None,
) -> list[QueuedCall]:
    """Return the scored calls that have a reason to be heard, each with all of its reasons, done or not.

    Flags and answers are those of the calls' current scores; samples are of any time. A question that no machine was
    there to answer is no reason: every call would wait.

    Args:
        connection: Where to read.
        call_id: Only this call.
        call_ids: Only these calls: at most some hundred.
        corrected: By call, its unanswered questions where people's answers change which those are.
    """
    instead = corrected or {}
    only = call_ids if call_id is None else [call_id]
    reasons: dict[str, list[QueueReason]] = defaultdict(list)
    for row in connection.execute(_of(only, _flags())):
        reasons[row.call_id].append(
            QueueReason(
                kind=QueueKind.FLAGGED,
                subject=row.code,
                reason=row.reason,
                since=row.raised_at if row.reopened_at is None else max(row.raised_at, row.reopened_at),
                criterion_id=row.criterion_id if row.asked else None,
                asked=row.asked or None,
                severity=Severity(row.severity),
                reopened=row.reopened_at is not None,
            )
        )
    for row in connection.execute(_of(only, _unanswered())):
        if row.call_id in instead:
            continue
        reasons[row.call_id].append(
            QueueReason(
                kind=QueueKind.UNANSWERED,
                subject=row.criterion_id,
                reason=row.reason,
                since=row.made_at,
                criterion_id=row.criterion_id,
                asked=row.asked or None,
                critical=row.critical or row.auto_fail,
            )
        )
    for of_call, questions in instead.items():
        reasons[of_call] += questions
    for row in connection.execute(_of(only, select(sampled_calls))):
        reasons[row.call_id].append(
            QueueReason(
                kind=QueueKind.SAMPLED,
                subject=f"{row.policy} {row.period}",
                reason=row.reason,
                since=row.sampled_at,
                reviewer=row.reviewer,
            )
        )
    return [
        QueuedCall(**row, reasons=tuple(reasons[row["call_id"]]))
        for row in connection.execute(_of(only, _calls())).mappings()
        if reasons.get(row["call_id"])
    ]


def _of(only: Sequence[str] | None, statement: Select[Any]) -> Select[Any]:
    return statement if only is None else statement.where(statement.selected_columns.call_id.in_(only))


def _calls() -> Select[Any]:
    call = recordings.c
    current = current_scores.c
    chosen = select(current.score_id, current.call_id, call.agent_id, call.team, call.queue, call.started_at)
    return chosen.join(recordings, call.call_id == current.call_id).order_by(current.call_id)


def _flags() -> Select[Any]:
    flag, result = flags.c, criterion_results.c
    about = (result.score_id == flag.score_id) & (result.criterion_id == flag.criterion_id)
    change = flag_changes.c
    opened_again = (
        select(func.max(change.changed_at))
        .where(change.flag_id == flag.flag_id, change.state == FlagState.OPEN.value)
        .scalar_subquery()
    )
    of_flag = (flag.code, flag.reason, flag.raised_at, flag.severity, flag.criterion_id, result.asked)
    return (
        select(current_scores.c.call_id, *of_flag, opened_again.label("reopened_at"))
        .select_from(flags)
        .join(current_scores, current_scores.c.score_id == flag.score_id)
        .outerjoin(criterion_results, about)
        .where(flag.state == FlagState.OPEN.value)
        .order_by(current_scores.c.call_id, flag.position)
    )


def _unanswered() -> Select[Any]:
    result = criterion_results.c
    return (
        select(
            current_scores.c.call_id,
            scores.c.made_at,
            result.criterion_id,
            result.reason,
            result.asked,
            result.critical,
            result.auto_fail,
        )
        .join(current_scores, current_scores.c.score_id == result.score_id)
        .join(scores, scores.c.score_id == result.score_id)
        .where(result.status == Status.CANNOT_ASSESS.value, or_(result.kind.is_(None), result.kind != LEFT_TO_PEOPLE))
        .order_by(current_scores.c.call_id, result.position)
    )
