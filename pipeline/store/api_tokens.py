"""Tokens for the API. What is kept of one is its hash."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from pipeline.records import User
from pipeline.store.console_tables import api_tokens, users
from pipeline.store.payload import read_payload
from pipeline.store.people import user_of_row


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiToken:
    """A token as it is kept.

    Attributes:
        permissions: Names of what it is for; its user's role bounds them.
        expires_at: None: it stays good.
        used_at: About when it was used last; None where it was not.
        revoked_at: None where it was not.
    """

    token_id: str
    user: User
    name: str
    permissions: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None = None
    used_at: datetime | None = None
    revoked_at: datetime | None = None


def put_token(connection: Connection, token: ApiToken, *, token_hash: str) -> None:
    """Keep a new token."""
    connection.execute(
        api_tokens.insert().values(
            token_id=token.token_id,
            token_hash=token_hash,
            user_id=token.user.user_id,
            name=token.name,
            permissions=json.dumps(list(token.permissions)),
            created_at=token.created_at,
            expires_at=token.expires_at,
        )
    )


def get_token(connection: Connection, token_hash: str) -> ApiToken | None:
    """Return the token with this hash, good or not, or None."""
    row = connection.execute(_tokens().where(api_tokens.c.token_hash == token_hash)).first()
    return None if row is None else _token(row)


def tokens_of(connection: Connection, user_id: str) -> list[ApiToken]:
    """Return a user's tokens, the newest first."""
    rows = _tokens().where(api_tokens.c.user_id == user_id).order_by(api_tokens.c.created_at.desc())
    return [_token(row) for row in connection.execute(rows)]


def all_tokens(connection: Connection) -> list[ApiToken]:
    """Return everybody's tokens, by their users' names, the newest first."""
    rows = _tokens().order_by(users.c.folded_name, api_tokens.c.created_at.desc())
    return [_token(row) for row in connection.execute(rows)]


def revoke_token(connection: Connection, token_id: str, *, user_id: str, now: datetime) -> bool:
    """Revoke a user's token; tell whether it was there and good."""
    token = api_tokens.c
    mine = update(api_tokens).where(token.token_id == token_id, token.user_id == user_id, token.revoked_at.is_(None))
    return bool(connection.execute(mine.values(revoked_at=now)).rowcount)


def revoke_tokens_of(connection: Connection, user_id: str, now: datetime) -> int:
    """Revoke all tokens of a user; return how many were not revoked before."""
    token = api_tokens.c
    theirs = update(api_tokens).where(token.user_id == user_id, token.revoked_at.is_(None))
    return connection.execute(theirs.values(revoked_at=now)).rowcount


def touch_token(connection: Connection, token_id: str, now: datetime) -> None:
    """Keep that a token is in use."""
    connection.execute(update(api_tokens).where(api_tokens.c.token_id == token_id).values(used_at=now))


def _tokens() -> Any:
    columns = [column.label(f"token_{column.name}") for column in api_tokens.c]
    return select(users, *columns).join(users, users.c.user_id == api_tokens.c.user_id)


def _token(row: Any) -> ApiToken:
    return ApiToken(
        token_id=row.token_token_id,
        user=user_of_row(row),
        name=row.token_name,
        permissions=read_payload(tuple[str, ...], row.token_permissions, f"token {row.token_token_id}"),
        created_at=row.token_created_at,
        expires_at=row.token_expires_at,
        used_at=row.token_used_at,
        revoked_at=row.token_revoked_at,
    )
