"""How results look on a terminal: tables, times, shares. Results go to stdout, progress and remarks to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

# A pipe or a file has no width: lines must not be cut there.
_WIDE = None if sys.stdout.isatty() else 160

out = Console(width=_WIDE, highlight=False, soft_wrap=False)
err = Console(stderr=True, highlight=False)

SEVERITY_STYLE = {"critical": "bold red", "major": "yellow", "minor": "dim"}


def print_json(data: Any) -> None:
    """Print JSON data to stdout, readable and with stable order of keys."""
    sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def table(columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[str | Text]], *, title: str = "") -> None:
    """Print a table to stdout.

    Args:
        columns: (heading, "left" or "right") of each.
        rows: Cells; plain strings are shown as they are, never read as markup.
        title: Line above the table.
    """
    shown = Table(box=box.SIMPLE_HEAD, title=title or None, title_justify="left", title_style="bold", pad_edge=False)
    for heading, side in columns:
        shown.add_column(heading, justify="right" if side == "right" else "left", overflow="fold")
    for row in rows:
        shown.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in row))
    out.print(shown)


def percent(share: float | None) -> str:
    """Return a share 0..1 as a percentage; a dash where it is unknown."""
    return "–" if share is None else f"{100 * share:.0f} %"


def minutes(milliseconds: int | None) -> str:
    """Return a length or a time in a call as ``m:ss``, whole seconds passed; a dash where it is unknown."""
    if milliseconds is None:
        return "–"
    seconds = milliseconds // 1000
    return f"{seconds // 60}:{seconds % 60:02d}"


def instant(moment: datetime | None) -> str:
    """Return an instant in UTC to the minute; a dash where it is unknown."""
    return "–" if moment is None else f"{moment:%Y-%m-%d %H:%M}"


def known(text: str | None) -> str:
    """Return the text, or a dash where it is unknown."""
    return text or "–"


def styled(text: str, severity: str) -> Text:
    """Return text in the colour of a severity; the word itself says it too."""
    return Text(text, style=SEVERITY_STYLE.get(severity, ""))
