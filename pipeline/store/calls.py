"""Find calls: one by its id, or many with what became of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Select, case, func, select

from pipeline.errors import NotFoundError, UnknownNameError
from pipeline.records import Defect, Recording
from pipeline.store.payload import read_defects, read_payload
from pipeline.store.tables import current_scores, failures, files, flags, recordings, scores

_AFTER_ANY = "\U0010ffff"  # sorts after every character, so that a prefix is a range of the index
_LATEST = datetime.max.replace(tzinfo=UTC)


class CallStatus(StrEnum):
    """What became of a call."""

    FAILED = "failed"
    SCORED = "scored"
    PENDING = "pending"


@dataclass(frozen=True, kw_only=True, slots=True)
class CallRow:
    """One line of the list of calls.

    Attributes:
        call_id: For a file that intake rejected, the file's id.
        status: ``failed``: rejected by intake, or the last run failed on it (an earlier score may still stand beside).
            ``pending``: taken in and not scored yet.
        score_share: The current score 0..1; None without one, or where nothing could be assessed.
        flags: Codes of the current score's open flags, each once, in the order in which they were raised.
        failure: Why the last run failed on the call; None where it did not. What intake found is in ``defects``.
        failed_at: When it was last tried then, for a rejected file when it was last read; None where nothing failed.
        tries: How often it was tried since it last went through; None where it did not fail in processing.
    """

    call_id: str
    media_uri: str
    status: CallStatus
    agent_id: str | None = None
    team: str | None = None
    queue: str | None = None
    started_at: datetime | None = None
    duration_ms: int | None = None
    score_share: float | None = None
    passed: bool | None = None
    score_id: str | None = None
    rubric_id: str | None = None
    flags: tuple[str, ...] = ()
    defects: tuple[Defect, ...] = ()
    failure: str | None = None
    failed_at: datetime | None = None
    tries: int | None = None


def get_recording(connection: Connection, call_id: str) -> Recording:
    """Return a recording by its id, or by the beginning of its id where only one begins so.

    Raises:
        NotFoundError: No call has such an id, or several begin so.
    """
    row = connection.execute(select(recordings).where(recordings.c.call_id == call_id)).first()
    if row is None:
        begins = (recordings.c.call_id >= call_id) & (recordings.c.call_id <= call_id + _AFTER_ANY)
        count = connection.scalar(select(func.count()).select_from(recordings).where(begins)) or 0
        if count == 0:
            raise NotFoundError(f"no call {call_id!r} in this workspace; `earmark calls list` shows those there are")
        if count > 1:
            raise NotFoundError(f"{count} calls have an id that begins with {call_id!r}; give more of it")
        row = connection.execute(select(recordings).where(begins)).one()
    return recording_of(row)


def list_calls(
    connection: Connection,
    *,
    status: str | None = None,
    agent: str | None = None,
    team: str | None = None,
    queue: str | None = None,
    since: datetime | None = None,
    before: datetime | None = None,
    limit: int | None = None,
) -> list[CallRow]:
    """Return calls and rejected files by time (unknown last), then by path.

    Args:
        status: ``failed``, ``scored`` or ``pending``; None for all.
        agent: Only this agent's calls. A rejected file has no agent, team or queue.
        team: Only this team's calls.
        queue: Only this queue's calls.
        since: Begun then or later. A call without a start time is in no time, and neither is a rejected file.
        before: Begun earlier than this.
        limit: At most so many, the first ones; None for all.

    Raises:
        UnknownNameError: There is no such status.
    """
    if status is not None and status not in set(CallStatus):
        raise UnknownNameError("status", status, [known.value for known in CallStatus])
    wanted = {recordings.c.agent_id: agent, recordings.c.team: team, recordings.c.queue: queue}
    chosen = [column == value for column, value in wanted.items() if value is not None]
    chosen += [recordings.c.started_at >= since] if since is not None else []
    chosen += [recordings.c.started_at < before] if before is not None else []
    statement = _calls().where(*chosen)
    if status is not None:
        statement = statement.where(_status() == status)
    statement = statement.order_by(
        recordings.c.started_at.is_(None), recordings.c.started_at, recordings.c.media_uri, recordings.c.call_id
    ).limit(limit)
    codes = _open_flags(connection, statement)
    calls = [_call_row(row, codes[row.call_id]) for row in connection.execute(statement)]
    if not chosen and status in (None, CallStatus.FAILED):
        calls += _rejected_files(connection, limit)
        calls.sort(key=lambda call: (call.started_at or _LATEST, call.started_at is None, call.media_uri))
    return calls[:limit]


def calls_as_they_stand(call_ids: Sequence[str]) -> Select[Any]:
    """Return a query of some calls, each with ``status`` and figures of its current score."""
    return _calls().where(recordings.c.call_id.in_(call_ids)).order_by(recordings.c.call_id)


def _status() -> Any:
    return case(
        (failures.c.call_id.is_not(None), CallStatus.FAILED.value),
        (scores.c.score_id.is_not(None), CallStatus.SCORED.value),
        else_=CallStatus.PENDING.value,
    )


def _calls() -> Select[Any]:
    return (
        select(
            recordings,
            _status().label("status"),
            failures.c.reason.label("failure"),
            failures.c.failed_at,
            failures.c.tries,
            scores.c.score_id,
            scores.c.share,
            scores.c.passed,
            scores.c.rubric_id,
            scores.c.customer_sentiment,
        )
        .outerjoin(current_scores, current_scores.c.call_id == recordings.c.call_id)
        .outerjoin(scores, scores.c.score_id == current_scores.c.score_id)
        .outerjoin(failures, failures.c.call_id == recordings.c.call_id)
    )


def _open_flags(connection: Connection, calls: Select[Any]) -> dict[str, dict[str, None]]:
    """Return the codes of the calls' open flags; dicts serve as ordered sets."""
    listed = calls.subquery()
    statement = (
        select(flags.c.call_id, flags.c.code)
        .where(flags.c.score_id.in_(select(listed.c.score_id)), flags.c.state == "open")  # a join would be quadratic
        .order_by(flags.c.position)
    )
    codes: dict[str, dict[str, None]] = defaultdict(dict)
    for row in connection.execute(statement):
        codes[row.call_id][row.code] = None
    return codes


def _rejected_files(connection: Connection, limit: int | None) -> list[CallRow]:
    statement = select(files).where(files.c.call_id.is_(None)).order_by(files.c.media_uri).limit(limit)
    return [
        CallRow(
            call_id=row.file_id,
            media_uri=row.media_uri,
            status=CallStatus.FAILED,
            defects=read_defects(row.defects, f"file {row.file_id}"),
            failed_at=row.seen_at,
        )
        for row in connection.execute(statement)
    ]


def _call_row(row: Any, codes: dict[str, None]) -> CallRow:
    return CallRow(
        call_id=row.call_id,
        media_uri=row.media_uri,
        status=CallStatus(row.status),
        agent_id=row.agent_id,
        team=row.team,
        queue=row.queue,
        started_at=row.started_at,
        duration_ms=row.duration_ms,
        score_share=row.share,
        passed=row.passed,
        score_id=row.score_id,
        rubric_id=row.rubric_id,
        flags=tuple(codes),
        defects=read_defects(row.defects, f"call {row.call_id}"),
        failure=row.failure,
        failed_at=row.failed_at,
        tries=row.tries,
    )


def recording_of(row: Any) -> Recording:
    """Return the record that a row of `recordings` holds."""
    where = f"call {row.call_id}"
    return Recording(
        call_id=row.call_id,
        sha256=row.sha256,
        media_uri=row.media_uri,
        duration_ms=row.duration_ms,
        sample_rate_hz=row.sample_rate_hz,
        channels=row.channels,
        started_at=row.started_at,
        agent_id=row.agent_id,
        team=row.team,
        queue=row.queue,
        customer_ref=row.customer_ref,
        direction=row.direction,
        metadata=read_payload(dict[str, str], row.metadata, where),
        defects=read_defects(row.defects, where),
    )
