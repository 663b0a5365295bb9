"""Tokens for the API: somebody's, for some of what they may, until a day or until they are revoked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from app.web.access.rights import Permission
from app.web.access.sessions import hashed
from pipeline.records import User
from pipeline.store.api_tokens import get_token


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownToken:
    """A token that is good now."""

    token_id: str
    user: User
    permissions: frozenset[Permission]


def find_token(connection: Connection, credentials: str, now: datetime) -> KnownToken | None:
    """Return the token that somebody came with; None where it is unknown, over or revoked, or its user not let in."""
    stored = get_token(connection, hashed(credentials.strip()))
    if stored is None or not stored.user.active or stored.revoked_at is not None:
        return None
    if stored.expires_at is not None and stored.expires_at <= now:
        return None
    known = frozenset(Permission(each) for each in stored.permissions if each in set(Permission))
    return KnownToken(token_id=stored.token_id, user=stored.user, permissions=known)
