"""Metadata that phone systems write into file names."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.errors import ConfigError
from pipeline.intake.fields import clean
from pipeline.media.place import Place


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedValues:
    """What a file name tells.

    Attributes:
        values: Value by field; ``started_at`` as ISO text, whose digits need not make a date.
        matched: Fields whose pattern matched, with a value or without.
    """

    values: Mapping[str, str]
    matched: frozenset[str]


def read_file_name(path: Place, patterns: Mapping[str, str]) -> NamedValues:
    """Search a file's name, without its suffix and with an underscore at its end, for the patterns.

    The underscore lets ``_CUST_(.*?)_`` find a value that ends the name.

    Raises:
        ConfigError: A pattern is no regular expression.
    """
    name = f"{path.stem}_"
    values: dict[str, str] = {}
    matched: set[str] = set()
    for field, pattern in patterns.items():
        match = _compiled(field, pattern).search(name)
        if match:
            matched.add(field)
            values[field] = clean(_timestamp(match, name) if "Y" in match.groupdict() else _first_group(match))
    return NamedValues(values=values, matched=frozenset(matched))


@functools.cache
def _compiled(field: str, pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise ConfigError(f"intake.file_name_patterns.{field}: no regular expression: {error}") from None


def _first_group(match: re.Match[str]) -> str:
    return (match[1] if match.re.groups else match[0]) or ""


def _timestamp(match: re.Match[str], name: str) -> str:
    """Put the parts together as ISO text; a Z right after the time says that it is UTC, as in ``…T10-22-31Z_``."""
    parts = {"m": "01", "d": "01", "H": "00", "M": "00", "S": "00", **match.groupdict()}
    year, month, day, hour, minute, second = (parts[part] or "" for part in "YmdHMS")
    zone = "Z" if re.match(r"Z(?![A-Za-z0-9])", name[match.end() :]) else ""
    return f"{year}-{month}-{day}T{hour}:{minute}:{second or '00'}{zone}"
