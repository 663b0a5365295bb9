"""Flags: why a person should hear a call. Each belongs to one score; those of current scores are listed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, case, select

from pipeline.canonical import to_json
from pipeline.records import Flag, Severity
from pipeline.store.payload import read_evidence
from pipeline.store.tables import current_scores, flags, recordings


@dataclass(frozen=True, kw_only=True, slots=True)
class FlagRow:
    """A flag with what one wants to know about its call."""

    flag: Flag
    agent_id: str | None
    team: str | None
    started_at: datetime | None


def insert_flags(connection: Connection, raised: Sequence[Flag], *, now: datetime) -> None:
    """Keep what a new score raised, in this order."""
    if raised:
        connection.execute(flags.insert(), [_row(flag, position, now) for position, flag in enumerate(raised)])


def flags_of_score(connection: Connection, score_id: str) -> tuple[Flag, ...]:
    """Return the flags that a score raised, open and closed, in the order in which they were raised."""
    statement = select(flags).where(flags.c.score_id == score_id).order_by(flags.c.position)
    return tuple(_flag(row) for row in connection.execute(statement))


def list_flags(
    connection: Connection,
    *,
    code: str | None = None,
    severity: Severity | str | None = None,
    agent: str | None = None,
    team: str | None = None,
) -> list[FlagRow]:
    """Return the flags of the calls' current scores, open and closed, worst first, then by the calls' time.

    Args:
        code: Only flags of this code.
        severity: Only flags of this severity.
        agent: Only calls of this agent.
        team: Only calls of this team.
    """
    call = recordings.c
    statement = (
        select(flags, call.agent_id, call.team, call.started_at)
        .join(current_scores, current_scores.c.score_id == flags.c.score_id)
        .join(recordings, call.call_id == flags.c.call_id)
    )
    for column, wanted in (
        (flags.c.code, code),
        (flags.c.severity, None if severity is None else str(severity)),
        (call.agent_id, agent),
        (call.team, team),
    ):
        if wanted is not None:
            statement = statement.where(column == wanted)
    worst_first = case({Severity.CRITICAL.value: 0, Severity.MAJOR.value: 1}, value=flags.c.severity, else_=2)
    statement = statement.order_by(
        worst_first, call.started_at.is_(None), call.started_at, call.media_uri, flags.c.position
    )
    return [
        FlagRow(flag=_flag(row), agent_id=row.agent_id, team=row.team, started_at=row.started_at)
        for row in connection.execute(statement)
    ]


def _flag(row: Row[Any]) -> Flag:
    """Return the flag in a row of the flags table."""
    return Flag(
        flag_id=row.flag_id,
        call_id=row.call_id,
        score_id=row.score_id,
        code=row.code,
        severity=Severity(row.severity),
        reason=row.reason,
        criterion_id=row.criterion_id,
        rule_id=row.rule_id,
        evidence=read_evidence(row.evidence, f"flag {row.flag_id}"),
        state=row.state,
    )


def _row(flag: Flag, position: int, now: datetime) -> dict[str, object]:
    return {
        "flag_id": flag.flag_id,
        "call_id": flag.call_id,
        "score_id": flag.score_id,
        "position": position,
        "code": flag.code,
        "severity": flag.severity.value,
        "reason": flag.reason,
        "criterion_id": flag.criterion_id,
        "rule_id": flag.rule_id,
        "evidence": to_json(flag.evidence),
        "state": flag.state,
        "raised_at": now,
    }
