"""Stays of people: begun by a sign-in, told by a cookie, ended by time."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection

from pipeline.config import ConsoleSettings
from pipeline.records import User
from pipeline.store.people import WebSession, end_sessions, get_session, put_session, touch_session

COOKIE = "earmark_session"
_TOUCHED_EVERY = timedelta(minutes=1)  # not with every picture of a page


def hashed(token: str) -> str:
    """Return what is kept of a token: long and random, it needs no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def begin_session(connection: Connection, user: User, now: datetime) -> str:
    """Begin a stay and return the token for its cookie."""
    token = secrets.token_urlsafe(32)
    put_session(
        connection,
        WebSession(
            token_hash=hashed(token), user=user, form_token=secrets.token_urlsafe(32), started_at=now, seen_at=now
        ),
    )
    return token


def find_session(connection: Connection, token: str, settings: ConsoleSettings, now: datetime) -> WebSession | None:
    """Return the stay that a cookie tells, or None where it is over or its user may no longer sign in."""
    session = get_session(connection, hashed(token))
    if session is None or not session.user.active:
        return None
    too_long = now - session.started_at > timedelta(hours=settings.session_hours)
    too_idle = now - session.seen_at > timedelta(minutes=settings.idle_minutes)
    return None if too_long or too_idle else session


def is_to_be_touched(session: WebSession, now: datetime) -> bool:
    """Tell whether it is time to keep that a session is in use."""
    return now - session.seen_at > _TOUCHED_EVERY


def keep_alive(connection: Connection, session: WebSession, now: datetime) -> None:
    """Keep that a session is in use."""
    touch_session(connection, session.token_hash, now)


def end_session(connection: Connection, token: str) -> None:
    """End the stay that a cookie tells."""
    end_sessions(connection, token_hash=hashed(token))
