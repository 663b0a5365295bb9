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
from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
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

# Unicode's category Cc without tab and newline: what a terminal obeys instead of showing it. The others show the rest
# of a line backwards: a name that ends in gnp.wav as vaw.png.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

_BETWEEN = 3  # columns of a table
_LONGEST_WORD = 24
_SENTENCE = 32

SEVERITY_STYLE = {"critical": "bold red", "major": "yellow", "minor": "dim"}


def print_json(data: Any) -> None:
    """Print JSON data to stdout, readable and with stable order of keys."""
    sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def plain(content: str) -> str:
    """Return text from a file or a call without the characters that steer a terminal; tab and newline stay."""
    return _CONTROLS.sub("", content).encode("utf-8", "replace").decode("utf-8")  # half of a pair is no character


def one_line(content: str) -> str:
    """Return a name on one line: a file's may hold line breaks, which would look like lines of the program's own."""
    return " ".join(plain(content).split())


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
    headings = [heading for heading, _ in columns]
    cells = [[cell if isinstance(cell, Text) else text(cell) for cell in row] for row in rows]
    widths = _widths(headings, cells, out.width - _BETWEEN * (len(columns) - 1) - 2)
    if widths is None:
        _print_apart(columns, cells, title)
        return
    shown = Table(box=box.SIMPLE_HEAD, title=title or None, title_justify="left", title_style="bold", pad_edge=False)
    for (heading, side), width in zip(columns, widths, strict=True):
        shown.add_column(heading, justify="right" if side == "right" else "left", overflow="fold", width=width)
    for row in cells:
        shown.add_row(*row)
    out.print(shown)


def _widths(headings: Sequence[str], rows: Sequence[Sequence[Text]], available: int) -> list[int] | None:
    """Return a width for each column in which no word is cut in two, or None where they do not fit side by side."""
    contents = [[heading, *(row[n].plain for row in rows)] for n, heading in enumerate(headings)]
    widths = [max(cell_len(line) for content in column for line in content.split("\n")) for column in contents]
    least = [min(width, _least(column)) for column, width in zip(contents, widths, strict=True)]
    if sum(least) > available:
        return None
    while sum(widths) > available:  # the widest gives way first
        widest = max((n for n in range(len(widths)) if widths[n] > least[n]), key=lambda n: widths[n])
        widths[widest] -= 1
    return widths


def _least(column: Sequence[str]) -> int:
    """Return the width that a column needs: that of its longest word, and of sentences enough to read them."""
    longest = max(min(cell_len(word), _LONGEST_WORD) for content in column for word in content.split() or [""])
    return max(longest, _SENTENCE if any(len(content) > _SENTENCE for content in column[1:]) else 0)


def _print_apart(columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Text]], title: str) -> None:
    """Print what is too wide for a table row by row: short cells on one line, sentences below it."""
    if title:
        out.print(text(title, "bold"))
    for row in rows:
        named = list(zip(columns, row, strict=True))
        short = [
            Text.assemble(f"{heading} ", cell) if side == "right" else cell
            for (heading, side), cell in named
            if cell.plain and len(cell.plain) <= _SENTENCE
        ]
        out.print(Text(" · ").join(short))
        for (heading, _), cell in named:
            if len(cell.plain) > _SENTENCE:
                out.print(Padding(Text.assemble((f"{heading}: ", "dim"), cell), (0, 0, 0, 4)))
    out.print()


def percent(share: float | None) -> str:
    """Return a share 0..1 as a percentage; a dash where it is unknown."""
    return "–" if share is None else f"{100 * share:.0f} %"


def minutes(milliseconds: int | None) -> str:
    """Return a length or a time in a call as ``m:ss``, whole seconds passed; a dash where it is unknown."""
    return "–" if milliseconds is None else clock(milliseconds)


def instant(moment: datetime | None) -> str:
    """Return an instant in UTC to the minute, for columns whose heading says so; a dash where it is unknown."""
    return "–" if moment is None else f"{moment:%Y-%m-%d %H:%M}"


def moment(instant_in_utc: datetime | None) -> str:
    """Return an instant with its zone, for sentences and cells that have no heading of their own."""
    return "–" if instant_in_utc is None else f"{instant(instant_in_utc)} UTC"


def known(content: str | None) -> str:
    """Return the text, or a dash where it is unknown."""
    return content or "–"


def styled(content: str, severity: str) -> Text:
    """Return text in the colour of a severity; the word itself says it too."""
    return text(content, SEVERITY_STYLE.get(severity, ""))
