"""What did not go through: calls that failed, files that were held back, calls that wait for a run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, exists, func, select, text

from pipeline.records import Defect, Scope
from pipeline.store.claim_tables import call_claims
from pipeline.store.console_tables import call_overviews, searchable_calls, uploads
from pipeline.store.overviews import in_scope
from pipeline.store.payload import read_defects
from pipeline.store.tables import failures, files, recordings


@dataclass(frozen=True, kw_only=True, slots=True)
class FailedCall:
    """A call that was taken in and could not be processed."""

    call_id: str
    media_uri: str
    agent_id: str | None
    team: str | None
    started_at: datetime | None
    reason: str
    failed_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldBackFile:
    """A file that could not be taken in. Nobody knows whose call it is."""

    file_id: str
    media_uri: str
    seen_at: datetime
    defects: tuple[Defect, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadyCall:
    """A call that went through."""

    call_id: str
    started_at: datetime | None
    agent_id: str | None
    team: str | None
    duration_ms: int
    share: float | None
    passed: bool | None


def list_failed_calls(connection: Connection, scope: Scope, *, limit: int) -> tuple[list[FailedCall], int]:
    """Return calls that failed, the latest first, at most so many, and how many there are."""
    call = recordings.c
    chosen = select(failures, call.media_uri, call.agent_id, call.team, call.started_at)
    chosen = chosen.join(recordings, call.call_id == failures.c.call_id).where(in_scope(scope, recordings))
    count = connection.scalar(select(func.count()).select_from(chosen.subquery())) or 0
    rows = connection.execute(chosen.order_by(failures.c.failed_at.desc(), failures.c.call_id).limit(limit))
    found = [
        FailedCall(
            call_id=row.call_id,
            media_uri=row.media_uri,
            agent_id=row.agent_id,
            team=row.team,
            started_at=row.started_at,
            reason=row.reason,
            failed_at=row.failed_at,
        )
        for row in rows
    ]
    return found, count


def list_held_back(connection: Connection, *, limit: int) -> tuple[list[HeldBackFile], int]:
    """Return files that were held back and are no uploads, the latest first, and how many there are."""
    uploaded = exists().where(uploads.c.media_uri == files.c.media_uri)
    chosen = select(files).where(files.c.call_id.is_(None), ~uploaded)
    count = connection.scalar(select(func.count()).select_from(chosen.subquery())) or 0
    rows = connection.execute(chosen.order_by(files.c.seen_at.desc(), files.c.media_uri).limit(limit))
    found = [
        HeldBackFile(
            file_id=row.file_id,
            media_uri=row.media_uri,
            seen_at=row.seen_at,
            defects=read_defects(row.defects, f"file {row.file_id}"),
        )
        for row in rows
    ]
    return found, count


def get_failed_call(connection: Connection, call_id: str, scope: Scope) -> FailedCall | None:
    """Return a call that failed, by its whole id; None where there is none that may be seen."""
    call = recordings.c
    chosen = select(failures, call.media_uri, call.agent_id, call.team, call.started_at)
    chosen = chosen.join(recordings, call.call_id == failures.c.call_id)
    row = (
        connection.execute(chosen.where(failures.c.call_id == call_id, in_scope(scope, recordings))).mappings().first()
    )
    return None if row is None else FailedCall(**{name: row[name] for name in FailedCall.__dataclass_fields__})


def ready_lately(connection: Connection, scope: Scope, *, limit: int) -> list[ReadyCall]:
    """Return the calls that came through last, as far as they can be searched already."""
    call, seen = recordings.c, call_overviews.c
    chosen = (
        select(call.call_id, call.started_at, call.agent_id, call.team, call.duration_ms, seen.share, seen.passed)
        .select_from(searchable_calls)
        .join(recordings, call.call_id == searchable_calls.c.call_id)
        .outerjoin(call_overviews, seen.call_id == call.call_id)
        .where(in_scope(scope, recordings))
    )
    rows = connection.execute(chosen.order_by(searchable_calls.c.number.desc()).limit(limit)).mappings()
    return [ReadyCall(**row) for row in rows]


def pending_count(connection: Connection, scope: Scope) -> int:
    """Return how many calls were taken in and neither scored nor failed; reads only these."""
    of_calls = call_claims.join(recordings, recordings.c.call_id == call_claims.c.call_id)
    return connection.scalar(select(func.count()).select_from(of_calls).where(in_scope(scope, recordings))) or 0


def database_bytes(connection: Connection) -> int:
    """Return how much room the database takes, without SQLite's log."""
    if connection.dialect.name == "sqlite":
        pages, size = connection.scalar(text("PRAGMA page_count")), connection.scalar(text("PRAGMA page_size"))
        return int(pages or 0) * int(size or 0)
    return int(connection.scalar(text("SELECT pg_database_size(current_database())")) or 0)
