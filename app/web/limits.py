"""What is refused before anything reads it: hosts that are not this console, bodies too large, too slow or broken."""

from __future__ import annotations

import asyncio
import ipaddress
import re
from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import unquote, urlsplit

from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.config import ConsoleSettings

MOST_BYTES = 1_000_000
MOST_ADDRESS_CHARACTERS = 16_000
BODY_TIMEOUT_S = 30.0
# They bound their bodies themselves, once they know who asks: exactly these, and nothing below them.
UPLOADS = ("/intake/uploads", "/api/v1/intake/uploads", "/compliance/packs/check")
# Balancers ask by the machine's address. There is nothing to read there, nor in metrics without their token.
HEALTH = ("/health", "/health/ready")
_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\s\[\]:/?#@]+)(?::\d{1,5})?")
_TEXT_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class KnownHosts:
    """ASGI middleware that answers only to the console's own names.

    A page of another site can make its own name lead to this machine (DNS rebinding), and browsers would let it read
    what comes back: the name in ``Host`` gives it away.
    """

    def __init__(self, app: ASGIApp, *, console: ConsoleSettings) -> None:
        self._app = app
        public = urlsplit(console.public_url or "").hostname
        self._open = {*HEALTH, *(("/metrics",) if console.metrics_token else ())}
        self._known = {name.lower() for name in ("localhost", console.host.strip("[]"), public) if name}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or say that this is another host's."""
        is_asked = scope["type"] in ("http", "websocket") and scope["path"] not in self._open
        if is_asked and not self._is_known(_header(scope, b"host")):
            told = "This address is none of the console's: use the one that console.public_url names."
            await _refusal(scope, HTTPStatus.MISDIRECTED_REQUEST, told)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_known(self, host: str) -> bool:
        told = _HOST.fullmatch(host)
        if told is None:
            return False
        name = told[1].strip("[]").lower().rstrip(".")
        return name in self._known or _is_loopback(name)


class Limits:
    """ASGI middleware that reads bodies whole before anybody else does, but for uploads, and refuses what is hostile.

    Zero bytes are refused everywhere that text is read: no database keeps them, and no person types them.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        most_bytes: int = MOST_BYTES,
        timeout_s: float = BODY_TIMEOUT_S,
        uploads: Sequence[str] = UPLOADS,
    ) -> None:
        self._app = app
        self._most_bytes = most_bytes
        self._timeout_s = timeout_s
        self._uploads = tuple(uploads)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or say what is wrong with the request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        query = scope.get("query_string", b"")
        if len(scope["path"]) + len(query) > MOST_ADDRESS_CHARACTERS:
            await _refusal(scope, HTTPStatus.REQUEST_URI_TOO_LONG, "This address is too long.")(scope, receive, send)
            return
        if "\0" in scope["path"] or "\0" in unquote(query.decode("latin-1")):
            await _refusal(scope, HTTPStatus.BAD_REQUEST, "An address holds no zero bytes.")(scope, receive, send)
            return
        if self._is_upload(scope):
            await self._app(scope, _in_time(receive, self._timeout_s), send)
            return
        read = await self._read(scope, receive)
        if isinstance(read, Response):
            await read(scope, receive, send)
            return
        await self._app(scope, _again(read, receive), send)

    def _is_upload(self, scope: Scope) -> bool:
        is_one = scope["method"] == "POST" and scope["path"] in self._uploads
        return is_one and (b"cookie" in dict(scope["headers"]) or b"authorization" in dict(scope["headers"]))

    async def _read(self, scope: Scope, receive: Receive) -> bytes | Response:
        told = f"This is too large: at most {self._most_bytes // 1000} kB are read here."
        length = _header(scope, b"content-length")
        if length.isdigit() and int(length) > self._most_bytes:
            return _refusal(scope, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, told)
        body = bytearray()
        try:
            async with asyncio.timeout(self._timeout_s):
                while True:
                    message = await receive()
                    if message["type"] != "http.request":
                        return _refusal(scope, HTTPStatus.BAD_REQUEST, "The request ended before it was whole.")
                    body += message.get("body", b"")
                    if len(body) > self._most_bytes:
                        return _refusal(scope, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, told)
                    if not message.get("more_body", False):
                        break
        except TimeoutError:
            return _refusal(scope, HTTPStatus.REQUEST_TIMEOUT, "The request came too slowly; send it again.")
        if _header(scope, b"content-type").lower().startswith(_TEXT_FORMS) and (b"\0" in body or b"%00" in body):
            return _refusal(scope, HTTPStatus.BAD_REQUEST, "A form holds no zero bytes.")
        return bytes(body)


def _in_time(receive: Receive, timeout_s: float) -> Receive:
    """Return what gives the parts of a body; where the next one does not come in time, its sender counts as gone."""
    whole = False

    async def give() -> Message:
        nonlocal whole
        if whole:
            return await receive()  # to learn that the asker has left, whenever that is
        try:
            async with asyncio.timeout(timeout_s):
                message = await receive()
        except TimeoutError:
            return {"type": "http.disconnect"}
        whole = not message.get("more_body", False)
        return message

    return give


def _again(body: bytes, receive: Receive) -> Receive:
    """Return what gives a body that was read once more."""
    given = False

    async def give() -> Message:
        nonlocal given
        if given:
            return await receive()  # to learn that the asker has left
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return give


def _refusal(scope: Scope, status: HTTPStatus, told: str) -> Response:
    headers = {"Connection": "close", "Cache-Control": "no-store"}
    if not scope["path"].startswith("/api/"):
        return PlainTextResponse(f"{told}\n", status_code=status, headers=headers)
    problem = {"type": "about:blank", "title": status.phrase, "status": int(status), "detail": told}
    return JSONResponse(problem, status_code=status, headers=headers, media_type="application/problem+json")


def _header(scope: Scope, name: bytes) -> str:
    found = [value for each, value in scope["headers"] if each == name]
    return found[0].decode("latin-1").strip() if len(found) == 1 else ""


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
