"""The audit log as a page shows it: newest first, some entries at a time, bounded to what somebody may see."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from pipeline.records import Scope
from pipeline.store.audit import AskedEntries, AuditEntry
from pipeline.store.tables import audit_log, recordings


def newest_entries(
    connection: Connection,
    asked: AskedEntries,
    *,
    scope: Scope,
    actor: str,
    below: int | None = None,
    limit: int,
) -> list[AuditEntry]:
    """Return entries, the newest first.

    Args:
        connection: Where to read.
        asked: Which; an action is meant with all that it is followed by, such as ``session start``.
        scope: Whose calls may be seen: where that is not all, only entries on these calls and the actor's own.
        actor: Who asks.
        below: Only entries with a smaller number.
        limit: So many at most.
    """
    column = audit_log.c
    bounds: list[ColumnElement[bool]] = []
    if below is not None:
        bounds.append(column.sequence < below)
    if asked.since is not None:
        bounds.append(column.at >= asked.since)
    if asked.before is not None:
        bounds.append(column.at < asked.before)
    if asked.actor is not None:
        bounds.append(column.actor == asked.actor)
    if asked.subject_id is not None:
        bounds.append(column.subject_id == asked.subject_id)
    if not scope.whole:
        bounds.append(in_sight(scope, actor))
    statement = select(audit_log).where(*bounds).order_by(column.sequence.desc()).limit(limit)
    statements = (
        [statement]
        if asked.action is None
        else [statement.where(column.action == each) for each in _actions(connection, asked.action)]
    )  # one by one: each is read from the end of its part of an index
    found = [AuditEntry(**row) for each in statements for row in connection.execute(each).mappings()]
    return sorted(found, key=lambda entry: -entry.sequence)[:limit]


def in_sight(scope: Scope, actor: str) -> ColumnElement[bool]:
    """Return what bounds the log for somebody who sees only some calls: entries on these calls, and their own."""
    return or_(audit_log.c.actor == actor, _on_calls(scope))


def has_entry(connection: Connection, *, action: str, subject: tuple[str, str]) -> bool:
    """Tell whether something was done to something."""
    kind, identifier = subject
    column = audit_log.c
    wanted = (column.subject_id == identifier, column.subject_kind == kind, column.action == action)
    return connection.scalar(select(column.sequence).where(*wanted).limit(1)) is not None


def known_actors(connection: Connection) -> Sequence[str]:
    """Return everybody who did something, in order of name."""
    found: list[str] = []
    following = select(audit_log.c.actor).order_by(audit_log.c.actor).limit(1)
    actor = connection.scalar(following)
    while actor is not None:  # one step in the index for each: a log has millions of entries and some dozens of people
        found.append(actor)
        actor = connection.scalar(following.where(audit_log.c.actor > actor))
    return found


def _actions(connection: Connection, word: str) -> list[str]:
    """Return what was done that is a word, or begins with it and goes on with another one."""
    column = audit_log.c.action
    found: list[str] = []
    at_least = column >= word
    while True:
        action = connection.scalar(select(column).where(at_least, column < f"{word}!").order_by(column).limit(1))
        if action is None:
            return found
        found.append(action)
        at_least = column > action


def _on_calls(scope: Scope) -> ColumnElement[bool]:
    theirs = select(recordings.c.call_id)
    if scope.agent_id is not None:
        theirs = theirs.where(recordings.c.agent_id == scope.agent_id)
    if scope.teams is not None:
        theirs = theirs.where(recordings.c.team.in_(scope.teams))
    return and_(audit_log.c.subject_kind == "call", audit_log.c.subject_id.in_(theirs))
