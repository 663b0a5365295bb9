"""Calibration sessions. Their answers are reviews that name the session (`pipeline.store.reviews`)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Select, select

from pipeline.canonical import to_json
from pipeline.records import CalibrationSession, SessionCall, SessionClosing
from pipeline.store.ids import whole_id
from pipeline.store.payload import read_payload
from pipeline.store.tables import calibration_sessions, session_closings
from pipeline.store.upsert import insert_new


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionRow:
    """A session, and when it was closed; None while it is open."""

    session: CalibrationSession
    closing: SessionClosing | None


def put_session(connection: Connection, session: CalibrationSession) -> bool:
    """Keep a session and tell whether it was new."""
    row = {
        **{name: getattr(session, name) for name in ("session_id", "rubric_id", "expert", "started_by", "started_at")},
        "calls": to_json(session.calls),
        "reviewers": to_json(session.reviewers),
    }
    return insert_new(connection, calibration_sessions, row)


def put_closing(connection: Connection, closing: SessionClosing) -> bool:
    """Close a session; False, and nothing changed, where it was closed already."""
    return insert_new(connection, session_closings, asdict(closing))


def get_session(connection: Connection, session_id: str, *, hold: bool = False) -> SessionRow:
    """Return a session by its id, or by the beginning of its id where only one begins so.

    Args:
        connection: Where to read.
        session_id: The id.
        hold: Let nobody answer or close until this transaction ends, so that no answer comes after the closing.

    Raises:
        NotFoundError: No session has such an id, or several begin so.
    """
    column = calibration_sessions.c.session_id
    chosen = whole_id(connection, column, session_id, what="session", listed_by="earmark calibration list")
    if hold:
        connection.execute(select(column).where(column == chosen).with_for_update(key_share=True))
    return _rows(connection, _sessions().where(column == chosen))[0]


def list_sessions(connection: Connection) -> list[SessionRow]:
    """Return all sessions, oldest first."""
    return _rows(connection, _sessions())


def open_sessions(connection: Connection) -> list[SessionRow]:
    """Return the sessions that nobody has closed, oldest first."""
    return _rows(connection, _sessions().where(session_closings.c.session_id.is_(None)))


def _sessions() -> Select[Any]:
    column, closing = calibration_sessions.c, session_closings.c
    return (
        select(calibration_sessions, closing.closed_by, closing.closed_at)
        .outerjoin(session_closings, closing.session_id == column.session_id)
        .order_by(column.started_at, column.session_id)
    )


def _rows(connection: Connection, statement: Select[Any]) -> list[SessionRow]:
    return [_row(dict(row)) for row in connection.execute(statement).mappings()]


def _row(row: dict[str, Any]) -> SessionRow:
    closed_by, closed_at = row.pop("closed_by"), row.pop("closed_at")
    where = f"session {row['session_id']}"
    calls = read_payload(tuple[SessionCall, ...], row.pop("calls"), where)
    reviewers = read_payload(tuple[str, ...], row.pop("reviewers"), where)
    closing = None
    if closed_at is not None:
        closing = SessionClosing(session_id=row["session_id"], closed_by=closed_by, closed_at=closed_at)
    return SessionRow(session=CalibrationSession(**row, calls=calls, reviewers=reviewers), closing=closing)
