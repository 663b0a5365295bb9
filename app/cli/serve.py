"""`earmark serve`: the console and its API on a workspace."""

from __future__ import annotations

import errno
import signal
import socket
from contextlib import closing
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from app.cli import show
from app.cli.options import ConfigOption, LogFormatOption, WorkspaceOption, has_database, read_settings
from flows.logs import write_logs
from pipeline.config import ConsoleSettings, Settings
from pipeline.errors import ConfigError, ServerError

if TYPE_CHECKING:
    from fastapi import FastAPI

_HERE = ("127.0.0.1", "::1", "localhost")
_MOST_AT_ONCE = 400  # connections: more are told to come again


def serve(
    host: Annotated[
        str | None, typer.Option("--host", help="Address to listen on.", show_default="console.host")
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", "-p", help="Port to listen on.", show_default="console.port")
    ] = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    log_format: LogFormatOption = None,
) -> None:
    """Serve the console in a browser until Ctrl-C: review queue, calls, compliance, scorecards, and the JSON API."""
    settings = read_settings(workspace, config, console__host=host, console__port=port, run__log_format=log_format)
    console = settings.console
    write_logs(settings.run.log_format)
    _require_address(console)
    from app.web.application import create_app  # noqa: PLC0415 - a second of imports that few commands need
    from pipeline.store.database import open_store  # noqa: PLC0415
    from pipeline.store.people import list_users  # noqa: PLC0415

    with closing(_listening(console)) as listening:  # before all else: who cannot listen need not begin
        if not has_database(settings):
            show.remark(
                f"nothing has been run in workspace {settings.workspace} yet: earmark run PATH, or upload calls"
            )
        settings.workspace.mkdir(parents=True, exist_ok=True)
        with closing(open_store(settings.store_url)) as store:
            with store.read() as connection:
                nobody = not list_users(connection)
            show.say(f"Earmark's console: {console.address} (Ctrl-C ends it)")
            if nobody:
                show.remark("nobody can sign in yet; in another terminal: earmark users add NAME --role admin")
            if (console.public_url or "").startswith("http://") and console.host not in _HERE:
                show.remark("console.public_url is http: passwords travel readable; put a proxy with https before it")
            _serve_until_stopped(create_app(settings, store), settings, listening)
    show.remark("earmark: the console has ended")


def _serve_until_stopped(app: FastAPI, settings: Settings, listening: socket.socket) -> None:
    import uvicorn  # noqa: PLC0415

    from app.web.patience import ImpatientProtocol  # noqa: PLC0415

    console = settings.console
    theirs = None if settings.run.log_format == "json" else uvicorn.config.LOGGING_CONFIG
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            http=ImpatientProtocol,
            ws="none",
            log_config=theirs,
            log_level="warning",
            access_log=False,  # addresses hold what people search for
            server_header=False,
            proxy_headers=console.public_url is not None,
            forwarded_allow_ips=list(console.trusted_proxies),
            limit_concurrency=_MOST_AT_ONCE,
            h11_max_incomplete_event_size=32_000,
            timeout_graceful_shutdown=3,
        )
    )
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        # uvicorn raises the signal that ended it once more, for whoever runs it: to be stopped is how this one ends
        for each in before:
            signal.signal(each, signal.SIG_IGN)
        server.run(sockets=[listening])
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _listening(console: ConsoleSettings) -> socket.socket:
    """Return a socket that listens.

    Raises:
        ServerError: The address is taken, not allowed, or none of this machine's.
    """
    where = f"{console.host}:{console.port}"
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            console.host, console.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        made = socket.socket(family, kind)
    except OSError as error:
        raise ServerError(f"console.host {console.host} is no address of this machine ({error.strerror})") from None
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen(1024)
    except OSError as error:
        made.close()
        if error.errno == errno.EADDRINUSE:
            raise ServerError(f"{where} is in use; choose another with --port") from None
        if error.errno == errno.EACCES:
            raise ServerError(f"{where} is not for ordinary users; choose a port from 1024 with --port") from None
        raise ServerError(f"cannot listen on {where} ({error.strerror}); is console.host this machine's?") from None
    return made


def _require_address(console: ConsoleSettings) -> None:
    if console.host not in _HERE and console.public_url is None:
        raise ConfigError(
            f"console.host {console.host} can be reached from other machines: set console.public_url to the https "
            "address under which browsers reach it (docs/console.md)"
        )
    if console.public_url is not None:
        parts = urlsplit(console.public_url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ConfigError(
                f"console.public_url {console.public_url}: write scheme and host only, such as "
                "https://earmark.example.org; the console cannot live below a path"
            )
