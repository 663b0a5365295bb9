"""Who may sign in, their sessions, and the wrong passwords that were tried."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from pipeline.errors import NotFoundError, StoreError
from pipeline.records import User, UserRole
from pipeline.store.console_tables import failed_sign_ins, users, web_sessions
from pipeline.store.payload import read_payload


@dataclass(frozen=True, kw_only=True, slots=True)
class WebSession:
    """Somebody's stay.

    Attributes:
        form_token: What forms carry so that another site cannot send them.
    """

    token_hash: str
    user: User
    form_token: str
    started_at: datetime
    seen_at: datetime


def put_user(connection: Connection, user: User, *, folded_name: str, password_hash: str | None) -> None:
    """Keep a new user.

    Args:
        connection: Where to write.
        user: Who.
        folded_name: What all spellings of the name have in common.
        password_hash: None for somebody who signs in elsewhere.

    Raises:
        StoreError: Somebody has this name.
    """
    if connection.scalar(select(users.c.user_id).where(users.c.folded_name == folded_name)):
        raise StoreError(f"there is a user {user.name!r} already")
    connection.execute(users.insert().values(**_columns(user), folded_name=folded_name, password_hash=password_hash))


def change_user(connection: Connection, user: User) -> None:
    """Keep what is new about a user; their name stays.

    Raises:
        NotFoundError: There is no such user.
    """
    new = {name: value for name, value in _columns(user).items() if name not in ("user_id", "name", "created_at")}
    if not connection.execute(update(users).where(users.c.user_id == user.user_id).values(**new)).rowcount:
        raise NotFoundError(f"no user {user.name!r}; `earmark users list` shows who there is")


def set_password_hash(connection: Connection, user_id: str, password_hash: str | None) -> None:
    """Keep another password's hash."""
    connection.execute(update(users).where(users.c.user_id == user_id).values(password_hash=password_hash))


def get_user(connection: Connection, folded_name: str) -> User | None:
    """Return the user with this name, in whatever spelling, or None."""
    row = connection.execute(select(users).where(users.c.folded_name == folded_name)).first()
    return None if row is None else user_of_row(row)


def user_of_subject(connection: Connection, subject: str) -> User | None:
    """Return the user with this OpenID Connect account, or None."""
    row = connection.execute(select(users).where(users.c.subject == subject)).first()
    return None if row is None else user_of_row(row)


def password_hash_of(connection: Connection, user_id: str) -> str | None:
    """Return what a user's password is checked against; None where they have none."""
    return connection.scalar(select(users.c.password_hash).where(users.c.user_id == user_id))


def list_users(connection: Connection) -> list[User]:
    """Return all users by name, those who may no longer sign in too."""
    return [user_of_row(row) for row in connection.execute(select(users).order_by(users.c.folded_name))]


def put_session(connection: Connection, session: WebSession) -> None:
    """Keep a new session."""
    connection.execute(
        web_sessions.insert().values(
            token_hash=session.token_hash,
            user_id=session.user.user_id,
            form_token=session.form_token,
            started_at=session.started_at,
            seen_at=session.seen_at,
        )
    )


def get_session(connection: Connection, token_hash: str) -> WebSession | None:
    """Return a session with its user as they are now, or None; how old it may be, the caller knows."""
    both = select(users, web_sessions).join(users, users.c.user_id == web_sessions.c.user_id)
    row = connection.execute(both.where(web_sessions.c.token_hash == token_hash)).first()
    if row is None:
        return None
    return WebSession(
        token_hash=row.token_hash,
        user=user_of_row(row),
        form_token=row.form_token,
        started_at=row.started_at,
        seen_at=row.seen_at,
    )


def touch_session(connection: Connection, token_hash: str, now: datetime) -> None:
    """Keep that a session is in use."""
    connection.execute(update(web_sessions).where(web_sessions.c.token_hash == token_hash).values(seen_at=now))


def end_sessions(
    connection: Connection, *, token_hash: str | None = None, user_id: str | None = None, before: datetime | None = None
) -> int:
    """End a session, all of a user, or all that began before; return how many."""
    statement = delete(web_sessions)
    if token_hash is not None:
        statement = statement.where(web_sessions.c.token_hash == token_hash)
    if user_id is not None:
        statement = statement.where(web_sessions.c.user_id == user_id)
    if before is not None:
        statement = statement.where(web_sessions.c.started_at < before)
    assert token_hash or user_id or before
    return connection.execute(statement).rowcount


def note_failed_sign_in(connection: Connection, keys: list[str], now: datetime) -> None:
    """Keep that a sign-in failed, for each of what it is counted by."""
    for key in keys:
        connection.execute(failed_sign_ins.insert().values(key=key, at=now))


def failed_sign_in_count(connection: Connection, key: str, since: datetime) -> int:
    """Return how many sign-ins failed since."""
    failed = failed_sign_ins.c
    counted = select(func.count()).where(failed.key == key, failed.at >= since)
    return connection.scalar(counted) or 0


def forget_failed_sign_ins(connection: Connection, *, key: str | None = None, before: datetime | None = None) -> None:
    """Forget failed sign-ins of a key, or those of before."""
    assert key or before
    statement = delete(failed_sign_ins)
    if key is not None:
        statement = statement.where(failed_sign_ins.c.key == key)
    if before is not None:
        statement = statement.where(failed_sign_ins.c.at < before)
    connection.execute(statement)


def _columns(user: User) -> dict[str, Any]:
    return {
        "user_id": user.user_id,
        "name": user.name,
        "display_name": user.display_name,
        "role": user.role.value,
        "teams": json.dumps(list(user.teams), ensure_ascii=False),
        "agent_id": user.agent_id,
        "hears_unredacted": user.hears_unredacted,
        "active": user.active,
        "subject": user.subject,
        "created_at": user.created_at,
    }


def user_of_row(row: Any) -> User:
    """Return the user that a row of `users` holds."""
    return User(
        user_id=row.user_id,
        name=row.name,
        display_name=row.display_name,
        role=UserRole(row.role),
        teams=read_payload(tuple[str, ...], row.teams, f"user {row.user_id}"),
        agent_id=row.agent_id,
        hears_unredacted=row.hears_unredacted,
        active=row.active,
        subject=row.subject,
        created_at=row.created_at,
    )
