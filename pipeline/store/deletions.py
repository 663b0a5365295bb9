"""What was deleted: keyed hashes of calls, the files that are still to go, and a record of each deletion."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from pipeline.canonical import canonical_json
from pipeline.store.ids import whole_id
from pipeline.store.retention_tables import (
    deleted_calls,
    deleted_media,
    deletion_files,
    deletion_keys,
    deletion_records,
)
from pipeline.store.tables import recordings
from pipeline.store.upsert import insert_new, insert_or_replace

CALL, MEDIA = "call", "media"
_KEY = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class DeletionRecord:
    """One deletion of some calls, or one that is going on.

    Attributes:
        occasion: ``policy`` or ``request``.
        rows: Deleted rows by table.
        held: How many calls were due and stayed, because of a hold.
        handed_out: How often something of the calls was exported before, as the audit log tells.
        finished_at: None while files are still to go, or the process that began it is at work or dead.
        document: What was signed, as canonical JSON; None until it is finished.
        signature: Hexadecimal; None where there was no key.
    """

    record_id: str
    occasion: str
    reason: str
    made_by: str
    begun_at: datetime
    rows: Mapping[str, int]
    held: int = 0
    handed_out: int = 0
    finished_at: datetime | None = None
    document: str | None = None
    signature: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DoomedFile:
    """A file of a call that goes. Size and time of change are None where whatever lies there goes."""

    path: str
    kind: str
    size_bytes: int | None = None
    modified_ns: int | None = None
    number: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class DeletedCall:
    """A call that a record is about; ``policy`` is None where it was deleted on request."""

    call_hash: str
    what: str
    policy: str | None


def call_hash(connection: Connection, sound_sha256: str) -> str | None:
    """Return the keyed hash of a call's sound; None where nothing was ever deleted and there is no key."""
    key = connection.scalar(select(deletion_keys.c.key).where(deletion_keys.c.number == _KEY))
    return None if key is None else _hashed(key, sound_sha256)


def was_deleted(connection: Connection, sound_sha256: str) -> bool:
    """Tell whether a call with this sound, or its sound alone, was deleted: it may not come back."""
    hashed = call_hash(connection, sound_sha256)
    found = select(deleted_calls.c.call_hash).where(deleted_calls.c.call_hash == hashed).limit(1)
    return hashed is not None and connection.execute(found).first() is not None


def allow_again(connection: Connection, sound_sha256: str) -> bool:
    """Forget that a call, or its sound alone, was deleted, so that it can be taken in again; tell whether it was."""
    this = select(recordings.c.call_id).where(recordings.c.sha256 == sound_sha256)
    connection.execute(delete(deleted_media).where(deleted_media.c.call_id.in_(this)))
    hashed = call_hash(connection, sound_sha256)
    return connection.execute(delete(deleted_calls).where(deleted_calls.c.call_hash == hashed)).rowcount > 0


def begin_record(connection: Connection, record: DeletionRecord) -> None:
    """Keep that a deletion begins."""
    row = {name: getattr(record, name) for name in ("record_id", "occasion", "reason", "made_by", "begun_at")}
    row |= {"held": record.held, "handed_out": record.handed_out}
    connection.execute(deletion_records.insert().values(**row, rows=canonical_json(dict(record.rows))))


def add_deleted(
    connection: Connection,
    record_id: str,
    *,
    sound_sha256: str,
    deleted: tuple[str, str | None],
    rows: Mapping[str, int],
    files: Sequence[DoomedFile],
    handed_out: int,
    now: datetime,
) -> None:
    """Add a call to a record, in the transaction that deletes its rows and has asked `hold_record`.

    Args:
        connection: That transaction.
        record_id: The record.
        sound_sha256: Of the call.
        deleted: ``call`` or ``media``, and by which policy.
        rows: Deleted ones by table.
        files: What goes once this is committed.
        handed_out: How often something of it was exported.
        now: When.
    """
    column = deletion_records.c
    so_far = connection.scalars(select(column.rows).where(column.record_id == record_id)).one()
    total = Counter(json.loads(so_far)) + Counter(rows)
    changed = {"rows": canonical_json(total), "handed_out": column.handed_out + handed_out}
    connection.execute(update(deletion_records).where(column.record_id == record_id).values(changed))
    what, policy = deleted
    row = {
        "call_hash": _hashed(_key(connection), sound_sha256),
        "what": what,
        "record_id": record_id,
        "policy": policy,
        "deleted_at": now,
    }
    insert_or_replace(connection, deleted_calls, row)
    if files:
        names = ("path", "kind", "size_bytes", "modified_ns")
        rows_of_files = [{"record_id": record_id, **{name: getattr(file, name) for name in names}} for file in files]
        connection.execute(deletion_files.insert(), rows_of_files)


def add_held(connection: Connection, record_id: str, count: int) -> None:
    """Count calls that were due and stayed because of a hold."""
    this = update(deletion_records).where(deletion_records.c.record_id == record_id)
    connection.execute(this.values(held=deletion_records.c.held + count))


def mark_media_deleted(connection: Connection, call_id: str, *, now: datetime) -> None:
    """Note that a call's sound is gone and its results stay."""
    insert_new(connection, deleted_media, {"call_id": call_id, "deleted_at": now})


def doomed_files(connection: Connection, record_id: str, *, limit: int) -> list[DoomedFile]:
    """Return files of a record that still wait, the oldest first."""
    column = deletion_files.c
    waiting = select(column.path, column.kind, column.size_bytes, column.modified_ns, column.number).where(
        column.record_id == record_id, column.became.is_(None)
    )
    rows = connection.execute(waiting.order_by(column.number).limit(limit)).mappings()
    return [DoomedFile(**row) for row in rows]


def settle_file(connection: Connection, number: int, became: str) -> None:
    """Keep what became of a file."""
    connection.execute(update(deletion_files).where(deletion_files.c.number == number).values(became=became))


def file_counts(connection: Connection, record_id: str) -> dict[str, dict[str, int]]:
    """Return how many files of a record became what, by kind."""
    column = deletion_files.c
    counted = select(column.became, column.kind, func.count()).where(column.record_id == record_id)
    found: dict[str, dict[str, int]] = {}
    for became, kind, count in connection.execute(counted.group_by(column.became, column.kind)):
        found.setdefault(became or "waits", {})[kind] = count
    return found


def left_files(connection: Connection, record_id: str, gone: Sequence[str]) -> list[tuple[str, str]]:
    """Return path and state of the files of a record that are still there."""
    column = deletion_files.c
    left = column.became.is_(None) | column.became.not_in(gone)
    rows = connection.execute(
        select(column.path, func.coalesce(column.became, "waits")).where(column.record_id == record_id, left)
    )
    return sorted((path, became) for path, became in rows)


def hold_record(connection: Connection, record_id: str) -> bool:
    """Hold a record until this transaction ends; False where it is finished."""
    column = deletion_records.c
    mine = select(column.record_id).where(column.record_id == record_id, column.finished_at.is_(None))
    return connection.execute(mine.with_for_update()).first() is not None


def finish_record(
    connection: Connection, record_id: str, *, document: str, signature: str | None, now: datetime
) -> None:
    """Keep a record's document, and forget the paths of its files."""
    this = update(deletion_records).where(deletion_records.c.record_id == record_id)
    connection.execute(this.values(document=document, signature=signature, finished_at=now))
    connection.execute(delete(deletion_files).where(deletion_files.c.record_id == record_id))


def forget_record(connection: Connection, record_id: str) -> None:
    """Forget a record that nothing was deleted under."""
    connection.execute(delete(deletion_records).where(deletion_records.c.record_id == record_id))


def deleted_under(connection: Connection, record_id: str) -> list[DeletedCall]:
    """Return the calls of a record, in order of their hashes."""
    column = deleted_calls.c
    of_record = select(column.call_hash, column.what, column.policy).where(column.record_id == record_id)
    return [
        DeletedCall(**row) for row in connection.execute(of_record.order_by(column.call_hash, column.what)).mappings()
    ]


def get_record(connection: Connection, given: str) -> DeletionRecord:
    """Return a record by its id, or the beginning of it.

    Raises:
        NotFoundError: There is none, or several begin so.
    """
    column = deletion_records.c.record_id
    record_id = whole_id(connection, column, given, what="record", listed_by="earmark retention records")
    return _record(connection.execute(select(deletion_records).where(column == record_id)).mappings().one())


def list_records(connection: Connection, *, unfinished: bool = False) -> list[DeletionRecord]:
    """Return all records, or those that are not finished; the oldest first."""
    column = deletion_records.c
    statement = select(deletion_records).order_by(column.begun_at, column.record_id)
    if unfinished:
        statement = statement.where(column.finished_at.is_(None))
    return [_record(row) for row in connection.execute(statement).mappings()]


def _record(row: Any) -> DeletionRecord:
    return DeletionRecord(**{**row, "rows": json.loads(row["rows"])})


def _key(connection: Connection) -> str:
    """Return the key of hashes, made when the first call is deleted; of two that make one at once the first counts."""
    insert_new(connection, deletion_keys, {"number": _KEY, "key": secrets.token_hex(32)})
    return str(connection.scalars(select(deletion_keys.c.key).where(deletion_keys.c.number == _KEY)).one())


def _hashed(key: str, sound_sha256: str) -> str:
    return hmac.new(bytes.fromhex(key), sound_sha256.encode(), hashlib.sha256).hexdigest()
