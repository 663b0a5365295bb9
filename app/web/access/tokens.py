"""Tokens for the API: somebody's, for some of what they may, until a day or until they are revoked."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from app.web.access.rights import MAY, Permission
from app.web.access.sessions import hashed
from app.web.access.sign_in import log_failed
from app.web.errors import BadRequestError, RequestError, SignInNeededError, TooManyAttemptsError
from app.web.site import Site
from pipeline.records import User
from pipeline.store.api_tokens import ApiToken, get_token, put_token, touch_token
from pipeline.store.people import failed_sign_in_count, forget_failed_sign_ins, note_failed_sign_in

PREFIX = "ek_"  # so that a token is known for what it is where it should not be, such as in a repository
USUAL_DAYS = 90
MOST_DAYS = 365

_TOUCHED_EVERY = timedelta(minutes=1)
_MOST_WRONG = 50  # from one address, behind which a whole office may sit, within console.sign_in_wait_minutes


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownToken:
    """A token that is good now."""

    token_id: str
    user: User
    permissions: frozenset[Permission]


class UnknownTokenError(SignInNeededError):
    """A token is unknown, over or revoked; which of them is not told."""

    def __init__(self) -> None:
        RequestError.__init__(self, "this token is unknown, over or revoked: make another under /account/tokens")


def make_token(
    connection: Connection, user: User, *, name: str, permissions: Collection[str], days: int, now: datetime
) -> tuple[ApiToken, str]:
    """Keep a new token, and return it with the words that are shown once.

    Raises:
        BadRequestError: It has no name, no rights or some that its user does not have, or is good for too long.
    """
    wanted = sorted(set(permissions))
    if not name.strip() or len(name) > 80 or not name.isprintable():
        raise BadRequestError("name the token in 1 to 80 characters, such as the program that is to use it")
    if not wanted:
        raise BadRequestError("choose at least one right: a token without any can do nothing")
    if not set(wanted) <= {permission.value for permission in MAY[user.role]}:
        raise BadRequestError("a token can have the rights of its owner, and no other")
    if not 1 <= days <= MOST_DAYS:
        raise BadRequestError(f"a token is good for 1 to {MOST_DAYS} days")
    words = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        token_id="tk-" + secrets.token_hex(8),
        user=user,
        name=name.strip(),
        permissions=tuple(wanted),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    put_token(connection, token, token_hash=hashed(words))
    return token, words


def find_token(connection: Connection, credentials: str, now: datetime) -> ApiToken | None:
    """Return the token that somebody came with; None where it is unknown, over or revoked, or its user not let in."""
    stored = get_token(connection, hashed(credentials.strip()))
    return stored if stored is not None and is_good(stored, now) else None


def is_good(token: ApiToken, now: datetime) -> bool:
    """Tell whether a token lets anybody in."""
    over = token.expires_at is not None and token.expires_at <= now
    return token.user.active and token.revoked_at is None and not over


def let_in(site: Site, credentials: str, address: str) -> KnownToken:
    """Return the token that somebody came with, and note that it was used.

    A good token is let in however many wrong ones came from the same address: nobody guesses one, and a program with an
    old one must not shut out its neighbours. What is limited is the asking.

    Raises:
        UnknownTokenError: It is not good.
        TooManyAttemptsError: It is not good, and many before it were not.
    """
    now = site.now()
    with site.store.read() as connection:
        token = find_token(connection, credentials, now)
    if token is None:
        raise _wrong(site, address, now)
    if token.used_at is None or now - token.used_at > _TOUCHED_EVERY:
        with site.store.begin() as connection:
            touch_token(connection, token.token_id, now)
    known = frozenset(Permission(each) for each in token.permissions if each in set(Permission))
    return KnownToken(token_id=token.token_id, user=token.user, permissions=known)


def _wrong(site: Site, address: str, now: datetime) -> RequestError:
    wait = site.settings.console.sign_in_wait_minutes
    key, since = hashed(f"token from {address}"), now - timedelta(minutes=wait)
    with site.store.read() as connection:
        count = failed_sign_in_count(connection, key, since)
    if count >= _MOST_WRONG:
        log_failed(site, None, "too many wrong tokens", counted_by=key, by="token")
        return TooManyAttemptsError(wait)
    with site.store.begin() as connection:
        note_failed_sign_in(connection, [key], now)
        forget_failed_sign_ins(connection, before=since)
    log_failed(site, None, "wrong token", counted_by=key, by="token")
    return UnknownTokenError()
