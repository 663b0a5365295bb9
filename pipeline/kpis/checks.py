"""Check an export whole: every row is as it should be, or nothing of it is imported. No problem repeats a cell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from pipeline.config import KpiSettings
from pipeline.errors import AuthoredFileError, Problem
from pipeline.kpis import values
from pipeline.kpis.columns import EXPORTS, Columns, Field, Kind, find_columns, kinds_that_fit
from pipeline.kpis.row_faults import DECIMAL_COMMA, day_fault, implausible_days, time_fault
from pipeline.kpis.source_csv import RawTable
from pipeline.kpis.words import counted
from pipeline.records.direction import DIRECTIONS

MOST_TOLD = 50
"""So many bad rows are told in full."""
_JOIN = "\x1f"


@dataclass(frozen=True)
class Checked:
    """An export that may be imported.

    Attributes:
        rows: One line per row, columns as the fields are called, and ``key``; unknown values are missing.
        columns: Which columns were found.
        repeated: Rows that stood there again, word for word, and count once.
    """

    kind: Kind
    rows: pd.DataFrame
    columns: Columns
    repeated: int


def check_table(
    table: RawTable, kind: Kind, settings: KpiSettings, *, zone: str | None, now: datetime, source: str
) -> Checked:
    """Return what an export holds.

    Args:
        table: Its text.
        kind: What it is of.
        settings: Names of columns, formats.
        zone: IANA zone of times that name none; None where it is not known.
        now: The present moment.
        source: How problems name the export.

    Raises:
        AuthoredFileError: Columns are missing, or rows cannot be read; each is told with its line and the reason.
    """
    is_file = table.delimiter is not None
    columns, problems = find_columns(table.header, kind, settings, line=1 if is_file else None)
    if problems:
        hints = [f"--kind {other}" for other in kinds_that_fit(table.header, settings)]
        if hints:
            message = f"these are not the columns of {kind}, but they fit another kind; give {' or '.join(hints)}"
            problems = [Problem(code="columns", message=message, line=1 if is_file else None), *problems]
    elif table.cells.empty:
        problems = [Problem(code="row", message="there is no row below the header", line=1 if is_file else None)]
    if problems:
        raise AuthoredFileError(source, problems)
    faults: list[pd.DataFrame] = []
    rows = pd.DataFrame(index=table.cells.index)
    for field in EXPORTS[kind].fields:
        if field.name in columns.by_field:
            cells = table.cells[table.cells.columns[columns.by_field[field.name]]].fillna("").astype(object)
            rows[field.name] = _read(cells, field, table, settings, faults, zone=zone, now=now)
        else:
            rows[field.name] = pd.Series([None] * len(rows), index=rows.index, dtype="object")
    if kind == "agent-days":
        for name, bad, why in implausible_days(rows, zone):
            _add(faults, table, bad, name, why)
    rows["key"] = _keys(rows, kind)
    unnamed = rows["key"].isna()
    ways = "; or ".join(" and ".join(key) for key in EXPORTS[kind].keys)
    _add(faults, table, unnamed & ~_faulty(faults, rows), "", f"nothing names this row; needed: {ways}")
    repeated = rows.duplicated(keep="first")
    differing = rows[~repeated & ~unnamed].duplicated("key", keep="first").reindex(rows.index, fill_value=False)
    other = "an earlier row has the same {} and other values; keep one of them".format(" or ".join(_first_keys(kind)))
    _add(faults, table, differing & ~_faulty(faults, rows), "", other + _legs(kind, columns))
    if faults:
        raise AuthoredFileError(source, _told(pd.concat(faults), is_file=is_file))
    return Checked(kind, rows[~repeated].reset_index(drop=True), columns, int(repeated.sum()))


def _read(
    cells: pd.Series[str],
    field: Field,
    table: RawTable,
    settings: KpiSettings,
    faults: list[pd.DataFrame],
    *,
    zone: str | None,
    now: datetime,
) -> pd.Series[Any]:
    """Return a column's values; what cannot be read is added to the faults."""
    read: pd.Series[Any]
    bad, why = pd.Series(False, index=cells.index), ""
    if field.holds == "text":
        read, bad = values.texts(cells)
        why = f"longer than {values.MAX_CHARACTERS} characters"
    elif field.holds == "seconds":
        comma = table.delimiter not in (",", None)
        read, bad = values.seconds(cells, unit=settings.duration_unit, high=field.high, decimal_comma=comma)
        why = f"no length from 0 to {field.high // 3600} hours; write a number (kpis.duration_unit) or h:mm:ss"
        if not comma:
            with_comma = bad & values.decimal_commas(cells)
            _add(faults, table, with_comma, field.name, DECIMAL_COMMA)
            bad &= ~with_comma
    elif field.holds == "flag":
        read, bad = values.flags(cells)
        why = "neither yes nor no; write yes, no, true, false, 1 or 0"
    elif field.holds == "direction":
        read, bad = values.directions(cells)
        why = f"no word for who called whom; write {', '.join(DIRECTIONS)}, in, incoming, out or outgoing"
    elif field.holds == "day":
        read, by_fault = values.days(cells, written=settings.day_format, now=now)
        for fault, mask in by_fault.items():
            _add(faults, table, mask, field.name, day_fault(fault, settings.day_format))
    elif field.holds == "time":
        read, by_fault = values.instants(cells, zone=zone, written=settings.time_format, now=now)
        for fault, mask in by_fault.items():
            _add(faults, table, mask, field.name, time_fault(fault, settings.time_format))
    else:
        read, bad = values.numbers(cells, low=field.low, high=field.high)
        why = f"no whole number from {field.low} to {field.high}"
    _add(faults, table, bad, field.name, why)
    if field.filled:
        _add(faults, table, cells.str.strip() == "", field.name, "empty; it is needed in every row")
    return read


def _keys(rows: pd.DataFrame, kind: Kind) -> pd.Series[str]:
    """Return what names each row: the first of the export's keys of which all is known."""
    keys = pd.Series([None] * len(rows), index=rows.index, dtype="object")
    for names in EXPORTS[kind].keys:
        open_rows = keys.isna()
        for name in names:
            open_rows &= rows[name].notna()
        if not open_rows.any():
            continue
        parts = [rows.loc[open_rows, name].map(_key_text) for name in names]
        key = pd.Series(",".join(names), index=parts[0].index, dtype="object")
        for part in parts:
            key = key + _JOIN + part
        keys[open_rows] = key
    return keys


def _key_text(value: object) -> str:
    return value.isoformat() if isinstance(value, pd.Timestamp) else str(value)


def _first_keys(kind: Kind) -> Sequence[str]:
    return [" and ".join(key) for key in EXPORTS[kind].keys[:2]]


def _legs(kind: Kind, columns: Columns) -> str:
    hint = "; where a call has several parts, name the column that counts them in kpis.call_columns.leg"
    return hint if kind == "calls" and "leg" not in columns.by_field else ""


def _faulty(faults: Iterable[pd.DataFrame], rows: pd.DataFrame) -> pd.Series[bool]:
    found: set[object] = set()
    for fault in faults:
        found |= set(fault.index)
    return pd.Series(rows.index.isin(list(found)), index=rows.index)


def _add(faults: list[pd.DataFrame], table: RawTable, bad: pd.Series[bool], field: str, why: str) -> None:
    if bad.any():
        faults.append(pd.DataFrame({"line": table.lines[bad], "field": field, "why": why}))


def _told(faults: pd.DataFrame, *, is_file: bool) -> list[Problem]:
    """Return the problems by line, no more than anybody reads, and how many there are."""
    ordered = faults.sort_values("line", kind="stable")
    told = [
        Problem(
            code="row",
            where=str(field),
            line=int(line) if is_file else None,
            message=str(why) if is_file else f"row {line}: {why}",
        )
        for line, field, why in ordered[["line", "field", "why"]].head(MOST_TOLD).itertuples(index=False)
    ]
    if len(ordered) > MOST_TOLD:
        rows = counted(ordered["line"].nunique(), "row")
        more = f"and {counted(len(ordered) - MOST_TOLD, 'more problem')}, in {rows} in all"
        told.append(Problem(code="row", message=more, line=told[-1].line))
    return told
