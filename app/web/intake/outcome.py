"""What became of files that were run, as the database tells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from pipeline.store.failures import get_failure
from pipeline.store.payload import read_defects
from pipeline.store.scores import current_score_id
from pipeline.store.tables import files, steps
from pipeline.store.uploads import Upload, UploadState


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of a file.

    Attributes:
        state: None where the run has not come to it.
        call_id: The call in it, where that is known.
        reason: Why it failed.
        step: What is being done, while it is at work.
    """

    state: UploadState | None
    call_id: str | None = None
    reason: str | None = None
    step: str = "being read"


def outcome_of(connection: Connection, upload: Upload, *, since: datetime) -> Outcome:
    """Return what became of a file since a run began.

    Args:
        connection: Where to read.
        upload: The file, or a call that is processed again.
        since: When the run began: what stood there before was not its doing.
    """
    call_id = upload.call_id
    if call_id is None:
        row = connection.execute(
            select(files.c.call_id, files.c.defects, files.c.seen_at).where(files.c.media_uri == upload.media_uri)
        ).first()
        if row is None or row.seen_at < since:
            return Outcome(state=None)
        if row.call_id is None:
            fatal = [defect.reason for defect in read_defects(row.defects, "upload") if defect.fatal]
            return Outcome(state=UploadState.FAILED, reason="; ".join(fatal) or "it could not be taken in")
        call_id = str(row.call_id)
    failure = get_failure(connection, call_id)
    if failure is not None:
        state = UploadState.FAILED if failure.failed_at >= since else None
        return Outcome(state=state, call_id=call_id, reason=failure.reason, step="being processed again")
    if current_score_id(connection, call_id) is not None:
        return Outcome(state=UploadState.DONE, call_id=call_id, step="scored; reports are being written")
    return Outcome(state=None, call_id=call_id, step=_step(connection, call_id))


def _step(connection: Connection, call_id: str) -> str:
    done = set(connection.scalars(select(steps.c.step).where(steps.c.call_id == call_id)))
    return "being scored" if "transcript" in done else "being transcribed"
