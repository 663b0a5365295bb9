"""`earmark flows`: put the schedule up."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from app.cli.options import ConfigOption, WorkspaceOption, read_settings, settings_file
from app.cli.progress import plain_lines
from app.cli.show import remark
from flows.schedule import serve_schedule

app = typer.Typer(help="Run Earmark on a schedule.", no_args_is_help=True)


@app.command("serve")
def serve(
    paths: Annotated[
        list[str], typer.Argument(help="Recordings, or folders of them, or addresses (s3://…).", show_default=False)
    ],
    every_minutes: Annotated[int, typer.Option("--every-minutes", min=1, help="Minutes between runs.")] = 15,
    watch_seconds: Annotated[
        int | None,
        typer.Option(
            "--watch-seconds",
            min=1,
            help="Look for new recordings so often, in place of whole runs; those still being written wait.",
            show_default=False,
        ),
    ] = None,
    digests_at: Annotated[
        datetime | None,
        typer.Option("--digests-at", formats=["%H:%M"], help="Send digests each day at this time.", show_default=False),
    ] = None,
    reasons_at: Annotated[
        datetime | None,
        typer.Option(
            "--reasons-at", formats=["%H:%M"], help="Give new calls their contact reason each day.", show_default=False
        ),
    ] = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
) -> None:
    """Score new recordings under PATHS again and again, until stopped. One run at a time."""
    settings = read_settings(workspace, config)
    config_file = settings_file(workspace, config)
    if digests_at is not None:
        from flows.digests import require_somewhere  # noqa: PLC0415 - imports pandas

        require_somewhere(settings)
    daily = {"digests": digests_at, "contact reasons": reasons_at}
    then = "".join(f"; {what} at {at:%H:%M} ({settings.scorecards.timezone})" for what, at in daily.items() if at)
    often = f"every {every_minutes} min" if watch_seconds is None else f"looking for more every {watch_seconds} s"
    remark(f"scoring new recordings now and {often}{then}; Ctrl-C stops")
    serve_schedule(
        settings,
        config_file,
        paths,
        every_minutes=every_minutes,
        watch_seconds=watch_seconds,
        report=plain_lines(),
        digests_at=digests_at.time() if digests_at else None,
        reasons_at=reasons_at.time() if reasons_at else None,
    )
