"""Accounts: what may be made of them and changed, by whomever: the command line and the console do the same."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from app.acts import Act
from pipeline.errors import ConfigError, NotFoundError, ReviewError
from pipeline.records import User, UserRole
from pipeline.review.wording import checked_name, folded
from pipeline.store.api_tokens import revoke_tokens_of
from pipeline.store.people import (
    change_user,
    end_sessions,
    get_user,
    get_user_by_id,
    other_admins,
    put_user,
    set_password_hash,
)

MOST_TEAMS = 200


class LastAdminError(ReviewError):
    """Nobody would be left who may manage people."""

    def __init__(self, name: str, todo: str = "make another one first, or nobody could manage people any more") -> None:
        super().__init__(f"{name} is the last admin who may sign in, and stays so: {todo}")
        self.todo = todo


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """What an account may do and see.

    Attributes:
        teams: Whose calls; empty means all teams.
        agent_id: Who they are in recordings; an agent has one.
    """

    role: UserRole
    display_name: str
    teams: tuple[str, ...] = ()
    agent_id: str | None = None
    hears_unredacted: bool = False
    active: bool = True


def known_user(connection: Connection, *, name: str | None = None, user_id: str | None = None) -> User:
    """Return a user by name, in whatever spelling, or by id.

    Raises:
        NotFoundError: There is none.
    """
    user = get_user_by_id(connection, user_id) if user_id else get_user(connection, folded(name or ""))
    if user is None:
        raise NotFoundError(f"no user {name or user_id!r}; `earmark users list` shows who there is")
    return user


def add_account(
    connection: Connection,
    acts: list[Act],
    *,
    name: str,
    account: Account,
    password_hash: str | None,
    now: datetime,
    temporary: bool = False,
) -> User:
    """Make an account.

    Args:
        connection: A transaction that writes.
        acts: Those of the transaction, for the audit log.
        name: What they sign in with.
        account: What they may.
        password_hash: None for somebody who signs in elsewhere.
        now: The time.
        temporary: Whether they have to choose a password of their own first.

    Raises:
        ConfigError: Something about it cannot be; the message says what.
        StoreError: Somebody has this name.
    """
    user = _with(
        User(
            user_id="u-" + secrets.token_hex(8),
            name=checked_name(name),
            display_name=name,
            role=account.role,
            created_at=now,
            temporary_password=temporary,
        ),
        account,
    )
    if get_user(connection, folded(user.name)) is not None:
        raise ReviewError(f"there is a user {user.name!r} already; choose another name")
    put_user(connection, user, folded_name=folded(user.name), password_hash=password_hash)
    acts.append(Act(action="user", subject=("user", user.user_id), details={"did": "added", **_told(user)}))
    return user


def change_account(
    connection: Connection, acts: list[Act], user: User, account: Account, *, force: bool = False
) -> User:
    """Change what an account may; where that is anything but their display name, their present stays end.

    Raises:
        ConfigError: Something about it cannot be; the message says what.
        LastAdminError: Nobody would be left who may manage people, and it is not forced.
    """
    new = _with(user, account)
    was_admin = user.role is UserRole.ADMIN and user.active
    is_admin = new.role is UserRole.ADMIN and new.active
    if was_admin and not is_admin and not force and not other_admins(connection, user.user_id):
        raise LastAdminError(user.name)
    change_user(connection, new)
    if replace(new, display_name=user.display_name) != user:
        end_sessions(connection, user_id=user.user_id)
    acts.append(Act(action="user", subject=("user", user.user_id), details={"did": "changed", **_told(new)}))
    return new


def give_password(
    connection: Connection,
    acts: list[Act],
    user: User,
    password_hash: str,
    *,
    temporary: bool,
    keep: str | None = None,
    reset_at: datetime | None = None,
) -> None:
    """Set a password; the stays of its user end.

    Args:
        connection: A transaction that writes.
        acts: Those of the transaction, for the audit log.
        user: Whose.
        password_hash: What is kept of it.
        temporary: Whether they have to choose one of their own first.
        keep: The stay that goes on, by the hash of its token.
        reset_at: When somebody else set it: their tokens for the API are revoked, too, for whoever knew the old
            password may have made some. None for one's own password, whose owner sees their tokens.
    """
    set_password_hash(connection, user.user_id, password_hash, temporary=temporary)
    end_sessions(connection, user_id=user.user_id, keep=keep)
    told: dict[str, str | int] = {"did": "temporary password set" if temporary else "password set"}
    revoked = 0 if reset_at is None else revoke_tokens_of(connection, user.user_id, reset_at)
    if revoked:
        told["tokens_revoked"] = revoked
    acts.append(Act(action="user", subject=("user", user.user_id), details=told))


def _with(user: User, account: Account) -> User:
    """Return a user as an account wants them, checked."""
    if account.role is UserRole.AGENT and not account.agent_id:
        raise ConfigError("an agent sees their own calls: say who they are in the recordings (agent id)")
    if len(account.teams) > MOST_TEAMS:
        raise ConfigError(f"at most {MOST_TEAMS} teams can be named; leave them out to mean all")
    return replace(
        user,
        role=account.role,
        display_name=checked_name(account.display_name),
        teams=tuple(sorted({_as_recorded(team) for team in account.teams})),
        agent_id=_as_recorded(account.agent_id) if account.agent_id else None,
        hears_unredacted=account.hears_unredacted,
        active=account.active,
    )


def _as_recorded(name: str) -> str:
    """Return a team or agent as recordings have it: checked, but not tidied, or it would be another."""
    checked_name(name)
    return name.strip()


def _told(user: User) -> dict[str, str | bool]:
    """Return what the audit log says of an account."""
    return {
        "role": user.role.value,
        "active": user.active,
        "teams": ", ".join(user.teams) or "all",
        "hears_unredacted": user.hears_unredacted,
    }
