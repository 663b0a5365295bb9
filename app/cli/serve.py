"""`earmark serve`: the console and its API on a workspace."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli import show
from app.cli.options import ConfigOption, WorkspaceOption, read_settings
from pipeline.config import Settings
from pipeline.errors import ConfigError, ServerError

_HERE = ("127.0.0.1", "::1", "localhost")


def serve(
    host: Annotated[
        str | None, typer.Option("--host", help="Address to listen on.", show_default="console.host")
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", "-p", help="Port to listen on.", show_default="console.port")
    ] = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
) -> None:
    """Serve the console in a browser until Ctrl-C: review queue, calls, compliance, scorecards, and the JSON API."""
    settings = read_settings(workspace, config, console__host=host, console__port=port)
    _require_address(settings)
    import uvicorn  # noqa: PLC0415 - a second of imports that few commands need

    from app.web.application import create_app  # noqa: PLC0415
    from pipeline.store.database import open_store  # noqa: PLC0415
    from pipeline.store.people import list_users  # noqa: PLC0415

    settings.workspace.mkdir(parents=True, exist_ok=True)
    store = open_store(settings.store_url)
    console = settings.console
    address = console.public_url or f"http://{console.host}:{console.port}"
    with store.read() as connection:
        nobody = not list_users(connection)
    show.say(f"Earmark's console: {address} (Ctrl-C ends it)")
    if nobody:
        show.remark("nobody can sign in yet; in another terminal: earmark users add NAME --role admin")
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(settings, store),
            host=console.host,
            port=console.port,
            log_level="warning",
            access_log=False,  # addresses hold what people search for
            server_header=False,
            proxy_headers=console.public_url is not None,
            timeout_graceful_shutdown=5,
        )
    )
    try:
        server.run()
    except SystemExit:  # uvicorn's word for an address that is taken
        raise ServerError(f"{console.host}:{console.port} is in use; choose another with --port") from None
    finally:
        store.close()


def _require_address(settings: Settings) -> None:
    console = settings.console
    if console.host not in _HERE and console.public_url is None:
        raise ConfigError(
            f"console.host {console.host} can be reached from other machines: set console.public_url to the https "
            "address under which browsers reach it (docs/console.md)"
        )
