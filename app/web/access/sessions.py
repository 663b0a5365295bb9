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
_HOST_PREFIX = "__Host-"  # browsers take such a cookie from this host and over https only: nobody else can plant it
_TOUCHED_EVERY = timedelta(minutes=1)  # not with every picture of a page


def cookie_name(settings: ConsoleSettings, name: str = COOKIE) -> str:
    """Return how a cookie is called: over https with a prefix that makes browsers guard it."""
    return _HOST_PREFIX + name if is_secure(settings) else name


def is_secure(settings: ConsoleSettings) -> bool:
    """Tell whether browsers reach the console over https."""
    return (settings.public_url or "").startswith("https://")


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
    return None if is_over(session, settings, now) else session


def is_over(session: WebSession, settings: ConsoleSettings, now: datetime) -> bool:
    """Tell whether a stay has ended by time."""
    too_long = now - session.started_at > timedelta(hours=settings.session_hours)
    too_idle = now - session.seen_at > timedelta(minutes=settings.idle_minutes)
    return too_long or too_idle


def is_to_be_touched(session: WebSession, now: datetime) -> bool:
    """Tell whether it is time to keep that a session is in use."""
    return now - session.seen_at > _TOUCHED_EVERY


def keep_alive(connection: Connection, session: WebSession, now: datetime) -> None:
    """Keep that a session is in use."""
    touch_session(connection, session.token_hash, now)


def forget_old(connection: Connection, settings: ConsoleSettings, now: datetime) -> int:
    """Delete stays that have ended by time; return how many."""
    long_ago = end_sessions(connection, before=now - timedelta(hours=settings.session_hours))
    return long_ago + end_sessions(connection, unused_since=now - timedelta(minutes=settings.idle_minutes))


def end_session(connection: Connection, token: str) -> None:
    """End the stay that a cookie tells."""
    end_sessions(connection, token_hash=hashed(token))
