"""Programs that ask the API with a token."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from starlette.testclient import TestClient

from app.web.access.rights import MAY
from app.web.access.tokens import make_token
from pipeline.records import User
from tests.web.conftest import Console


def token_of(console: Console, user: User, permissions: Iterable[str] | None = None, *, days: int = 90) -> str:
    """Return a new token of somebody, with all of their rights unless some are named."""
    chosen = [str(each) for each in (MAY[user.role] if permissions is None else permissions)]
    with console.store.begin() as connection:
        _, words = make_token(connection, user, name="tests", permissions=chosen, days=days, now=console.site.now())
    return words


def program(console: Console, role: str, name: str | None = None, **changes: Any) -> TestClient:
    """Return a program that comes with a token of somebody new with this role."""
    client = console.visit()
    client.headers["authorization"] = (
        f"Bearer {token_of(console, console.add(name or f'{role}-program', role, **changes))}"
    )
    return client
