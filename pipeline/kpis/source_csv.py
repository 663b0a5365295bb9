"""Read a CSV file as text, whole, with the line on which each row begins. Nothing in it is ever run."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import AuthoredFileError, Problem
from pipeline.kpis.columns import folded

if TYPE_CHECKING:
    from collections.abc import Collection

    import pandas as pd

DELIMITERS = (",", ";", "\t", "|")
_LINE_OF_FAULT = re.compile(r"(line|row) (\d+)")


@dataclass(frozen=True)
class RawTable:
    """A table of text.

    Attributes:
        header: Headings.
        cells: One column per heading, named by its place, all text; what a row lacks at its end is empty.
        lines: The line of each row, from 1; where there are no lines, the row's number.
        delimiter: What stands between cells; None for a database.
    """

    header: tuple[str, ...]
    cells: pd.DataFrame
    lines: pd.Series[int]
    delimiter: str | None = None


def read_csv(path: Path, *, encoding: str, expected: Collection[str]) -> RawTable:
    """Read a CSV file: commas, semicolons, tabs or bars, with or without a mark of its encoding.

    Args:
        path: The file.
        encoding: Of a file without a mark.
        expected: Headings to look for: they tell the delimiter.

    Raises:
        AuthoredFileError: It is empty, of another encoding, or no table. Nothing of its text is told.
        OSError: It cannot be read.
    """
    import pandas as pd  # noqa: PLC0415 - half a second

    text = _decoded(path, encoding)
    delimiter = _delimiter(text, expected)
    try:
        frame = pd.read_csv(
            io.StringIO(text),
            sep=delimiter,
            header=None,
            dtype=str,
            keep_default_na=False,
            na_filter=True,
            na_values=[],
            skip_blank_lines=False,
            low_memory=False,
        )
    except pd.errors.EmptyDataError:
        raise _unusable(path, "the file is empty") from None
    except (pd.errors.ParserError, ValueError) as error:
        found = _LINE_OF_FAULT.search(str(error))  # the rest may quote a cell
        line = int(found[2]) + (found[1] == "row") if found else None  # lines count from 1, rows from 0
        what = "a row has more cells than the header, or a quote is not closed; look for a stray delimiter or quote"
        raise _unusable(path, what, line=line) from None
    frame = frame.astype(object)
    lines = _lines(frame, text)
    blank = (frame.isna() | (frame == "")).all(axis=1)
    frame, lines = frame[~blank], lines[~blank]
    if frame.empty:
        raise _unusable(path, "the file is empty")
    header = tuple(str(value).strip() for value in frame.iloc[0].fillna(""))
    cells = frame.iloc[1:].reset_index(drop=True)
    return RawTable(header, cells, lines.iloc[1:].reset_index(drop=True), delimiter)


def _decoded(path: Path, encoding: str) -> str:
    data = path.read_bytes()
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    elif data[:3] == b"\xef\xbb\xbf":
        encoding = "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        hint = "set kpis.encoding to the export's (Excel on Windows writes cp1252), or export as UTF-8"
        raise _unusable(path, f"this is not {encoding} text; {hint}", line=line) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise _unusable(path, "there is a NUL character, which no CSV file has; export it again", line=line)
    return text


def _delimiter(text: str, expected: Collection[str]) -> str:
    """Return what splits the first line into the most headings that are looked for; else what it has most of."""
    first = next((line for line in text[:100_000].splitlines() if line.strip()), "")
    wanted = {folded(name) for name in expected}

    def known(delimiter: str) -> tuple[int, int]:
        return len(wanted & {folded(cell.strip(' "')) for cell in first.split(delimiter)}), first.count(delimiter)

    return max(DELIMITERS, key=known)


def _lines(frame: pd.DataFrame, text: str) -> pd.Series[int]:
    """Return the line on which each row begins: cells in quotes may hold line breaks."""
    import pandas as pd  # noqa: PLC0415

    numbers = pd.Series(range(1, len(frame) + 1), index=frame.index)
    if '"' not in text or text.count("\n") <= len(frame):
        return numbers
    within = sum((frame[column].str.count("\n").fillna(0) for column in frame), start=pd.Series(0, index=frame.index))
    return numbers + within.cumsum().shift(fill_value=0).astype(int)


def _unusable(path: Path, what: str, *, line: int | None = None) -> AuthoredFileError:
    return AuthoredFileError(str(path), [Problem(code="csv", message=what, line=line)])
