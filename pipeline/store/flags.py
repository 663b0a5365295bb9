"""Flags: why a person should hear a call. Each belongs to one score; those of current scores are listed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, case, select

from pipeline.canonical import to_json
from pipeline.records import Flag, FlagChange, Severity
from pipeline.store.ids import whole_id
from pipeline.store.payload import read_evidence
from pipeline.store.tables import current_scores, flag_changes, flags, recordings
from pipeline.store.upsert import insert_new

OPEN, CLOSED = "open", "closed"


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
        connection.execute(flags.insert(), rows_of_flags(raised, now=now))


def rows_of_flags(raised: Sequence[Flag], *, now: datetime) -> list[dict[str, object]]:
    """Return the rows of what one score raised, for whoever stores many at once."""
    return [_row(flag, position, now) for position, flag in enumerate(raised)]


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
    closed_too: bool = True,
) -> list[FlagRow]:
    """Return the flags of the calls' current scores, worst first, then by the calls' time.

    Args:
        code: Only flags of this code.
        severity: Only flags of this severity.
        agent: Only calls of this agent.
        team: Only calls of this team.
        closed_too: With those that somebody has closed.
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
    if not closed_too:
        statement = statement.where(flags.c.state == OPEN)
    worst_first = case({Severity.CRITICAL.value: 0, Severity.MAJOR.value: 1}, value=flags.c.severity, else_=2)
    statement = statement.order_by(
        worst_first, call.started_at.is_(None), call.started_at, call.media_uri, flags.c.position
    )
    return [
        FlagRow(flag=_flag(row), agent_id=row.agent_id, team=row.team, started_at=row.started_at)
        for row in connection.execute(statement)
    ]


def find_flag(connection: Connection, flag_id: str, *, hold: bool = False) -> Flag:
    """Return a flag by its id, or by the beginning of its id where only one begins so.

    Args:
        connection: Where to read.
        flag_id: The id.
        hold: Let nobody else change the flag until this transaction ends.

    Raises:
        NotFoundError: No flag has such an id, or several begin so.
    """
    column = flags.c.flag_id
    chosen = whole_id(connection, column, flag_id, what="flag", listed_by="earmark flags list")
    statement = select(flags).where(column == chosen)
    return _flag(connection.execute(statement.with_for_update(key_share=True) if hold else statement).one())


def put_flag_change(connection: Connection, change: FlagChange) -> None:
    """Close a flag, or open it again: the change is kept, and the flag's own row says how it stands now.

    That the flag says it too, in the same transaction, keeps every query of open flags as simple as it is.
    """
    insert_new(connection, flag_changes, asdict(change))
    connection.execute(flags.update().where(flags.c.flag_id == change.flag_id).values(state=change.state))


def changes_of_flag(connection: Connection, flag_id: str) -> list[FlagChange]:
    """Return when and why a flag was closed and opened again, oldest first."""
    column = flag_changes.c
    of_flag = select(flag_changes).where(column.flag_id == flag_id).order_by(column.changed_at, column.change_id)
    return [FlagChange(**row) for row in connection.execute(of_flag).mappings()]


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
