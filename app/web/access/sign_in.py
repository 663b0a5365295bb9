"""Sign in with name and password; wrong ones make everybody wait who tries on, by name and by address."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection

from app.acts import Act
from app.web.access.passwords import hash_password, is_outdated, is_password
from app.web.access.sessions import begin_session, end_session, hashed
from app.web.errors import RequestError, TooManyAttemptsError
from app.web.site import Site
from pipeline.audit.log import record_act
from pipeline.records import User
from pipeline.review.wording import folded
from pipeline.store.people import (
    failed_sign_in_count,
    forget_failed_sign_ins,
    get_user,
    note_failed_sign_in,
    password_hash_of,
    set_password_hash,
)

_ADDRESS_TRIES = 10  # times as many wrong ones from one address, behind which a whole office may sit


class WrongPasswordError(RequestError):
    """Name and password do not go together; which of them is wrong is not told."""

    status = 401

    def __init__(self) -> None:
        super().__init__("name and password do not go together")


def sign_in(site: Site, *, name: str, password: str, address: str, before: str | None = None) -> str:
    """Return the token of a new stay.

    Args:
        site: The console.
        name: Who they say they are.
        password: Their password.
        address: Where they ask from.
        before: The token of the stay that the browser was in, which ends.

    Raises:
        WrongPasswordError: Nobody has this name and password, or they may not sign in any more.
        TooManyAttemptsError: There were too many wrong ones.
    """
    now = site.now()
    name_key = hashed(f"name {folded(name)}")
    noted = note_attempt(site, {name_key: 1, hashed(f"address {address}"): _ADDRESS_TRIES})
    with site.store.read() as connection:
        user = get_user(connection, folded(name))
        password_hash = password_hash_of(connection, user.user_id) if user else None
    if not is_password(password, password_hash) or user is None or password_hash is None or not user.active:
        raise WrongPasswordError
    with site.store.begin() as connection:
        forget_failed_sign_ins(connection, numbers=noted)
        forget_failed_sign_ins(connection, key=name_key)
        if is_outdated(password_hash):
            renewed = hash_password(password)
            set_password_hash(connection, user.user_id, renewed, temporary=user.temporary_password)
        if before is not None:
            end_session(connection, before)
        token = begin_session(connection, user, now)
        log_sign_in(connection, site, user, "password")
    return token


def note_attempt(site: Site, keys: dict[str, int]) -> list[int]:
    """Count an attempt as failed before it is looked at: many at once cannot get past the limit.

    Args:
        site: The console.
        keys: What it is counted by, and how many times as many as usual each may have.

    Returns:
        What to forget where it does not fail.

    Raises:
        TooManyAttemptsError: There were too many.
    """
    now, console = site.now(), site.settings.console
    since = now - timedelta(minutes=console.sign_in_wait_minutes)
    with site.store.begin() as connection:
        failed = {key: failed_sign_in_count(connection, key, since) for key in keys}
        if any(failed[key] >= times * console.sign_in_attempts for key, times in keys.items()):
            raise TooManyAttemptsError(console.sign_in_wait_minutes)
        return note_failed_sign_in(connection, list(keys), now)


def log_sign_in(connection: Connection, site: Site, user: User, by: str) -> None:
    """Write a sign-in into the audit log, in the transaction in which the stay begins."""
    act = Act(action="sign-in", subject=("user", user.user_id), details={"by": by})
    record_act(connection, actor=user.name, action=act.action, subject=act.subject, details=act.details, now=site.now())
