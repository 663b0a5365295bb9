"""What earlier runs found out about files: what their sound holds, and why they were held back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, select

from pipeline.errors import NotFoundError
from pipeline.records import Defect
from pipeline.store.payload import read_defects
from pipeline.store.tables import files, scores
from pipeline.store.wanted_calls import in_batches

_AFTER_ANY = "\U0010ffff"  # sorts after every character, so that a prefix is a range of ids


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownFile:
    """A file that holds a call, as it was when its sound was measured.

    Attributes:
        size_bytes: Its size then.
        modified_ns: Its last change then, in nanoseconds since 1970.
        sound: What intake handed over about its sound; only intake can read it.
        measured_at: When that was measured.
    """

    media_uri: str
    size_bytes: int
    modified_ns: int
    file_id: str
    sound: str
    measured_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class RejectedFile:
    """A file that intake held back, with everything that is wrong with it."""

    file_id: str
    media_uri: str
    size_bytes: int
    defects: tuple[Defect, ...]


def known_files(connection: Connection, media_uris: Iterable[str]) -> dict[str, KnownFile]:
    """Return by path those of some files in which a call was found and whose sound was kept."""
    file = files.c
    statement = select(
        file.media_uri, file.size_bytes, file.modified_ns, file.file_id, file.sound, file.measured_at
    ).where(
        file.media_uri.in_(list(media_uris)),
        file.call_id.is_not(None),
        file.sound.is_not(None),
        file.measured_at.is_not(None),
    )
    return {row["media_uri"]: KnownFile(**row) for row in connection.execute(statement).mappings()}


def stored_versions(connection: Connection, media_uris: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return by path the size and time of change of those of some files that are stored, whatever became of them."""
    file = files.c
    found: dict[str, tuple[int, int]] = {}
    for some in in_batches(media_uris):
        statement = select(file.media_uri, file.size_bytes, file.modified_ns).where(file.media_uri.in_(some))
        found |= {row.media_uri: (row.size_bytes, row.modified_ns) for row in connection.execute(statement)}
    return found


def is_recording(connection: Connection, media_uri: str) -> bool:
    """Tell whether a file was taken in as a recording, or rejected as one."""
    return connection.scalar(select(files.c.file_id).where(files.c.media_uri == media_uri)) is not None


def settled_files(connection: Connection) -> dict[str, tuple[int, int]]:
    """Return by path the size and time of change of those files for which nothing may be left to do.

    These are the ones that were held back, and the ones whose call has a score.
    """
    file = files.c
    has_score = exists().where(scores.c.call_id == file.call_id)
    statement = select(file.media_uri, file.size_bytes, file.modified_ns).where(file.call_id.is_(None) | has_score)
    return {row.media_uri: (row.size_bytes, row.modified_ns) for row in connection.execute(statement)}


def rejected_files(connection: Connection, file_id: str) -> tuple[RejectedFile, ...]:
    """Return the files that were held back under an id, in order of their paths: copies of one file share it.

    Args:
        connection: Where to read.
        file_id: Such as ``f-997c4adc666d7c25``, or its beginning where only one id begins so.

    Raises:
        NotFoundError: No file that was held back has such an id, or several ids begin so.
    """
    found = _held_back(connection, files.c.file_id == file_id)
    if not found and file_id:
        found = _held_back(connection, (files.c.file_id >= file_id) & (files.c.file_id <= file_id + _AFTER_ANY))
    ids = {file.file_id for file in found}
    if len(ids) > 1:
        raise NotFoundError(f"{len(ids)} files have an id that begins with {file_id!r}; give more of it")
    if not found:
        raise NotFoundError(
            f"no file {file_id!r} is held back in this workspace; "
            "`earmark calls list --status failed` shows those there are"
        )
    return found


def _held_back(connection: Connection, which: Any) -> tuple[RejectedFile, ...]:
    statement = select(files).where(files.c.call_id.is_(None), which).order_by(files.c.media_uri)
    return tuple(
        RejectedFile(
            file_id=row.file_id,
            media_uri=row.media_uri,
            size_bytes=row.size_bytes,
            defects=read_defects(row.defects, f"file {row.file_id}"),
        )
        for row in connection.execute(statement)
    )
