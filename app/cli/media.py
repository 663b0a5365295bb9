"""`earmark media`: recordings sealed where they lie, and as they were again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from app.cli import show
from app.cli.options import ConfigOption, JsonOption, WorkspaceOption, read_settings
from app.sealed_files import FileOutcome, empty_sound_cache, files_of_workspace, seal_files, unseal_files
from pipeline.at_rest.keys import KeyRing
from pipeline.config import Settings
from pipeline.errors import ConfigError
from pipeline.intake.discover import find_recordings

app = typer.Typer(help="Seal recordings at rest, and open them again.", no_args_is_help=True)

PathsArgument = Annotated[
    list[Path] | None,
    typer.Argument(help="Recordings, or folders of them.", show_default="uploads and transcripts of the workspace"),
]


@app.command("seal")
def seal(
    paths: PathsArgument = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Seal recordings where they lie, by the first key; their names stay, and so do their calls.

    What is still being written stays as it is. Exit code 1 if one cannot be sealed.
    """
    settings = read_settings(workspace, config)
    ring = needed_keys(settings)
    if not paths:
        empty_sound_cache(settings)
    settle_s = settings.intake.settle_s if paths else 0.0
    tell(seal_files(_files(paths, settings), ring, settle_s=settle_s), as_json=as_json)


@app.command("unseal")
def unseal(
    paths: PathsArgument = None,
    workspace: WorkspaceOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write sealed recordings as they were before. Exit code 1 if one cannot be opened."""
    settings = read_settings(workspace, config)
    if not paths:
        empty_sound_cache(settings)
    tell(unseal_files(_files(paths, settings), settings.at_rest_keys), as_json=as_json)


def needed_keys(settings: Settings) -> KeyRing:
    """Return the keys at hand.

    Raises:
        ConfigError: There are none.
    """
    if settings.at_rest_keys is None:
        raise ConfigError("there is no key: make one with `earmark keys make`, and give it in EARMARK_AT_REST_KEY")
    return settings.at_rest_keys


def tell(outcomes: Iterable[FileOutcome], *, as_json: bool = False) -> None:
    """Say what became of files: problems as they come, a line at the end.

    Raises:
        typer.Exit: With 1, where something went wrong.
    """
    found: list[FileOutcome] = []
    for outcome in outcomes:
        found.append(outcome)
        if outcome.problem and not as_json:
            show.remark(f"{outcome.file}: {outcome.problem}")
    became = Counter(outcome.became for outcome in found)
    if as_json:
        told = [{"file": str(each.file), "became": each.became, "problem": each.problem} for each in found]
        show.print_json(told)
    else:
        counted = ", ".join(f"{count:,} {_WORDS[name]}" for name, count in sorted(became.items()))
        show.say(f"Files: {counted or 'none'}.")
    if became["problem"]:
        raise typer.Exit(1)


_WORDS = {"sealed": "sealed", "opened": "opened", "same": "as wanted already", "problem": "with problems"}


def _files(paths: list[Path] | None, settings: Settings) -> list[Path]:
    if not paths:
        return files_of_workspace(settings)
    return [place for place in find_recordings(paths, settings.intake) if isinstance(place, Path)]
