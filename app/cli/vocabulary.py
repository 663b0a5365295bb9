"""`earmark vocabulary`: the names that the recogniser should know."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli.checks import print_check, require_path
from app.cli.options import ConfigOption, JsonOption, WorkspaceOption, read_settings
from pipeline.errors import AuthoredFileError, ConfigError, Problem
from pipeline.transcribe.vocabulary import load_vocabulary

app = typer.Typer(help="Check the names that the recogniser should know.", no_args_is_help=True)


@app.callback()
def _vocabulary() -> None:
    """Keep `check` a command of its own: typer would make a lone command the whole noun."""


@app.command("check")
def check(
    path: Annotated[
        Path | None, typer.Argument(help="Vocabulary file.", show_default="the one that settings name")
    ] = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check a vocabulary whole: every problem with file and line. Exit code 1 where there is one."""
    chosen = path or read_settings(workspace, config).transcribe.vocabulary
    if chosen is None:
        raise ConfigError("no vocabulary to check: name a file, or set transcribe.vocabulary")
    require_path(chosen)
    count, problems = 0, list[Problem]()
    try:
        count = sum(len(each.terms) for each in load_vocabulary(chosen).lists)
    except AuthoredFileError as error:
        problems = error.located()
    print_check("term(s)", count, problems, as_json=as_json)
