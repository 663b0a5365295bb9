"""Who may sign in, their sessions, and the wrong passwords that were tried."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
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


def set_password_hash(
    connection: Connection, user_id: str, password_hash: str | None, *, temporary: bool = False
) -> None:
    """Keep another password's hash; a temporary one has to be changed by its user before anything else."""
    new = {"password_hash": password_hash, "temporary_password": temporary}
    connection.execute(update(users).where(users.c.user_id == user_id).values(**new))


def bind_subject(connection: Connection, user_id: str, subject: str) -> bool:
    """Keep which OpenID Connect account is a user's; tell whether they had none yet, and it was nobody else's."""
    if connection.scalar(select(users.c.user_id).where(users.c.subject == subject)):
        return False
    unbound = update(users).where(users.c.user_id == user_id, users.c.subject.is_(None))
    return connection.execute(unbound.values(subject=subject)).rowcount == 1


def get_user(connection: Connection, folded_name: str) -> User | None:
    """Return the user with this name, in whatever spelling, or None."""
    row = connection.execute(select(users).where(users.c.folded_name == folded_name)).first()
    return None if row is None else user_of_row(row)


def get_user_by_id(connection: Connection, user_id: str) -> User | None:
    """Return the user with this id, or None."""
    row = connection.execute(select(users).where(users.c.user_id == user_id)).first()
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


def other_admins(connection: Connection, user_id: str) -> int:
    """Return how many admins there are beside a user who may sign in; they stay so until the transaction ends."""
    found = select(users.c.user_id).where(
        users.c.role == UserRole.ADMIN.value, users.c.active.is_(True), users.c.user_id != user_id
    )
    return len(connection.execute(found.order_by(users.c.user_id).with_for_update()).all())


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
    return _session_of_row(row)


def list_sessions(connection: Connection, user_id: str | None = None) -> list[WebSession]:
    """Return the sessions of a user, or of everybody, the last used first; how old they may be, the caller knows."""
    both = select(users, web_sessions).join(users, users.c.user_id == web_sessions.c.user_id)
    if user_id is not None:
        both = both.where(web_sessions.c.user_id == user_id)
    found = connection.execute(both.order_by(web_sessions.c.seen_at.desc(), web_sessions.c.token_hash))
    return [_session_of_row(row) for row in found]


def touch_session(connection: Connection, token_hash: str, now: datetime) -> None:
    """Keep that a session is in use."""
    connection.execute(update(web_sessions).where(web_sessions.c.token_hash == token_hash).values(seen_at=now))


def end_sessions(
    connection: Connection,
    *,
    token_hash: str | None = None,
    user_id: str | None = None,
    keep: str | None = None,
    before: datetime | None = None,
    unused_since: datetime | None = None,
) -> int:
    """End sessions that fit all that is given; return how many.

    Args:
        connection: Where to write.
        token_hash: This one.
        user_id: All of a user.
        keep: But not the one of this hash.
        before: All that began before.
        unused_since: All that were not used since.
    """
    statement = delete(web_sessions)
    if token_hash is not None:
        statement = statement.where(web_sessions.c.token_hash == token_hash)
    if user_id is not None:
        statement = statement.where(web_sessions.c.user_id == user_id)
    if before is not None:
        statement = statement.where(web_sessions.c.started_at < before)
    if keep is not None:
        statement = statement.where(web_sessions.c.token_hash != keep)
    if unused_since is not None:
        statement = statement.where(web_sessions.c.seen_at < unused_since)
    assert token_hash or user_id or before or unused_since
    return connection.execute(statement).rowcount


def hold_failed_sign_ins(connection: Connection, keys: Collection[str]) -> None:
    """Let nobody else hold the same keys before this transaction ends: what is counted and noted in it, is one step.

    On SQLite a transaction that writes is alone. On PostgreSQL two could count the same before either has noted.
    """
    if connection.dialect.name == "postgresql":
        for number in sorted({int(hashlib.sha256(key.encode()).hexdigest()[:15], 16) for key in keys}):
            connection.execute(select(func.pg_advisory_xact_lock(number)))


def note_failed_sign_in(connection: Connection, keys: list[str], now: datetime) -> list[int]:
    """Keep that a sign-in failed, for each of what it is counted by; return their numbers."""
    made = [connection.execute(failed_sign_ins.insert().values(key=key, at=now)) for key in keys]
    return [each.inserted_primary_key[0] for each in made if each.inserted_primary_key]


def failed_sign_in_count(connection: Connection, key: str, since: datetime) -> int:
    """Return how many sign-ins failed since."""
    failed = failed_sign_ins.c
    counted = select(func.count()).where(failed.key == key, failed.at >= since)
    return connection.scalar(counted) or 0


def forget_failed_sign_ins(
    connection: Connection,
    *,
    key: str | None = None,
    numbers: Collection[int] | None = None,
    before: datetime | None = None,
) -> None:
    """Forget failed sign-ins of a key, some by their numbers, or those of before."""
    assert key or numbers or before
    statement = delete(failed_sign_ins)
    if key is not None:
        statement = statement.where(failed_sign_ins.c.key == key)
    if numbers is not None:
        statement = statement.where(failed_sign_ins.c.number.in_(numbers))
    if before is not None:
        statement = statement.where(failed_sign_ins.c.at < before)
    connection.execute(statement)


def _session_of_row(row: Any) -> WebSession:
    return WebSession(
        token_hash=row.token_hash,
        user=user_of_row(row),
        form_token=row.form_token,
        started_at=row.started_at,
        seen_at=row.seen_at,
    )


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
        "temporary_password": user.temporary_password,
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
        temporary_password=row.temporary_password,
        created_at=row.created_at,
    )
