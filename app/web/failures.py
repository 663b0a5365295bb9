"""Every failure becomes an answer: a page for people, problem+json (RFC 9457) for programs."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.errors import PasswordChangeNeededError, RequestError, SignInNeededError, TooManyAttemptsError
from app.web.site import site_of
from pipeline.errors import (
    AuthoredFileError,
    ConfigError,
    EarmarkError,
    MediaAwayError,
    NotFoundError,
    ReviewError,
    StoreError,
    UnknownNameError,
)

log = logging.getLogger("earmark.web")

_STATUS: tuple[tuple[type[EarmarkError], int], ...] = (
    (NotFoundError, 404),
    (UnknownNameError, 422),
    (ReviewError, 409),
    (ConfigError, 422),
    (AuthoredFileError, 422),
    (StoreError, 503),
    (MediaAwayError, 503),
)


def install(app: FastAPI) -> None:
    """Let an application answer failures so."""
    app.add_exception_handler(EarmarkError, _of_earmark)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(ClientDisconnect, _of_broken_off)
    app.add_middleware(Unexpected)


def status_of(error: EarmarkError) -> int:
    """Return the HTTP status that goes with an error."""
    if isinstance(error, RequestError):
        return error.status
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 400)


async def _of_earmark(request: Request, error: Exception) -> Response:
    assert isinstance(error, EarmarkError)
    if isinstance(error, SignInNeededError) and not is_api(request):
        return _to_sign_in(request)
    if isinstance(error, PasswordChangeNeededError) and not is_api(request):
        return _to(request, "/account")
    told = " ".join(error.lines()) if isinstance(error, AuthoredFileError) else str(error)
    if isinstance(error, StoreError):  # it names the database and where it lies: for who runs it
        log.warning("%s", error)
        told = "the database cannot be used just now, so nothing is shown or changed; its operator finds why in the log"
    answer = told_so(request, status_of(error), told)
    if isinstance(error, SignInNeededError):
        answer.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TooManyAttemptsError):
        answer.headers["Retry-After"] = str(60 * error.wait_minutes)
    return answer


async def _of_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    told = "there is no such page" if error.status_code == HTTPStatus.NOT_FOUND else str(error.detail)
    answer = told_so(request, error.status_code, told)
    for name, value in (error.headers or {}).items():
        answer.headers[name] = value
    return answer


async def _of_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    problems = [f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}" for each in error.errors()]
    return told_so(
        request, HTTPStatus.UNPROCESSABLE_ENTITY, "; ".join(problems), errors=[_writable(each) for each in problems]
    )


async def _of_broken_off(request: Request, _: Exception) -> Response:
    return told_so(request, HTTPStatus.REQUEST_TIMEOUT, "what was sent broke off, or came too slowly; send it again")


class Unexpected:
    """ASGI middleware that answers what nobody foresaw.

    It raises nothing again, as Starlette's own would: the server would log the text, which may hold words of a call.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:  # noqa: BLE001
            _log_unexpected(error)
            if scope["type"] == "http" and not begun:
                answer = told_so(Request(scope), 500, "something went wrong here; the server's log says where")
                await answer(scope, receive, send)


def _log_unexpected(error: Exception) -> None:
    """Log name and place only."""
    last = error.__traceback__
    while last and last.tb_next:
        last = last.tb_next
    where = f"{last.tb_frame.f_code.co_filename}:{last.tb_lineno}" if last else "unknown"
    log.error("unexpected %s at %s", type(error).__name__, where)


def told_so(request: Request, status: int, told: str, **more: Any) -> Response:
    """Return an answer that says what is wrong, in the form that the asker reads."""
    title = HTTPStatus(status).phrase
    told = _writable(told)
    if is_api(request):
        problem = {"type": "about:blank", "title": title, "status": status, "detail": told, **more}
        return JSONResponse(problem, status_code=status, media_type="application/problem+json")
    return site_of(request).page(request, "error.html", None, status=status, title=title, told=told)


def is_api(request: Request) -> bool:
    """Tell whether a program asks."""
    return request.url.path.startswith("/api/")


def _writable(told: str) -> str:
    """Return a text with what no encoding has (lone surrogates of JSON) made visible."""
    return told.encode("utf-8", "backslashreplace").decode()


def _to_sign_in(request: Request) -> Response:
    after = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return _to(request, f"/sign-in?after={quote(after)}" if request.method == "GET" else "/sign-in")


def _to(request: Request, address: str) -> Response:
    if request.headers.get("hx-request"):  # htmx would put that page into the middle of this one
        return Response(status_code=401, headers={"HX-Redirect": address.partition("?")[0]})
    return RedirectResponse(address, status_code=303)
