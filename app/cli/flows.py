"""`earmark flows`: put the schedule up."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli.options import ConfigOption, WorkspaceOption, read_settings, settings_file
from app.cli.progress import plain_lines
from app.cli.show import remark
from flows.schedule import serve_schedule

app = typer.Typer(help="Run Earmark on a schedule.", no_args_is_help=True)


@app.command("serve")
def serve(
    paths: Annotated[list[Path], typer.Argument(help="Recordings, or folders of them.", show_default=False)],
    every_minutes: Annotated[int, typer.Option("--every-minutes", min=1, help="Minutes between runs.")] = 15,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
) -> None:
    """Score new recordings under PATHS again and again, until stopped. One run at a time."""
    settings = read_settings(workspace, config)
    config_file = settings_file(workspace, config)
    remark(f"scoring new recordings now and every {every_minutes} min; Ctrl-C stops")
    serve_schedule(settings, config_file, paths, every_minutes=every_minutes, report=plain_lines())
