"""`earmark models`: the files that recognition, masking and sentiment rest on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli import show
from app.cli.options import ConfigOption, JsonOption, WorkspaceOption, read_settings
from pipeline.canonical import to_data
from pipeline.config import Settings
from pipeline.errors import UnknownNameError
from pipeline.privacy.name_model import list_models as list_name_models
from pipeline.sentiment.models import list_models as list_sentiment_models
from pipeline.transcribe.models import list_models as list_transcription_models
from pipeline.transcribe.models import resolve_whisper
from pipeline.weights import ModelStatus

app = typer.Typer(help="List and check model files, and tell where they lie.", no_args_is_help=True)


@app.command("list")
def list_(workspace: WorkspaceOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the model files with what they are for and whether they are the right ones."""
    _print(statuses(read_settings(workspace, config)), as_json=as_json)


@app.command("verify")
def verify(
    names: Annotated[list[str] | None, typer.Argument(help="Models to check.", show_default="all")] = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check the sha256 of model files. Exit code 1 where one is wrong or missing."""
    known = {status.name: status for status in statuses(read_settings(workspace, config))}
    for name in names or ():
        if name not in known:
            raise UnknownNameError("model", name, list(known))
    chosen = [known[name] for name in names] if names else list(known.values())
    _print(chosen, as_json=as_json)
    if any(not status.ok for status in chosen):
        raise typer.Exit(1)


@app.command("path")
def path(
    model: Annotated[str, typer.Argument(help="A Whisper size or a folder.", show_default="transcribe.model")] = "",
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
) -> None:
    """Print the folder of a Whisper model, put together or downloaded first where that is needed."""
    settings = read_settings(workspace, config)
    print(resolve_whisper(model or settings.transcribe.model, settings.models_dir).folder.resolve())


def statuses(settings: Settings) -> list[ModelStatus]:
    """Return the state of every model file, hashing them all."""
    heard = list_transcription_models(settings.models_dir)
    return [*heard, *list_sentiment_models(settings.models_dir), *list_name_models()]


def _print(chosen: list[ModelStatus], *, as_json: bool) -> None:
    if as_json:
        show.print_json([{**to_data(status), "ok": status.ok} for status in chosen])
        return
    rows = [(s.name, s.purpose, (s.found_sha256 or "–")[:12], s.problem or "ok", _size(s.path)) for s in chosen]
    columns = [("Model", "left"), ("What for", "left"), ("sha256", "left"), ("State", "left"), ("Size", "right")]
    show.table(columns, rows)


def _size(path: str | None) -> str:
    file = Path(path) if path else None
    return f"{file.stat().st_size / 1e6:.1f} MB" if file and file.is_file() else "–"
