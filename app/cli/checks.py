"""What `check` commands print: every problem with file and line, and exit code 1 where there is one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from app.cli import show
from pipeline.errors import AuthoredFileError, ConfigError, Problem


def require_path(path: Path) -> None:
    """Refuse a path that is not there.

    Raises:
        ConfigError: There is no such file or folder.
    """
    if not path.exists():
        raise ConfigError(f"{path}: no such file or folder")


def print_check(
    what: str, checked: int, problems: Sequence[Problem], *, as_json: bool, notes: Sequence[str] = ()
) -> None:
    """Print what was found wrong.

    Args:
        what: What was checked, such as ``rubric(s)``.
        checked: How many.
        problems: Each with its file.
        as_json: Print JSON instead of lines.
        notes: What may be meant so and is no problem.

    Raises:
        typer.Exit: With code 1, where there are problems.
    """
    if as_json:
        found = [
            {"file": p.file, "line": p.line, "code": p.code, "where": p.where, "message": p.message} for p in problems
        ]
        show.print_json({"checked": checked, "problems": found, **({"notes": list(notes)} if notes else {})})
    else:
        for line in AuthoredFileError("", problems).lines():
            show.say(line)
        for note in notes:
            show.say(f"note: {note}")
        said = f"{len({p.file for p in problems})} with problems" if problems else "no problems"
        show.say(f"{checked} {what} checked: {said}")
    if problems:
        raise typer.Exit(1)
