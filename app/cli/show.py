"""How results look on a terminal: tables, times, shares. Results go to stdout, progress and remarks to stderr."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipeline.clock import clock

# A pipe or a file has no width: lines must not be cut there.
_WIDE = None if sys.stdout and sys.stdout.isatty() else 160


class _Remarks(Console):
    """Stderr: when its reader has left, the work goes on without remarks."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


out = Console(width=_WIDE, highlight=False, soft_wrap=False, emoji=False)
err = _Remarks(stderr=True, highlight=False, emoji=False)

# Unicode's category Cc without tab and newline: what a terminal obeys instead of showing it.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

SEVERITY_STYLE = {"critical": "bold red", "major": "yellow", "minor": "dim"}


def print_json(data: Any) -> None:
    """Print JSON data to stdout, readable and with stable order of keys."""
    sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def plain(content: str) -> str:
    """Return text from a file or a call without the characters that steer a terminal; tab and newline stay."""
    return _CONTROLS.sub("", content).encode("utf-8", "replace").decode("utf-8")  # half of a pair is no character


def text(content: str, style: str = "") -> Text:
    """Return text that is shown as it is: never markup, and nothing in it steers the terminal."""
    return Text(plain(content), style=style)


def remark(content: str) -> None:
    """Print a line to stderr, as it is."""
    err.print(plain(content), markup=False, soft_wrap=True)


def say(content: str) -> None:
    """Print a line to stdout, as it is, never broken."""
    out.print(plain(content), markup=False, soft_wrap=True)


def table(columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[str | Text]], *, title: str = "") -> None:
    """Print a table to stdout.

    Args:
        columns: (heading, "left" or "right") of each.
        rows: Cells; strings are shown as `text` shows them.
        title: Line above the table.
    """
    shown = Table(box=box.SIMPLE_HEAD, title=title or None, title_justify="left", title_style="bold", pad_edge=False)
    for heading, side in columns:
        shown.add_column(heading, justify="right" if side == "right" else "left", overflow="fold")
    for row in rows:
        shown.add_row(*(cell if isinstance(cell, Text) else text(cell) for cell in row))
    out.print(shown)


def percent(share: float | None) -> str:
    """Return a share 0..1 as a percentage; a dash where it is unknown."""
    return "–" if share is None else f"{100 * share:.0f} %"


def minutes(milliseconds: int | None) -> str:
    """Return a length or a time in a call as ``m:ss``, whole seconds passed; a dash where it is unknown."""
    return "–" if milliseconds is None else clock(milliseconds)


def instant(moment: datetime | None) -> str:
    """Return an instant in UTC to the minute; a dash where it is unknown."""
    return "–" if moment is None else f"{moment:%Y-%m-%d %H:%M}"


def known(content: str | None) -> str:
    """Return the text, or a dash where it is unknown."""
    return content or "–"


def styled(content: str, severity: str) -> Text:
    """Return text in the colour of a severity; the word itself says it too."""
    return text(content, SEVERITY_STYLE.get(severity, ""))
