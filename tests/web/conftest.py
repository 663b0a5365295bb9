"""A console on a scored workspace, and browsers' stays in it as whoever a test needs."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.acts import Act, log_acts
from app.web.access.passwords import hash_password
from app.web.access.sessions import begin_session, cookie_name
from app.web.application import create_app
from app.web.site import Site
from pipeline.config import Settings
from pipeline.load_settings import load_settings
from pipeline.records import User, UserRole
from pipeline.review.wording import folded
from pipeline.store.database import Store, open_store
from pipeline.store.people import put_user
from tests.app.conftest import first_run, recordings, workspace

__all__ = ["first_run", "recordings", "workspace"]

PASSWORD = "a password of the tests"
_HASH = hash_password(PASSWORD)
_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')
SIGN_IN_TOKEN = re.compile(r'name="sign_in_token" value="([^"]+)"')


def enter(browser: TestClient, name: str, password: str, **fields: str) -> Any:
    """Send the form of the sign-in page."""
    found = SIGN_IN_TOKEN.search(browser.get("/sign-in").text)
    assert found, "no sign-in form"
    return browser.post("/sign-in", data={"name": name, "password": password, "sign_in_token": found[1], **fields})


@dataclass
class Stay:
    """Somebody's browser: asks for pages, and sends forms with their token."""

    client: TestClient
    user: User

    def get(self, path: str, **options: Any) -> Any:
        """Ask for a page."""
        return self.client.get(path, **options)

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> Any:
        """Send a form of this stay."""
        headers = {"x-form-token": self.form_token(), **options.pop("headers", {})}
        return self.client.post(path, data=data, headers=headers, **options)

    def form_token(self) -> str:
        """Return the token that this stay's forms carry."""
        page = self.client.get("/account").text
        found = _TOKEN.search(page)
        assert found, "no form on the page"
        return found[1]


@dataclass
class Console:
    """A console on a workspace of its own."""

    settings: Settings
    store: Store
    app: Any
    clients: list[TestClient] = field(default_factory=list)

    @property
    def site(self) -> Site:
        """What its requests get."""
        site: Site = self.app.state.site
        return site

    def visit(self) -> TestClient:
        """Return a browser in which nobody has signed in."""
        address = self.settings.console.public_url or "http://127.0.0.1:8765"
        client = TestClient(self.app, base_url=address, follow_redirects=False)
        client.headers["sec-fetch-site"] = "same-origin"
        self.clients.append(client)
        return client

    def add(self, name: str, role: str, **changes: Any) -> User:
        """Make an account."""
        user = User(
            user_id=f"u-{name}",
            name=name,
            display_name=name.title(),
            role=UserRole(role),
            created_at=datetime(2026, 11, 1, tzinfo=UTC),
            **changes,
        )
        with self.store.begin() as connection:
            put_user(connection, user, folded_name=folded(name), password_hash=_HASH)
        return user

    def sign_in(self, role: str, name: str | None = None, **changes: Any) -> Stay:
        """Return the browser of somebody new with this role, signed in."""
        user = self.add(name or role, role, **changes)
        client, console = self.visit(), self.settings.console
        with self.store.begin() as connection:  # without the form: its slow hash is for the tests of signing in
            token = begin_session(connection, user, self.site.now())
        log_acts(self.store, self.settings, [Act(action="sign-in", subject=("user", user.user_id))], actor=user.name)
        host = client.base_url.host
        domain = host if "." in host else f"{host}.local"  # as the client keeps a cookie that an answer sets
        client.cookies.set(cookie_name(console), token, domain=domain, path="/")
        return Stay(client, user)


@pytest.fixture
def open_console(workspace: Path, tmp_path: Path) -> Iterator[Callable[..., Console]]:
    """Open a console on a copy of the scored workspace; settings by their dotted names."""
    with opening(tmp_path, workspace) as opened:
        yield opened


@pytest.fixture
def open_bare_console(tmp_path: Path) -> Iterator[Callable[..., Console]]:
    """Open a console on a workspace without calls: at once, for what is not about calls."""
    with opening(tmp_path, None) as opened:
        yield opened


@contextmanager
def opening(folder_of_all: Path, workspace: Path | None) -> Iterator[Callable[..., Console]]:
    """Open consoles in a folder, each on a copy of a workspace or on an empty one, and close them in the end."""
    opened: list[Console] = []

    def made(**flags: Any) -> Console:
        folder = folder_of_all / f"data-{len(opened)}"
        if workspace is None:
            folder.mkdir()
        else:
            shutil.copytree(workspace, folder, ignore=shutil.ignore_patterns("prefect*"))
        dotted = {name.replace("__", "."): value for name, value in flags.items()}
        settings = load_settings(file=None, flags={"workspace": folder, **dotted})
        store = open_store(settings.store_url)
        opened.append(Console(settings=settings, store=store, app=create_app(settings, store)))
        return opened[-1]

    yield made
    for console in opened:
        for client in console.clients:
            client.close()
        console.store.close()


@pytest.fixture
def console(open_console: Callable[..., Console]) -> Console:
    """A console as it comes."""
    return open_console()
