"""From the text of a column to values, all rows at once, with the reason for each cell that is none.

Every function gives the values, unknown ones missing, and a mask of the cells that cannot be read. Empty cells are
unknown.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from pipeline.records.direction import DIRECTIONS, direction

MAX_CHARACTERS = 200
EARLIEST_YEAR = 1971
"""Exporters write the year 1, 1900 or 1970 where they know no time."""

Fault = Literal["unreadable", "early", "ahead", "skipped", "twice", "without-zone"]
"""What a time or day may have: the wrong form, too long ago, in the future; a local time that clocks left out, or that
came twice; no zone where none is known."""

_NUMBER = r"[0-9]{1,9}(?:\.[0-9]{1,9})?"  # \d would take the digits of every script
_CLOCK = r"([0-9]{1,4}):([0-5][0-9])(?::([0-5][0-9](?:\.[0-9]{1,6})?))?"
_INSTANT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?"
_OFFSET = r" ?(?:[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)"
_PER_UNIT_S = {"s": 1.0, "min": 60.0, "ms": 0.001}
_FLAGS: Mapping[str, bool] = {
    **dict.fromkeys(("1", "true", "t", "yes", "y", "x"), True),
    **dict.fromkeys(("0", "false", "f", "no", "n"), False),
}


def texts(cells: pd.Series[str]) -> tuple[pd.Series[str], pd.Series[bool]]:
    """Return text on one line, composed (NFC), without control characters; over 200 characters it is refused."""
    codes, distinct = pd.factorize(cells)
    cleaned = [clean(text) for text in distinct]
    values = pd.Series(np.array([*cleaned, ""], dtype=object)[codes], index=cells.index, dtype="object")
    bad = values.str.len() > MAX_CHARACTERS
    return values.where(values != "", None), bad


def clean(text: str) -> str:
    """Return a value as intake cleans those of recordings, so that equal names are equal; never cut."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    kept = "".join(" " if unicodedata.category(char) in ("Cc", "Cs") else char for char in text)
    return " ".join(unicodedata.normalize("NFC", kept).split())


def seconds(
    cells: pd.Series[str], *, unit: str, high: float, decimal_comma: bool
) -> tuple[pd.Series[float], pd.Series[bool]]:
    """Return lengths in seconds: numbers in a unit, or ``h:mm:ss`` and ``m:ss``.

    Args:
        cells: Text.
        unit: ``s``, ``min`` or ``ms``, of plain numbers.
        high: Longer ones, and negative ones, are refused.
        decimal_comma: Whether ``1,5`` is one and a half: where commas do not part cells.
    """
    text = cells.str.strip()
    if decimal_comma:
        text = text.str.replace(",", ".", n=1, regex=False)
    values = pd.Series(np.nan, index=cells.index, dtype="float64")
    plain = text.str.fullmatch(_NUMBER)
    values[plain] = text[plain].astype("float64") * _PER_UNIT_S[unit]
    parts = text[~plain & (text != "")].str.extract(f"^{_CLOCK}$")
    clock = parts[parts[0].notna()]
    first, middle = clock[0].astype("float64"), clock[1].astype("float64")
    with_hours = clock[2].notna()
    last = clock[2].fillna("0").astype("float64")
    values[clock.index] = np.where(with_hours, first * 3600 + middle * 60 + last, first * 60 + middle)
    bad = (text != "") & ~(values <= high)
    return values.mask(bad), bad


def numbers(cells: pd.Series[str], *, low: int, high: int) -> tuple[pd.Series[float], pd.Series[bool]]:
    """Return whole numbers between two bounds; ``4.0`` is 4."""
    text = cells.str.strip()
    whole = text.str.fullmatch(r"[0-9]{1,9}(?:\.0{1,6})?")
    values = pd.Series(np.nan, index=cells.index, dtype="float64")
    values[whole] = text[whole].astype("float64")
    bad = (text != "") & ~values.between(low, high)
    return values.mask(bad), bad


def flags(cells: pd.Series[str]) -> tuple[pd.Series[bool], pd.Series[bool]]:
    """Return yes or no; unknown where nothing stands."""
    text = cells.str.strip().str.lower()
    values = text.map(_FLAGS).astype("boolean")
    return values, (text != "") & values.isna()


def directions(cells: pd.Series[str]) -> tuple[pd.Series[str], pd.Series[bool]]:
    """Return ``inbound``, ``outbound`` or ``internal`` for the usual words for them; unknown where nothing stands."""
    codes, distinct = pd.factorize(cells)
    words = [direction(clean(text)) for text in distinct]
    values = pd.Series(np.array([*words, ""], dtype=object)[codes], index=cells.index, dtype="object")
    bad = (values != "") & ~values.isin(DIRECTIONS)
    return values.where((values != "") & ~bad, None), bad


def decimal_commas(cells: pd.Series[str]) -> pd.Series[bool]:
    """Tell which cells are numbers but for a decimal comma."""
    return cells.str.strip().str.fullmatch(r"[0-9]{1,9},[0-9]{1,9}")


def instants(
    cells: pd.Series[str], *, zone: str | None, written: str | None, now: datetime
) -> tuple[pd.Series[pd.Timestamp], Mapping[Fault, pd.Series[bool]]]:
    """Return instants in UTC, and which cells are none, by fault.

    A local time is none where clocks are put forward past it, and where it comes twice as they are put back: then only
    an offset tells which is meant. Times before 1971 and more than a day ahead are refused.

    Args:
        cells: Text.
        zone: IANA zone of times without an offset; None where it is not known.
        written: A format such as ``%d/%m/%Y %H:%M``, tried before ISO 8601; None for ISO 8601 alone.
        now: The present moment.
    """
    text = cells.str.strip()
    values, naive = _read_times(text, written)
    nowhere = pd.Series(False, index=cells.index)
    skipped = twice = nowhere
    if zone is not None:
        first, second = (
            naive.dt.tz_localize(ZoneInfo(zone), ambiguous=np.full(len(naive), of_summer), nonexistent="NaT")
            for of_summer in (True, False)
        )
        values = values.fillna(first.dt.tz_convert("UTC"))
        skipped = naive.notna() & first.isna()
        twice = first.notna() & (first != second)
    early = (values.dt.year < EARLIEST_YEAR) | (naive.dt.year < EARLIEST_YEAR)
    ahead = values > pd.Timestamp(now + timedelta(days=1))
    without_zone = naive.notna() & ~early if zone is None else nowhere
    faults: dict[Fault, pd.Series[bool]] = {
        "unreadable": (text != "") & values.isna() & naive.isna(),
        "early": early,
        "ahead": ahead,
        "skipped": skipped & ~early,
        "twice": twice & ~early & ~ahead,
        "without-zone": without_zone,
    }
    return values.mask(np.logical_or.reduce([mask.to_numpy() for mask in faults.values()])), faults


def _read_times(text: pd.Series[str], written: str | None) -> tuple[pd.Series[pd.Timestamp], pd.Series[pd.Timestamp]]:
    """Return times with an offset, in UTC, and times without one; each is missing where it is not of that sort."""
    values = pd.Series(pd.NaT, index=text.index, dtype="datetime64[us, UTC]")
    naive = pd.Series(pd.NaT, index=text.index, dtype="datetime64[us]")
    zoned = text.str.fullmatch(_INSTANT + _OFFSET)
    local = text.str.fullmatch(_INSTANT)
    if written:
        read = pd.to_datetime(text.where(~zoned & ~local), format=written, errors="coerce", utc="%z" in written)
        if "%z" in written:
            values = read.dt.as_unit("us")
        else:
            naive = read.astype("datetime64[us]")
    iso = text[local].str.replace(",", ".", regex=False).str.upper()
    naive[local] = pd.to_datetime(iso, format="ISO8601", errors="coerce").astype("datetime64[us]")
    iso = text[zoned].str.replace(",", ".", regex=False).str.replace(" (?=[Z+-])", "", regex=True).str.upper()
    values[zoned] = pd.to_datetime(iso, format="ISO8601", errors="coerce", utc=True).astype("datetime64[us, UTC]")
    return values, naive


def days(
    cells: pd.Series[str], *, written: str | None, now: datetime
) -> tuple[pd.Series[Any], Mapping[Fault, pd.Series[bool]]]:
    """Return days as `datetime.date`, and which cells are none, by fault.

    Days are ISO (midnight after it is left out), or in a format that is tried first.
    """
    text = cells.str.strip()
    values = pd.Series(pd.NaT, index=cells.index, dtype="datetime64[us]")
    if written:
        values = pd.to_datetime(text, format=written, errors="coerce").astype("datetime64[us]")
    iso = text.str.extract(r"^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[Tt ]00:00(?::00(?:\.0+)?)?)?$")[0]
    values = values.fillna(pd.to_datetime(iso, format="%Y-%m-%d", errors="coerce").astype("datetime64[us]"))
    faults: dict[Fault, pd.Series[bool]] = {
        "unreadable": (text != "") & values.isna(),
        "early": values.dt.year < EARLIEST_YEAR,
        "ahead": values > pd.Timestamp(now.replace(tzinfo=None) + timedelta(days=1)),
    }
    kept = values.mask(faults["early"] | faults["ahead"])
    return kept.dt.date.astype("object").where(kept.notna(), None), faults
