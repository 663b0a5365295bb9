"""Options that many commands share, and the settings that they lead to."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.at_rest.in_use import use_keys
from pipeline.config import CONFIG_VARIABLE, ENVIRONMENT_PREFIX, Settings
from pipeline.errors import StoreError
from pipeline.load_settings import load_settings

if TYPE_CHECKING:
    from pipeline.store.database import Store

SETTINGS_FILE = "earmark.toml"
WORKSPACE_VARIABLE = f"{ENVIRONMENT_PREFIX}WORKSPACE"

WorkspaceOption = Annotated[
    Path | None,
    typer.Option("--workspace", "-w", help="Folder for database and reports.", show_default="./earmark-data"),
]
ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="Settings file.", show_default=f"{SETTINGS_FILE} in the workspace or here"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
LogFormatOption = Annotated[
    str | None,
    typer.Option("--log-format", help="text, or json: one object a line on stderr.", show_default="run.log_format"),
]
RubricOption = Annotated[
    str | None, typer.Option("--rubric", "-r", help="Rubric id, id@version or file.", show_default="by queue")
]
EngineOption = Annotated[
    str | None,
    typer.Option("--engine", "-e", help="faster-whisper, openai-whisper or scripted.", show_default="faster-whisper"),
]
ModelOption = Annotated[
    str | None, typer.Option("--model", "-m", help="Whisper size, or path to a model.", show_default="base")
]
AgentOption = Annotated[str | None, typer.Option("--agent", "-a", help="Only this agent.")]
TeamOption = Annotated[str | None, typer.Option("--team", "-t", help="Only this team.")]
QueueOption = Annotated[str | None, typer.Option("--queue", help="Only calls of this queue.", show_default=False)]


def settings_file(workspace: Path | None, config: Path | None) -> Path | None:
    """Return the settings file: the one given, or the workspace's, or the current folder's, or None.

    The workspace is the option's, else that of the environment, else the default one. None also stands for the file
    that ``EARMARK_CONFIG`` names: `load_settings` finds that by itself.
    """
    if config is not None or os.environ.get(CONFIG_VARIABLE):
        return config
    base = workspace or Path(os.environ.get(WORKSPACE_VARIABLE) or Settings().workspace)
    return next((file for file in (base / SETTINGS_FILE, Path(SETTINGS_FILE)) if file.is_file()), None)


def read_settings(workspace: Path | None, config: Path | None, **flags: Any) -> Settings:
    """Read settings for a command, and let this process use their keys at rest.

    Args:
        workspace: From the command line, or None for the default.
        config: Settings file from the command line, or None to look for one.
        flags: Values by key, with ``__`` for the dot, such as ``transcribe__engine="scripted"``; None is left out.
    """
    dotted = {name.replace("__", "."): value for name, value in flags.items()}
    settings = load_settings(file=settings_file(workspace, config), flags={"workspace": workspace, **dotted})
    use_keys(settings.at_rest_keys)
    return settings


def has_database(settings: Settings) -> bool:
    """Tell whether there is something to read: a server is taken to have a database, SQLite has a file."""
    return settings.database_url is not None or (settings.workspace / "earmark.db").exists()


def open_existing(settings: Settings) -> Store:
    """Open the workspace's database for reading; says what to do where nothing has been run yet.

    Raises:
        StoreError: There is no database yet, or it cannot be reached.
    """
    if not has_database(settings):
        raise StoreError(f"nothing has been run in workspace {settings.workspace} yet; start with: earmark run PATH")
    from pipeline.store.database import open_store  # noqa: PLC0415 - a second of imports that few commands need

    return open_store(settings.store_url)
