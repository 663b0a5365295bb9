"""Files that the console has run in the background: uploads, and what somebody had tried again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, and_, or_, select, update

from pipeline.records import Scope
from pipeline.store.console_tables import uploads
from pipeline.store.overviews import in_scope
from pipeline.store.tables import files, recordings
from pipeline.store.wanted_calls import in_batches


class UploadState(StrEnum):
    """How far a file is."""

    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Upload:
    """A file that is run, or was.

    Attributes:
        name: As the browser told it: shown, and never used as a path.
        media_uri: Absolute path of the file.
        call_id: The call in it, once that is known.
        reason: Why it failed, or what it waits for; None where there is nothing to say.
        uploaded_by: Name of the account.
    """

    upload_id: str
    name: str
    media_uri: str
    size_bytes: int
    uploaded_by: str
    uploaded_at: datetime
    changed_at: datetime
    state: UploadState = UploadState.WAITING
    call_id: str | None = None
    reason: str | None = None


def put_upload(connection: Connection, upload: Upload) -> None:
    """Keep a new upload."""
    connection.execute(uploads.insert().values(**{**asdict(upload), "state": upload.state.value}))


def get_upload(connection: Connection, upload_id: str) -> Upload | None:
    """Return an upload by its id, or None where there is none."""
    row = connection.execute(select(uploads).where(uploads.c.upload_id == upload_id)).mappings().first()
    return None if row is None else _upload(dict(row))


def list_uploads(connection: Connection, scope: Scope, name: str, *, since: datetime, limit: int) -> list[Upload]:
    """Return uploads that are waiting or at work, and those that ended since, the newest first.

    Args:
        connection: Where to read.
        scope: Whose calls may be seen.
        name: Account whose own uploads are shown, whatever the scope.
        since: Of those that ended, only the ones that did so since then.
        limit: At most so many.
    """
    one = uploads.c
    going_on = one.state.in_([UploadState.WAITING.value, UploadState.WORKING.value])
    statement = select(uploads).where(or_(going_on, one.changed_at >= since))
    if not scope.whole:
        seen = select(recordings.c.call_id).where(in_scope(scope, recordings), recordings.c.call_id == one.call_id)
        statement = statement.where(or_(one.uploaded_by == name, seen.exists()))
    rows = connection.execute(statement.order_by(one.uploaded_at.desc(), one.upload_id).limit(limit)).mappings()
    return [_upload(dict(row)) for row in rows]


def waits_already(connection: Connection, media_uri: str) -> bool:
    """Tell whether a file is waiting or at work."""
    going_on = uploads.c.state.in_([UploadState.WAITING.value, UploadState.WORKING.value])
    found = select(uploads.c.upload_id).where(uploads.c.media_uri == media_uri, going_on).limit(1)
    return connection.execute(found).first() is not None


def claim(connection: Connection, *, most: int, now: datetime) -> list[Upload]:
    """Take the oldest that wait to work on them: files, or calls that are known already, but not both.

    Args:
        connection: A transaction that writes.
        most: At most so many.
        now: The time.
    """
    one = uploads.c
    waiting = select(uploads).where(one.state == UploadState.WAITING.value).order_by(one.uploaded_at, one.upload_id)
    rows = connection.execute(waiting.limit(most).with_for_update(skip_locked=True)).mappings().all()
    found = [_upload(dict(row)) for row in rows]
    chosen = [each for each in found if (each.call_id is None) == (found[0].call_id is None)]
    for each in chosen:
        set_state(connection, each.upload_id, UploadState.WORKING, now=now)
    return chosen


def set_state(
    connection: Connection,
    upload_id: str,
    state: UploadState,
    *,
    now: datetime,
    reason: str | None = None,
    call_id: str | None = None,
) -> None:
    """Keep how far an upload is. A call that is known stays known."""
    values = {"state": state.value, "reason": reason, "changed_at": now}
    if call_id is not None:
        values["call_id"] = call_id
    connection.execute(update(uploads).where(uploads.c.upload_id == upload_id).values(**values))


def try_again(connection: Connection, upload_id: str, *, now: datetime) -> bool:
    """Let an upload that failed wait anew; False where it did not fail."""
    failed = and_(uploads.c.upload_id == upload_id, uploads.c.state == UploadState.FAILED.value)
    changed = update(uploads).where(failed).values(state=UploadState.WAITING.value, reason=None, changed_at=now)
    return bool(connection.execute(changed).rowcount)


def take_back(connection: Connection, *, now: datetime) -> int:
    """Let what was at work wait anew, since whoever worked on it is gone; return how many."""
    working = update(uploads).where(uploads.c.state == UploadState.WORKING.value)
    return connection.execute(working.values(state=UploadState.WAITING.value, changed_at=now)).rowcount


def unknown_files(connection: Connection, media_uris: Sequence[str]) -> list[str]:
    """Return the files that neither an upload nor a call or a file of intake names."""
    known: set[str] = set()
    for some in in_batches(sorted(set(media_uris))):
        for table in (uploads, files, recordings):
            known.update(connection.scalars(select(table.c.media_uri).where(table.c.media_uri.in_(some))))
    return [uri for uri in media_uris if uri not in known]


def _upload(row: dict[str, object]) -> Upload:
    return Upload(**{**row, "state": UploadState(str(row["state"]))})  # type: ignore[arg-type]
