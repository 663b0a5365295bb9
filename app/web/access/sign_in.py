"""Sign in with name and password; wrong ones make everybody wait who tries on, by name and by address."""

from __future__ import annotations

from datetime import timedelta

from app.acts import Act, editing, keep_log_head, record_acts
from app.web.access.passwords import hash_password, is_outdated, is_password
from app.web.access.sessions import begin_session, end_session, hashed
from app.web.errors import RequestError, TooManyAttemptsError
from app.web.site import Site
from pipeline.records import User
from pipeline.review.wording import folded
from pipeline.store.people import (
    failed_sign_in_count,
    forget_failed_sign_ins,
    get_user,
    hold_failed_sign_ins,
    note_failed_sign_in,
    password_hash_of,
    set_password_hash,
)

NOBODY = "(not signed in)"
"""Who acts in the audit log where nobody knows."""

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
    try:
        noted = note_attempt(site, {name_key: 1, hashed(f"address {address}"): _ADDRESS_TRIES})
    except TooManyAttemptsError as error:
        of_name = error.key == name_key
        log_failed(site, name if of_name else None, "too many wrong passwords", counted_by=error.key)
        raise
    with site.store.read() as connection:
        user = get_user(connection, folded(name))
        password_hash = password_hash_of(connection, user.user_id) if user else None
    if not is_password(password, password_hash) or user is None or password_hash is None or not user.active:
        log_failed(site, name, "wrong name or password", counted_by=name_key)
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
        record_acts(connection, [sign_in_act(user, "password")], actor=user.name, now=now)
    keep_log_head(site.store, site.settings)
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
        hold_failed_sign_ins(connection, keys)
        for key, times in keys.items():
            if failed_sign_in_count(connection, key, since) >= times * console.sign_in_attempts:
                raise TooManyAttemptsError(console.sign_in_wait_minutes, key)
        return note_failed_sign_in(connection, list(keys), now)


def log_failed(site: Site, name: str | None, why: str, *, counted_by: str, by: str = "password") -> None:
    """Write into the audit log that a sign-in failed; once until the wait is over, so that nobody can fill the log.

    Args:
        site: The console.
        name: What was typed; only the id of an account of that name is kept, for people type passwords there, too.
        why: Why it failed.
        counted_by: A name or an address, hashed: once for each and for each reason.
        by: What they came with: a ``password`` or a ``token``.
    """
    now = site.now()
    once = hashed(f"logged {why} {counted_by}")
    since = now - timedelta(minutes=site.settings.console.sign_in_wait_minutes)
    with site.store.read() as connection:
        if failed_sign_in_count(connection, once, since):
            return
    with editing(site.store, site.settings, actor=NOBODY) as (connection, acts):
        hold_failed_sign_ins(connection, [once])
        if failed_sign_in_count(connection, once, since):
            return
        note_failed_sign_in(connection, [once], now)
        user = None if name is None else get_user(connection, folded(name))
        subject = ("user", user.user_id if user else "")
        acts.append(Act(action="sign-in-failed", subject=subject, details={"by": by, "why": why}))


def sign_in_act(user: User, by: str) -> Act:
    """Return what the audit log keeps of a sign-in."""
    return Act(action="sign-in", subject=("user", user.user_id), details={"by": by})
