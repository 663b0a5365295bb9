"""What intake found: one row per file, one per call. The same audio under two names is one call with two files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, exists, func, select, update

from pipeline.canonical import to_json
from pipeline.logs import log_event
from pipeline.records import Defect, Recording
from pipeline.store.search_index import mark_unsearched
from pipeline.store.stale import mark_stale
from pipeline.store.tables import files, recordings
from pipeline.store.upsert import insert_new, insert_or_replace
from pipeline.store.waiting import put_waiting

_SHOWN = [recordings.c[name] for name in ("started_at", "duration_ms", "agent_id", "team", "queue", "direction")]
"""What lists of calls show of a recording."""


class IntakeRow(Protocol):
    """What intake found out about one file. ``recording`` is None where the file was rejected."""

    @property
    def media_uri(self) -> str:
        """Where the file is."""
        ...

    @property
    def size_bytes(self) -> int:
        """Its size when it was read."""
        ...

    @property
    def modified_ns(self) -> int:
        """When it was last changed, in nanoseconds since 1970."""
        ...

    @property
    def file_id(self) -> str:
        """Id by which a rejected file is listed."""
        ...

    @property
    def recording(self) -> Recording | None:
        """The call, or None where the file was rejected."""
        ...

    @property
    def defects(self) -> Sequence[Defect]:
        """What is wrong with the file or its metadata."""
        ...

    @property
    def sound(self) -> str | None:
        """What its sound holds, in intake's own words, to be handed back on the next run; None to forget it."""
        ...

    @property
    def sound_is_known(self) -> bool:
        """Whether that is what an earlier run had measured: then it stays as it was stored."""
        ...


def put_intake(connection: Connection, outcome: IntakeRow, *, now: datetime) -> None:
    """Keep what intake found out about one file.

    A call that is new gets its row, and waits for a worker. A call that is known keeps it, unless this is the file that
    the row came from: then its metadata (a corrected manifest) replace the stored ones. A file that now holds another
    call points to that one; the earlier call stays, under another of its files where it has one.

    Args:
        outcome: The file and its recording or defects.
        now: When intake began to read it.
    """
    earlier = connection.scalar(select(files.c.call_id).where(files.c.media_uri == outcome.media_uri))
    recording = outcome.recording
    row = _recording_row(recording, outcome.media_uri) if recording else {}
    is_new = recording is not None and insert_new(connection, recordings, {**row, "added_at": now})
    sound = {} if outcome.sound_is_known else {"sound": outcome.sound, "measured_at": now if outcome.sound else None}
    insert_or_replace(
        connection,
        files,
        {
            "media_uri": outcome.media_uri,
            "size_bytes": outcome.size_bytes,
            "modified_ns": outcome.modified_ns,
            "file_id": outcome.file_id,
            "call_id": recording.call_id if recording else None,
            "defects": to_json(tuple(outcome.defects)),
            "seen_at": now,
            **sound,
        },
    )
    if earlier is not None and (recording is None or recording.call_id != earlier):
        _point_to_own_file(connection, earlier)
    if recording and not is_new:
        _point_to_own_file(connection, recording.call_id)
        from_this_file = (recordings.c.call_id == recording.call_id) & (recordings.c.media_uri == outcome.media_uri)
        shown = connection.execute(select(*_SHOWN).where(from_this_file)).mappings().first()
        connection.execute(update(recordings).where(from_this_file).values(row))
        if shown is not None and any(row[name] != value for name, value in shown.items()):
            mark_stale(connection, [recording.call_id])
            mark_unsearched(connection, [recording.call_id])  # its time may be another
    elif recording:
        put_waiting(connection, recording.call_id, started_at=recording.started_at, now=now)
        mark_stale(connection, [recording.call_id])
    event, codes = "file_taken_in" if recording else "file_held_back", sorted({each.code for each in outcome.defects})
    log_event(event, file_id=outcome.file_id, call_id=recording.call_id if recording else None, codes=codes or None)


def _recording_row(recording: Recording, media_uri: str) -> dict[str, Any]:
    return {
        "call_id": recording.call_id,
        "sha256": recording.sha256,
        "media_uri": media_uri,
        "duration_ms": recording.duration_ms,
        "sample_rate_hz": recording.sample_rate_hz,
        "channels": recording.channels,
        "started_at": recording.started_at,
        "agent_id": recording.agent_id,
        "team": recording.team,
        "queue": recording.queue,
        "customer_ref": recording.customer_ref,
        "direction": recording.direction,
        "metadata": to_json(dict(recording.metadata)),
        "defects": to_json(recording.defects),
    }


def _point_to_own_file(connection: Connection, call_id: str) -> None:
    """Let a recording whose file now holds something else name another file of the call, where there is one."""
    own = (files.c.call_id == recordings.c.call_id) & (files.c.media_uri == recordings.c.media_uri)
    another = select(func.min(files.c.media_uri)).where(files.c.call_id == call_id).scalar_subquery()
    connection.execute(
        update(recordings)
        .where(recordings.c.call_id == call_id, ~exists().where(own))
        .where(exists().where(files.c.call_id == call_id))
        .values(media_uri=another)
    )
