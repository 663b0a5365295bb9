"""Calls by age, for retention: from when each counts, and where the files of one lie."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, func, or_, select

from pipeline.store.console_tables import uploads
from pipeline.store.retention_tables import deleted_media
from pipeline.store.tables import audit_log, files, recordings
from pipeline.store.wanted_calls import in_batches

_AT_ONCE = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class AgedCall:
    """A call with what decides how long it is kept.

    Attributes:
        at: When it began, else when it was taken in.
        media_deleted: Whether its sound went before.
    """

    call_id: str
    queue: str | None
    at: datetime
    media_deleted: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class CallFile:
    """A recording of a call, as it was when it was taken in; size and time are None where that is not known."""

    media_uri: str
    size_bytes: int | None
    modified_ns: int | None


def calls_before(connection: Connection, before: datetime) -> Iterator[AgedCall]:
    """Yield the calls that began before then, or were taken in before then where nobody knows their beginning."""
    column = recordings.c
    old = or_(column.started_at < before, and_(column.started_at.is_(None), column.added_at < before))
    last = ""
    while True:
        rows = connection.execute(_aged().where(old, column.call_id > last).order_by(column.call_id).limit(_AT_ONCE))
        found = [_call(row) for row in rows]
        yield from found
        if len(found) < _AT_ONCE:
            return
        last = found[-1].call_id


def aged_call(connection: Connection, call_id: str) -> AgedCall | None:
    """Return one call; None where it is gone."""
    row = connection.execute(_aged().where(recordings.c.call_id == call_id)).first()
    return None if row is None else _call(row)


def recordings_of(connection: Connection, call_id: str) -> tuple[CallFile, ...]:
    """Return every file in which a call was found or uploaded, in order of their paths.

    A file that holds another call now is none of them.
    """
    known = select(files.c.media_uri, files.c.size_bytes, files.c.modified_ns).where(files.c.call_id == call_id)
    found = {row.media_uri: CallFile(**row._mapping) for row in connection.execute(known)}
    sent = select(uploads.c.media_uri).where(uploads.c.call_id == call_id)
    elsewhere = select(files.c.media_uri).where(files.c.call_id != call_id)
    for uri in connection.scalars(sent.where(uploads.c.media_uri.not_in(elsewhere))):
        found.setdefault(uri, CallFile(media_uri=uri, size_bytes=None, modified_ns=None))
    return tuple(found[uri] for uri in sorted(found))


def sound_of(connection: Connection, call_id: str) -> str | None:
    """Return the hash of a call's sound; None where the call is gone."""
    found: str | None = connection.scalar(select(recordings.c.sha256).where(recordings.c.call_id == call_id))
    return found


def known_calls(connection: Connection, call_ids: Sequence[str]) -> set[str]:
    """Return those of some ids that are calls of this database."""
    return {
        call_id
        for some in in_batches(list(call_ids))
        for call_id in connection.scalars(select(recordings.c.call_id).where(recordings.c.call_id.in_(some)))
    }


def newest_known(connection: Connection) -> datetime | None:
    """Return when a call was last taken in or something done that the audit log tells; None where neither ever was."""
    taken_in: datetime | None = connection.scalar(select(func.max(recordings.c.added_at)))
    done = connection.scalar(select(func.max(audit_log.c.at)))
    return max((at for at in (taken_in, done and datetime.fromisoformat(done)) if at), default=None)


def calls_of(connection: Connection, *, customer: str | None = None, agent: str | None = None) -> list[str]:
    """Return the ids of all calls of a customer or agent, in order of time."""
    column = recordings.c
    by = column.customer_ref == customer if customer is not None else column.agent_id == agent
    return list(connection.scalars(select(column.call_id).where(by).order_by(column.started_at, column.call_id)))


def external_ids(connection: Connection, call_id: str) -> tuple[str, ...]:
    """Return by which ids the telephone system may know a call."""
    told = connection.scalar(select(recordings.c.metadata).where(recordings.c.call_id == call_id))
    external = json.loads(told).get("external_id") if told else None
    return tuple(ref for ref in (call_id, external) if ref)


def _aged() -> Select[Any]:
    column = recordings.c
    at = func.coalesce(column.started_at, column.added_at, type_=column.added_at.type).label("at")
    return select(column.call_id, column.queue, at, deleted_media.c.call_id.label("gone")).outerjoin(
        deleted_media, deleted_media.c.call_id == column.call_id
    )


def _call(row: Any) -> AgedCall:
    return AgedCall(call_id=row.call_id, queue=row.queue, at=row.at, media_deleted=row.gone is not None)
