"""Headers of every answer: nothing from elsewhere runs in a page, and nobody frames it."""

from __future__ import annotations

import secrets

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.access.sessions import is_secure
from app.web.limits import KnownHosts, Limits
from pipeline.config import ConsoleSettings


def protect(app: Starlette, console: ConsoleSettings) -> None:
    """Put around an application what every request passes: the last that is named comes first."""
    app.add_middleware(Limits)
    app.add_middleware(KnownHosts, console=console)
    app.add_middleware(SecurityHeaders, https=is_secure(console))


class SecurityHeaders:
    """ASGI middleware that adds the headers, with a nonce for the one library that makes style at run time.

    The nonce is ``request.state.nonce``.
    """

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(16)
        state = scope.setdefault("state", {})
        state["nonce"] = nonce

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _fixed(nonce):
                    headers.setdefault(name, value)
                if self._https:
                    headers.setdefault("Strict-Transport-Security", "max-age=31536000")
            await send(message)

        try:
            await self._app(scope, receive, with_headers)
        finally:
            if (form := state.get("form")) is not None:  # `app.web.forms`: its files would stay open
                await form.close()


def _fixed(nonce: str) -> tuple[tuple[str, str], ...]:
    policy = (
        "default-src 'none'",
        "script-src 'self'",
        f"style-src 'self' 'nonce-{nonce}'",
        "img-src 'self' data:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "font-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
    return (
        ("Content-Security-Policy", "; ".join(policy)),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Cache-Control", "no-store"),
        ("Permissions-Policy", "camera=(), microphone=(), geolocation=()"),
    )
