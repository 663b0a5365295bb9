"""Real browsers on a real server: what pages do when somebody clicks, types and listens.

Chromium is the machine's own (Debian: ``apt-get install chromium``). Where there is none these tests are skipped; with
REQUIRE_BROWSER=1 they fail instead.
"""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from tests.web.conftest import PASSWORD, Console, opening

ROOT = Path(__file__).resolve().parents[3]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--autoplay-policy=no-user-gesture-required",
]
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_WAITS_S = 60  # machines that run tests are busy
expect.set_options(timeout=1000 * _WAITS_S)


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Playwright, without a browser of its own. Its event loop ends with each file: others could not run theirs."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """The machine's Chromium."""
    found = next((path for path in map(shutil.which, _NAMES) if path), None)
    if found is None:
        reason = "no chromium on this machine; Debian: apt-get install chromium"
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    opened = playwright.chromium.launch(executable_path=found, args=_FLAGS)
    yield opened
    opened.close()


def until(page: Page, expression: str) -> None:
    """Wait until something holds in a page. Playwright's own way to wait needs what the page's policy refuses."""
    ends = time.monotonic() + _WAITS_S
    while not page.evaluate(expression):
        assert time.monotonic() < ends, f"never came true: {expression}"
        page.wait_for_timeout(50)


@dataclass
class Tab:
    """Somebody's page, and what went wrong in it."""

    page: Page
    base: str
    problems: list[str] = field(default_factory=list)

    def go(self, path: str) -> Page:
        """Open a page of the console."""
        self.page.goto(self.base + path)
        return self.page

    def serious_issues(self) -> list[str]:
        """Return what axe-core finds serious or critical on the page as it is."""
        if not AXE.is_file():
            pytest.fail("axe-core is not there: make web")
        self.page.evaluate(AXE.read_text())
        found: dict[str, Any] = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{each['id']} ({each['impact']}): {node['html'][:160]}"
            for each in found["violations"]
            if each["impact"] in ("serious", "critical")
            for node in each["nodes"]
        ]


@dataclass
class Served:
    """A console that answers on a port."""

    console: Console
    base: str
    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)

    def open(self, role: str, name: str | None = None, *, context: dict[str, Any] | None = None, **user: Any) -> Tab:
        """Return the page of somebody new with this role, signed in through the form."""
        made = self.console.add(name or role, role, **user)
        return self.open_as(made.name, **(context or {}))

    def open_as(self, name: str, **context: Any) -> Tab:
        """Return the page of somebody there is, signed in through the form."""
        options: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}, "accept_downloads": True, **context}
        opened = self.browser.new_context(**options)
        opened.set_default_timeout(1000 * _WAITS_S)
        self.contexts.append(opened)
        tab = Tab(opened.new_page(), self.base)
        tab.page.on("console", lambda told: tab.problems.append(told.text) if told.type == "error" else None)
        tab.page.on("pageerror", lambda error: tab.problems.append(str(error)))
        page = tab.go("/sign-in")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: "/sign-in" not in url)
        return tab

    def close(self) -> None:
        """Close every page."""
        while self.contexts:
            self.contexts.pop().close()


@contextmanager
def serving(browser: Browser) -> Iterator[Callable[[Console], Served]]:
    """Serve consoles, each on a port of this machine that is free, and end them all."""
    running: list[tuple[uvicorn.Server, threading.Thread, Served]] = []

    def started(console: Console) -> Served:
        listener = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(console.app, log_level="error", timeout_graceful_shutdown=2))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        until = time.monotonic() + 30
        while not server.started:
            assert time.monotonic() < until, "the console did not start"
            time.sleep(0.05)
        host, port = listener.getsockname()
        running.append((server, thread, Served(console, f"http://{host}:{port}", browser)))
        return running[-1][2]

    yield started
    for server, thread, served in running:
        served.close()
        server.should_exit = True
        thread.join(timeout=20)


@pytest.fixture
def serve(browser: Browser) -> Iterator[Callable[[Console], Served]]:
    """Serve a console on a port of this machine."""
    with serving(browser) as started:
        yield started


@pytest.fixture
def served(open_console: Callable[..., Console], serve: Callable[[Console], Served]) -> Served:
    """A console as it comes, on a port."""
    return serve(open_console())


@pytest.fixture(scope="module")
def served_to_all(workspace: Path, tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Served]:
    """One console for those tests of a module that only look; `shared` is what they ask for."""
    with opening(tmp_path_factory.mktemp("shared"), workspace) as opened, serving(browser) as started:
        yield started(opened())


@pytest.fixture
def shared(served_to_all: Served) -> Iterator[Served]:
    """A console that other tests look at too: its users need names of their own, and nothing else may be changed."""
    yield served_to_all
    served_to_all.close()
