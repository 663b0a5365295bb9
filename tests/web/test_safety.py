"""What hostile requests get, and what never reaches a log."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvicorn
from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.testclient import TestClient

from app.web import patience
from app.web.access import visitor
from app.web.limits import UPLOADS, Limits
from app.web.patience import ImpatientProtocol
from pipeline.errors import StoreError
from tests.web.conftest import PASSWORD, Console, enter
from tests.web.routes import OPEN, routes_of

MARKER = "zebra-umbrella-marker"


@pytest.fixture
def console(open_bare_console: Callable[..., Console]) -> Console:
    """A console without calls."""
    return open_bare_console()


@pytest.mark.parametrize(
    "host",
    [
        "elsewhere.example",
        "127.0.0.1.elsewhere.example",
        "localhost.elsewhere.example",
        "",
        "a b",
        "[::1",
        "1",
        "127.0.0.1/x",
        "127.0.0.1#x",
        "127.0.0.1:999999",
        "x@127.0.0.1",
    ],
)
def test_other_hosts_are_refused_whoever_leads_them_here(console: Console, host: str) -> None:
    ann = console.sign_in("reviewer")
    assert ann.get("/account", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("host", ["localhost:8765", "127.0.0.1:9000", "[::1]:8765", "LOCALHOST"])
def test_this_machine_is_known_by_all_its_names(console: Console, host: str) -> None:
    assert console.visit().get("/sign-in", headers={"host": host}).status_code == 200


def test_public_name_is_known_and_its_neighbours_are_not(open_bare_console: Callable[..., Console]) -> None:
    browser = open_bare_console(console__public_url="https://earmark.example.org").visit()
    assert browser.get("/sign-in").status_code == 200
    assert browser.get("/sign-in", headers={"host": "example.org"}).status_code == 421


def test_bodies_addresses_and_zero_bytes_are_bounded_everywhere(console: Console) -> None:
    ann = console.sign_in("admin")
    token = ann.form_token()
    headers = {"x-form-token": token, "content-type": "application/x-www-form-urlencoded"}
    for route in routes_of(console.app):
        if route.method != "POST" or route.path in UPLOADS:
            continue
        path = route.filled({})
        big = ann.client.post(path, content=b"name=" + b"x" * 1_100_000, headers=headers)
        zero = ann.client.post(path, content=b"name=a%00b&note=a%00b", headers=headers)
        assert (big.status_code, zero.status_code) == (413, 400), path
    assert ann.get("/search?q=a%00b").status_code == 400
    assert ann.get("/calls/a%00b").status_code == 400
    assert ann.get("/account?x=" + "y" * 20_000).status_code == 414
    for path in ("/sign-in", "/api/v1/calls/x/comments"):
        problem = ann.client.post(path, content=iter([b"x" * 600_000] * 3), headers=headers)  # of unknown length
        assert problem.status_code == 413


def test_nothing_is_read_of_an_upload_by_somebody_who_may_not_send_it(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    async def form_of(request: Request) -> FormData:
        read.append(request.url.path)
        return await request.form()

    monkeypatch.setattr(visitor, "form_of", form_of)
    agent = console.sign_in("agent", agent_id="maria.lopez")
    for path in UPLOADS:
        answer = agent.client.post(path, files={"file": ("a.wav", b"x" * 1_100_000)})
        assert answer.status_code == 403, path
        assert "needs the right" in answer.text
        below = agent.client.post(f"{path}/x/retry", files={"file": ("a.wav", b"x" * 1_100_000)})
        assert below.status_code == 413, path
        assert agent.client.request("PUT", path, content=b"x" * 1_100_000).status_code == 413
    assert read == []


def test_odd_texts_are_never_the_servers_fault(console: Console) -> None:
    admin = console.sign_in("admin")
    odd = [
        "\ud800",
        "\u202e",
        "\uffff",
        "a" * 5000,
        "'; DROP TABLE users; --",
        "{{ 1234567 * 8910 }}",
        "\r\nSet-Cookie: a=b",
        "%",
    ]
    fields = ("name", "role", "sees", "team", "other_teams", "agent_id", "display_name", "old", "new", "stay_id", "q")
    for text in odd:
        raw = text.encode("utf-8", "surrogatepass")
        for path in ("/people/add", "/account/password", "/account/stays/end", "/sign-in", "/views"):
            answer = admin.post(path, dict.fromkeys(fields, raw))
            assert answer.status_code < 500, (path, text)
            assert "set-cookie: a=b" not in str(answer.headers).lower()
            assert "10999991970" not in answer.text, (path, text)
    headers = {"x-form-token": admin.form_token(), "content-type": "application/json"}
    paths = [each.filled({}) for each in routes_of(console.app) if each.method == "POST" and "/api/" in each.path]
    for body in (b'{"\\ud800": 1}', b'{"name": "\\ud800"}', b"[" * 20_000, b"\xff\xfe", b'{"a": 1e999}'):
        for path in paths:
            assert admin.client.post(path, content=body, headers=headers).status_code < 500, (path, body[:20])


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", "PATCH", "PROPFIND"])
def test_unusual_methods_neither_do_nor_break_anything(console: Console, method: str) -> None:
    admin = console.sign_in("admin")
    for route in routes_of(console.app):
        if (method, route.path) in OPEN or route.path == "/static" or route.method == method:
            continue
        answer = admin.client.request(method, route.filled({}))
        assert answer.status_code in (404, 405), (method, route.path)


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/%2e%2e/application.py",
        "/static/..%2f..%2fapplication.py",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/vendor/../../application.py",
        "/static/....//....//application.py",
        "/calls/..%2f..%2fetc%2fpasswd/audio",
        "/calls/%2fetc%2fpasswd/clip?from_ms=0&to_ms=1000",
        "/calls/../../etc/passwd/audio",
    ],
)
def test_paths_never_leave_their_root(console: Console, path: str) -> None:
    admin = console.sign_in("admin")
    answer = admin.client.get(path)
    assert answer.status_code in (404, 405)
    assert "root:" not in answer.text
    assert "import" not in answer.text


def test_what_nobody_foresaw_is_told_without_its_words(
    console: Console, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    router = APIRouter()

    @router.get("/breaks")
    @router.get("/api/v1/breaks")
    def breaks() -> None:
        raise ValueError(f"{MARKER} was said in a call")

    console.app.include_router(router)
    caplog.set_level(logging.DEBUG)
    browser = console.visit()
    for path in ("/breaks", "/api/v1/breaks"):
        answer = browser.get(path)
        assert answer.status_code == 500
        assert "something went wrong here" in answer.text
        assert MARKER not in answer.text
        assert "ValueError" not in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "unexpected ValueError at" in caplog.text
    assert MARKER not in caplog.text + "".join(capfd.readouterr())


def test_passwords_tokens_and_searches_are_not_logged(
    console: Console, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    admin = console.sign_in("admin")
    enter(console.visit(), "admin", f"{MARKER} as a password")
    enter(console.visit(), f"{MARKER} as a name", PASSWORD)
    admin.get(f"/search?q={MARKER}&phrase={MARKER}&words={MARKER}")
    admin.get(f"/{MARKER}")
    console.visit().get("/api/v1/calls", headers={"authorization": f"Bearer ek_{MARKER}"})
    admin.post("/account/password", {"old": PASSWORD, "new": f"{MARKER} new", "again": f"{MARKER} new"})
    ours = "\n".join(
        record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))
    )
    assert MARKER not in ours + "".join(capfd.readouterr())


def test_database_that_is_gone_is_told_and_comes_back(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    ann = console.sign_in("reviewer")

    def gone(*_: object, **__: object) -> None:
        raise StoreError("sqlite:////srv/earmark.db: the server has gone away")

    with monkeypatch.context() as patched:
        patched.setattr(type(console.store), "read", gone)
        page, problem = ann.get("/account"), ann.get("/api/v1/me")
        assert (page.status_code, problem.status_code) == (503, 503)
        for answer in (page, problem):
            assert "the database cannot be used just now" in answer.text
            assert "/srv" not in answer.text
    assert ann.get("/account").status_code == 200


def test_slow_bodies_are_given_up() -> None:
    async def app(*_: object) -> None:
        raise AssertionError("the body never came")

    async def receive() -> dict[str, object]:
        import asyncio

        await asyncio.sleep(0.05)
        return {"type": "http.request", "body": b"x", "more_body": True}

    sent: list[dict[str, object]] = []

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    import asyncio

    scope = {"type": "http", "path": "/sign-in", "query_string": b"", "headers": [], "method": "POST"}
    asyncio.run(Limits(app, timeout_s=0.2)(scope, receive, send))  # type: ignore[arg-type]
    assert sent[0]["status"] == 408


def test_upload_that_stops_coming_counts_as_broken_off() -> None:
    import asyncio

    parts = [{"type": "http.request", "body": b"x", "more_body": True}]
    seen: list[object] = []

    async def app(_: object, receive: Any, __: object) -> None:
        seen.extend([await receive(), await receive()])

    async def receive() -> dict[str, object]:
        if not parts:
            await asyncio.sleep(60)
        return parts.pop()

    scope = {"type": "http", "path": UPLOADS[0], "query_string": b"", "headers": [(b"cookie", b"x")], "method": "POST"}
    asyncio.run(Limits(app, timeout_s=0.1)(scope, receive, receive))  # type: ignore[arg-type]
    assert seen == [{"type": "http.request", "body": b"x", "more_body": True}, {"type": "http.disconnect"}]


@pytest.fixture
def served(console: Console, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of a true server, which waits half a second for the head of a request."""
    monkeypatch.setattr(patience, "HEAD_TIMEOUT_S", 0.5)
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(console.app, http=ImpatientProtocol, ws="none", log_level="critical")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join()
    listening.close()


def test_heads_that_never_end_are_given_up(served: int) -> None:
    with socket.create_connection(("127.0.0.1", served), timeout=10) as connection:
        begun = time.monotonic()
        connection.sendall(b"GET /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        assert connection.recv(100) == b""
        assert time.monotonic() - begun > 0.3
    with socket.create_connection(("127.0.0.1", served), timeout=10) as connection:
        connection.sendall(b"GET /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 200")


def test_answers_of_every_kind_have_the_headers(console: Console) -> None:
    browser: TestClient = console.visit()
    for path in ("/sign-in", "/nowhere", "/static/earmark.css", "/api/v1/me"):
        headers = browser.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "unsafe" not in headers["content-security-policy"]
        assert "server" not in headers
    assert browser.get("/sign-in").headers["cache-control"] == "no-store"
    assert "immutable" in browser.get("/static/earmark.css").headers["cache-control"]
