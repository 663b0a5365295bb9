"""The rows of the audit log: appended one at a time, read in order. `pipeline/audit/log.py` chains and checks them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, func, select, text

from pipeline.store.tables import audit_log

_ROWS_AT_ONCE = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditEntry:
    """One act as it is stored, to the letter: the hash covers every field before it.

    Attributes:
        sequence: 1, 2, 3 and so on without holes.
        at: When, in UTC: ``2026-11-22T04:29:13.000000Z``, which sorts as it counts.
        details: Canonical JSON.
        previous_hash: The hash of the entry before.
    """

    sequence: int
    at: str
    actor: str
    action: str
    subject_kind: str
    subject_id: str
    details: str
    previous_hash: str
    hash: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AskedEntries:
    """Which entries are wanted; None is no bound. ``since`` and ``before`` are written as `AuditEntry.at` is."""

    since: str | None = None
    before: str | None = None
    actor: str | None = None
    action: str | None = None
    subject_id: str | None = None


def hold_log(connection: Connection) -> None:
    """Let nobody else append until this transaction ends, so that the next number is the next.

    On SQLite a transaction that writes holds the whole database already.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE audit_log IN SHARE ROW EXCLUSIVE MODE"))


def insert_entry(connection: Connection, entry: AuditEntry) -> None:
    """Append an entry; its number must be free."""
    connection.execute(audit_log.insert(), asdict(entry))


def last_entry(connection: Connection) -> AuditEntry | None:
    """Return the newest entry, or None where the log is empty."""
    return _one(connection.execute(select(audit_log).order_by(audit_log.c.sequence.desc()).limit(1)).mappings().first())


def get_entry(connection: Connection, sequence: int) -> AuditEntry | None:
    """Return the entry of a number, or None where there is none."""
    return _one(connection.execute(select(audit_log).where(audit_log.c.sequence == sequence)).mappings().first())


def entries(connection: Connection, asked: AskedEntries | None = None) -> Iterator[AuditEntry]:
    """Yield entries in order of their numbers, whatever stands in them."""
    column, wanted = audit_log.c, asked or AskedEntries()
    statement = select(audit_log).order_by(column.sequence)
    if wanted.since is not None:
        statement = statement.where(column.at >= wanted.since)
    if wanted.before is not None:
        statement = statement.where(column.at < wanted.before)
    for field, value in ((column.actor, wanted.actor), (column.action, wanted.action)):
        statement = statement if value is None else statement.where(field == value)
    if wanted.subject_id is not None:
        statement = statement.where(column.subject_id == wanted.subject_id)
    rows: Sequence[Any] = connection.execute(statement.limit(_ROWS_AT_ONCE)).mappings().all()
    while rows:  # a server's cursor would have to be closed by whoever stops reading
        yield from (AuditEntry(**row) for row in rows)
        behind = statement.where(column.sequence > rows[-1]["sequence"])
        rows = connection.execute(behind.limit(_ROWS_AT_ONCE)).mappings().all()


def export_count(connection: Connection, call_id: str) -> int:
    """Return how often something of a call was handed out, of which copies may be anywhere."""
    of_call = audit_log.c.subject_id == call_id
    exported = select(func.count()).select_from(audit_log).where(of_call, audit_log.c.action == "export")
    return connection.scalar(exported) or 0


def _one(row: Any) -> AuditEntry | None:
    return AuditEntry(**row) if row is not None else None
