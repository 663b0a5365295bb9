"""Count and hash the rows of a database, to tell whether a copy of it holds them all.

Tables are read as the database has them, not as this version of Earmark knows them: an old back-up can be checked, too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, inspect

from pipeline.canonical import canonical_json

_AT_ONCE = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class TableRows:
    """How many rows a table has, and the hash of all of them in order of their key."""

    rows: int
    sha256: str


def count_rows(connection: Connection, tables: Iterable[str]) -> dict[str, TableRows]:
    """Return what some tables hold; one that is not there is left out.

    Rows are read a thousand at a time: memory does not grow with them.
    """
    there = set(inspect(connection).get_table_names())
    return {name: _rows_of(connection, name) for name in tables if name in there}


def differing(wanted: dict[str, TableRows], found: dict[str, TableRows]) -> list[str]:
    """Return in words where tables are not what they should be; none where all are."""
    told = []
    for name, table in wanted.items():
        other = found.get(name)
        if other is None:
            told.append(f"table {name} is missing")
        elif other.rows != table.rows:
            told.append(f"table {name} has {other.rows} rows instead of {table.rows}")
        elif other.sha256 != table.sha256:
            told.append(f"table {name} has other content")
    return told


def _rows_of(connection: Connection, table: str) -> TableRows:
    quoted = connection.dialect.identifier_preparer.quote
    key = inspect(connection).get_pk_constraint(table)["constrained_columns"]
    digest, count = hashlib.sha256(), 0
    statement = f"SELECT * FROM {quoted(table)} ORDER BY {', '.join(map(quoted, key)) or 1}"  # noqa: S608
    for row in connection.execution_options(yield_per=_AT_ONCE).exec_driver_sql(statement):
        line = canonical_json([_plain(value) for value in row])
        digest.update(line.encode("utf-8", "surrogatepass") + b"\n")
        count += 1
    return TableRows(rows=count, sha256=digest.hexdigest())


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).hex()
    return value
