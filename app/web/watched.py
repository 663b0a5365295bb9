"""Every request counted and logged by its route: never by its address, which holds ids and what people search for."""

from __future__ import annotations

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.watching import Watch

log = logging.getLogger("earmark.access")

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_API = "/api/v1"
_UNFINISHED = 499  # the asker left before an answer began


class Watched:
    """ASGI middleware around all others, so that what they refuse is counted too."""

    def __init__(self, app: ASGIApp, *, watch: Watch) -> None:
        self._app = app
        self._watch = watch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and count it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, began = _UNFINISHED, time.perf_counter()

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, told)
        finally:
            seconds = time.perf_counter() - began
            method, route = scope["method"] if scope["method"] in _METHODS else "other", route_of(scope)
            self._watch.count_request(method=method, route=route, status=status, seconds=seconds)
            fields = {"method": method, "route": route, "status": status, "duration_ms": round(seconds * 1000)}
            log.info("request", extra=fields)


def route_of(scope: Scope) -> str:
    """Return the template of the route that answered, such as ``/calls/{call_id}``; there are as many as routes."""
    template: str | None = getattr(scope.get("route"), "path", None)
    if template is None:
        return "/static" if scope["path"].startswith("/static/") else "none"
    in_api = scope["path"].startswith(f"{_API}/") and not template.startswith(_API)
    return f"{_API}{template}" if in_api else template
