"""A manifest.csv: one row of metadata per recording, named by the column ``file``."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.errors import did_you_mean
from pipeline.intake.defects import defect
from pipeline.intake.fields import clean, field_name
from pipeline.media.inside import OutsideError
from pipeline.media.opened import read_small
from pipeline.media.place import Place
from pipeline.records import Defect

MANIFEST_NAME = "manifest.csv"
FILE_COLUMN = "file"
MOST_BYTES, MOST_ROWS = 128 << 20, 1_000_000  # what is beyond belongs in several folders
_DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One row. ``values`` by field name, without the column ``file``; ``line`` is where the row ends, from 1."""

    line: int
    values: Mapping[str, str]
    defects: tuple[Defect, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """One manifest: its rows by the file they name, as written, or what makes all of it unusable."""

    path: Place
    rows: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    defects: tuple[Defect, ...] = ()


def read_manifest(path: Place, within: Place | None = None) -> Manifest:
    """Read a manifest: UTF-8 or marked UTF-16; commas, semicolons or tabs. Never raises for what is in the file.

    Args:
        path: The manifest.
        within: The folder in which it was found, which no link may leave; None: its own.

    Raises:
        MediaAwayError: Its server cannot be asked.
    """
    try:
        data = read_small(path, MOST_BYTES, within=within)
        table, lines = read_table(data, wanted=lambda name: field_name(name) == FILE_COLUMN)
        header = [field_name(name) for name in table[0]] if table else []
        _check_header(header)
    except OutsideError as error:
        return _unusable(path, str(error))
    except OSError:
        return _unusable(path, "cannot be opened")
    except (ValueError, csv.Error) as error:
        return _unusable(path, str(error))
    rows: dict[str, list[Row]] = defaultdict(list)
    for cells, line in zip(table[1:], lines[1:], strict=True):
        values = {name: clean(cell) for name, cell in zip(header, cells, strict=False) if name}
        name = values.pop(FILE_COLUMN, "")
        if not name:
            continue
        surplus = any(cell.strip() for cell in cells[len(header) :])
        defects = (
            (defect("manifest_row_invalid", f"line {line} of manifest.csv has too many values"),) if surplus else ()
        )
        key = file_key(cells[header.index(FILE_COLUMN)].strip())
        rows[key].append(Row(line=line, values=values, defects=defects))
    return Manifest(path=path, rows=dict(rows))


def file_key(name: str) -> str:
    """Return a relative path in the form in which names are compared: forward slashes, composed (NFC), no ``./``."""
    return unicodedata.normalize("NFC", name.replace("\\", "/")).removeprefix("./")


def read_table(data: bytes, *, wanted: Callable[[str], bool]) -> tuple[list[list[str]], list[int]]:
    """Return the rows that are not blank and the line on which each ends.

    Args:
        data: CSV in UTF-8 or marked UTF-16.
        wanted: Tells the column that a header has to have; by it the delimiter is known.

    Raises:
        ValueError: With the rest of a sentence about the file.
    """
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8") from None
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text, wanted), strict=True)
    table: list[list[str]] = []
    lines: list[int] = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                table.append(cells)
                lines.append(reader.line_num)
            if len(table) > MOST_ROWS:
                raise ValueError(f"has more than {MOST_ROWS:,} rows")
    except csv.Error:
        raise ValueError(f"breaks off at line {reader.line_num}; look for a stray double quote") from None
    return table, lines


def _delimiter(text: str, wanted: Callable[[str], bool]) -> str:
    """Return the character that splits the header such that a wanted column appears; a comma where none does."""
    header = next((line for line in text.splitlines() if line.strip()), "")
    for delimiter in _DELIMITERS:
        if any(wanted(name.strip('" ')) for name in header.split(delimiter)):
            return delimiter
    return ","


def _check_header(header: Sequence[str]) -> None:
    named = [name for name in header if name]
    if FILE_COLUMN not in named:
        raise ValueError(f"has no column `file`{did_you_mean(FILE_COLUMN, named)}")
    doubled = sorted(name for name, count in Counter(named).items() if count > 1)
    if doubled:
        raise ValueError(f"has a column twice: {', '.join(doubled)}")


def _unusable(path: Place, what: str) -> Manifest:
    return Manifest(path=path, defects=(defect("manifest_invalid", f"manifest.csv {what}"),))
