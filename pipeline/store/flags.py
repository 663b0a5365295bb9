"""Flags: why a person should hear a call. Each belongs to one score; those of current scores are listed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, case, select

from pipeline.canonical import fingerprint, to_json
from pipeline.records import Evidence, Flag, FlagChange, FlagState, Severity
from pipeline.store.ids import whole_id
from pipeline.store.payload import read_evidence
from pipeline.store.stale import mark_stale
from pipeline.store.tables import criterion_results, current_scores, flag_changes, flags, recordings, scores
from pipeline.store.upsert import insert_new
from pipeline.store.wanted_calls import in_batches


@dataclass(frozen=True, kw_only=True, slots=True)
class FlagRow:
    """A flag with when and why it was closed and opened again, oldest first, and whose call it is about."""

    flag: Flag
    changes: tuple[FlagChange, ...]
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
        statement = statement.where(flags.c.state == FlagState.OPEN.value)
    worst_first = case({Severity.CRITICAL.value: 0, Severity.MAJOR.value: 1}, value=flags.c.severity, else_=2)
    statement = statement.order_by(
        worst_first, call.started_at.is_(None), call.started_at, call.media_uri, flags.c.position
    )
    rows = connection.execute(statement).all()
    changes = _changes(connection, [row.flag_id for row in rows])
    return [
        FlagRow(
            flag=_flag(row),
            changes=tuple(changes[row.flag_id]),
            agent_id=row.agent_id,
            team=row.team,
            started_at=row.started_at,
        )
        for row in rows
    ]


def changes_of_flags(connection: Connection, flag_ids: Sequence[str]) -> dict[str, tuple[FlagChange, ...]]:
    """Return by flag when and why it was closed and opened again, oldest first; flags that never were are left out."""
    return {flag_id: tuple(changes) for flag_id, changes in _changes(connection, flag_ids).items()}


def flag_rows(connection: Connection, flag_ids: Sequence[str]) -> list[FlagRow]:
    """Return flags by their ids, in this order, those of scores that are not current any more too."""
    call = recordings.c
    told = select(flags, call.agent_id, call.team, call.started_at).join(recordings, call.call_id == flags.c.call_id)
    found = {}
    for some in in_batches(flag_ids):
        found.update({row.flag_id: row for row in connection.execute(told.where(flags.c.flag_id.in_(some)))})
    changes = _changes(connection, flag_ids)
    return [
        FlagRow(
            flag=_flag(row),
            changes=tuple(changes[row.flag_id]),
            agent_id=row.agent_id,
            team=row.team,
            started_at=row.started_at,
        )
        for row in (found[flag_id] for flag_id in flag_ids if flag_id in found)
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
    state = change.state.value
    insert_new(connection, flag_changes, asdict(change) | {"state": state})
    changed = flags.update().where(flags.c.flag_id == change.flag_id).values(state=state).returning(flags.c.call_id)
    mark_stale(connection, connection.scalars(changed).all())


def carry_changes(connection: Connection, call_ids: Sequence[str]) -> None:
    """Let the flags of calls' current scores stand as people left those that say the same under other scores.

    Flags of a call say the same where code, criterion with its question, and rule are equal. The latest change of any
    of them counts; it is kept with the flag that it is carried to, with its name, reason and time.
    """
    latest: dict[tuple[str | None, ...], FlagChange] = {}
    for some in in_batches(call_ids):
        for row in connection.execute(_changed_flags().where(scores.c.call_id.in_(some))):
            latest[_says(row)] = _change(row)
    if not latest:
        return
    for some in in_batches(sorted({str(call_id) for call_id, *_ in latest})):
        for row in connection.execute(_current_flags().where(current_scores.c.call_id.in_(some))).all():
            change = latest.get(_says(row))
            if change is not None and change.state != row.state:
                carried = fingerprint("carried-1", {"change": change.change_id, "flag": row.flag_id})
                change_id = "fc-" + carried.rpartition(":")[2][:16]
                put_flag_change(connection, replace(change, change_id=change_id, flag_id=row.flag_id))


_ABOUT = (criterion_results.c.score_id == flags.c.score_id) & (criterion_results.c.criterion_id == flags.c.criterion_id)
_SAYS = (flags.c.call_id, flags.c.code, flags.c.criterion_id, criterion_results.c.asked, flags.c.rule_id)


def _says(row: Row[Any]) -> tuple[str | None, ...]:
    return row.call_id, row.code, row.criterion_id, row.asked or "", row.rule_id


def _changed_flags() -> Select[Any]:
    return (
        select(*_SAYS, flag_changes)
        .select_from(scores)
        .join(flags, flags.c.score_id == scores.c.score_id)
        .join(flag_changes, flag_changes.c.flag_id == flags.c.flag_id)
        .outerjoin(criterion_results, _ABOUT)
        .order_by(flag_changes.c.changed_at, flag_changes.c.change_id)
    )


def _current_flags() -> Select[Any]:
    return (
        select(*_SAYS, flags.c.flag_id, flags.c.state)
        .select_from(current_scores)
        .join(flags, flags.c.score_id == current_scores.c.score_id)
        .outerjoin(criterion_results, _ABOUT)
    )


def _changes(connection: Connection, flag_ids: Iterable[str]) -> dict[str, list[FlagChange]]:
    """Return by flag when and why it was closed and opened again, oldest first."""
    column = flag_changes.c
    changes: dict[str, list[FlagChange]] = defaultdict(list)
    for some in in_batches(list(flag_ids)):
        of_flags = select(flag_changes).where(column.flag_id.in_(some)).order_by(column.changed_at, column.change_id)
        for row in connection.execute(of_flags):
            changes[row.flag_id].append(_change(row))
    return changes


def _change(row: Row[Any]) -> FlagChange:
    return FlagChange(
        change_id=row.change_id,
        flag_id=row.flag_id,
        state=FlagState(row.state),
        reason=row.reason,
        changed_by=row.changed_by,
        changed_at=row.changed_at,
    )


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
        state=FlagState(row.state),
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
        "evidence": to_json(flag.evidence, tuple[Evidence, ...]),
        "state": flag.state.value,
        "raised_at": now,
    }
