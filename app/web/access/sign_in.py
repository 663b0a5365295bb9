"""Sign in with name and password; wrong ones make everybody wait who tries on, by name and by address."""

from __future__ import annotations

from datetime import timedelta

from app.acts import Act
from app.web.access.passwords import is_password
from app.web.access.sessions import begin_session, hashed
from app.web.errors import RequestError, TooManyAttemptsError
from app.web.site import Site
from pipeline.audit.log import record_act
from pipeline.review.wording import folded
from pipeline.store.people import (
    failed_sign_in_count,
    forget_failed_sign_ins,
    get_user,
    note_failed_sign_in,
    password_hash_of,
)

_ADDRESS_TRIES = 10  # times as many wrong ones from one address, behind which a whole office may sit


class WrongPasswordError(RequestError):
    """Name and password do not go together; which of them is wrong is not told."""

    status = 401

    def __init__(self) -> None:
        super().__init__("name and password do not go together")


def sign_in(site: Site, *, name: str, password: str, address: str) -> str:
    """Return the token of a new stay.

    Raises:
        WrongPasswordError: Nobody has this name and password, or they may not sign in any more.
        TooManyAttemptsError: There were too many wrong ones.
    """
    now, console = site.now(), site.settings.console
    keys = {hashed(f"name {folded(name)}"): 1, hashed(f"address {address}"): _ADDRESS_TRIES}
    since = now - timedelta(minutes=console.sign_in_wait_minutes)
    with site.store.read() as connection:
        failed = {key: failed_sign_in_count(connection, key, since) for key in keys}
        user = get_user(connection, folded(name))
        password_hash = password_hash_of(connection, user.user_id) if user else None
    if any(failed[key] >= times * console.sign_in_attempts for key, times in keys.items()):
        raise TooManyAttemptsError(console.sign_in_wait_minutes)
    if not is_password(password, password_hash) or user is None or not user.active:
        with site.store.begin() as connection:
            note_failed_sign_in(connection, list(keys), now)
            forget_failed_sign_ins(connection, before=since)
        raise WrongPasswordError
    with site.store.begin() as connection:
        forget_failed_sign_ins(connection, key=next(iter(keys)))
        token = begin_session(connection, user, now)
        act = Act(action="sign-in", subject=("user", user.user_id))
        record_act(connection, actor=user.name, action=act.action, subject=act.subject, details={}, now=now)
    return token
