"""What the tables tell of calls for their overviews, many calls at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, func, select

from pipeline.records import FlagState, Severity
from pipeline.store.calls import CallStatus, calls_as_they_stand
from pipeline.store.console_tables import assignments
from pipeline.store.overviews import SEVERITY_NUMBERS, CallOverview
from pipeline.store.tables import current_scores, dispute_rulings, disputes, flags


def read_bare_overviews(connection: Connection, call_ids: Sequence[str]) -> list[CallOverview]:
    """Return overviews of calls, at most some hundred, as the machine scored them: without answers and the queue."""
    codes, worst = _open_flags(connection, call_ids)
    disputed = _open_disputes(connection, call_ids)
    given_to = _assigned(connection, call_ids)
    return [
        replace(
            _bare(row),
            flags=tuple(codes[row.call_id]),
            severity=worst.get(row.call_id),
            open_disputes=disputed.get(row.call_id, 0),
            assigned_to=given_to.get(row.call_id),
        )
        for row in connection.execute(calls_as_they_stand(call_ids))
    ]


def _bare(row: Row[Any]) -> CallOverview:
    return CallOverview(
        call_id=row.call_id,
        started_at=row.started_at,
        duration_ms=row.duration_ms,
        state=CallStatus(row.status),
        agent_id=row.agent_id,
        team=row.team,
        queue=row.queue,
        direction=row.direction,
        score_id=row.score_id,
        rubric_id=row.rubric_id,
        machine_share=row.share,
        share=row.share,
        passed=row.passed,
        customer_sentiment=row.customer_sentiment,
    )


def _open_flags(
    connection: Connection, call_ids: Sequence[str]
) -> tuple[dict[str, dict[str, None]], dict[str, Severity]]:
    """Return by call the codes of its open flags in their order, and the severity of the gravest."""
    current = current_scores.c
    statement = (
        select(current.call_id, flags.c.code, flags.c.severity)
        .join(flags, flags.c.score_id == current.score_id)
        .where(current.call_id.in_(call_ids), flags.c.state == FlagState.OPEN.value)
        .order_by(current.call_id, flags.c.position)
    )
    codes: dict[str, dict[str, None]] = defaultdict(dict)
    worst: dict[str, Severity] = {}
    for row in connection.execute(statement):
        codes[row.call_id][row.code] = None
        both = (Severity(row.severity), worst.get(row.call_id, Severity.MINOR))
        worst[row.call_id] = min(both, key=SEVERITY_NUMBERS.__getitem__)
    return codes, worst


def _open_disputes(connection: Connection, call_ids: Sequence[str]) -> dict[str, int]:
    counted = (
        select(disputes.c.call_id, func.count().label("open"))
        .outerjoin(dispute_rulings, dispute_rulings.c.dispute_id == disputes.c.dispute_id)
        .where(disputes.c.call_id.in_(call_ids), dispute_rulings.c.dispute_id.is_(None))
        .group_by(disputes.c.call_id)
    )
    return {row.call_id: row.open for row in connection.execute(counted)}


def _assigned(connection: Connection, call_ids: Sequence[str]) -> dict[str, str | None]:
    given = assignments.c
    statement = select(given.call_id, given.assigned_to).where(given.call_id.in_(call_ids))
    in_order = connection.execute(statement.order_by(given.assigned_at, given.assignment_id))
    return {row.call_id: row.assigned_to for row in in_order}
