"""One row in every table for a call, made from the tables' own columns: a table of tomorrow is filled as well."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Boolean, Column, Connection, Date, Double, Integer, Table, text

from pipeline.store.erase import BY_NAME, KEPT
from pipeline.store.migrate import metadata
from pipeline.store.search_index import put_turns
from pipeline.store.tables import UtcDateTime
from tests.factories import transcript

NOW = datetime(2026, 10, 5, 13, 30, tzinfo=UTC)
_PLAIN = {"coaching_sessions": {"questions": "[]"}}


def call_id(number: int) -> str:
    return f"c-{number:04}"


def marker(number: int) -> str:
    return f"quetzalword{number}"


def fill(connection: Connection, number: int) -> None:
    """Write one row for a call into every table; words of the call stand wherever a table takes text."""
    for table in metadata.sorted_tables:
        row = {column.name: _value(table, column, number) for column in table.columns}
        connection.execute(table.insert().values(**{**row, **_given(table, number)}))
    put_turns(connection, number, transcript(("agent", f"hello {marker(number)}")).turns)


def _given(table: Table, number: int) -> dict[str, Any]:
    by_table: dict[str, dict[str, Any]] = {
        "recordings": {"metadata": json.dumps({"external_id": f"ext-{number}", "note": marker(number)})},
        "webhook_deliveries": {"payload": json.dumps({"call_id": call_id(number)}, separators=(",", ":"))},
        "calibration_sessions": {"calls": json.dumps([{"call_id": call_id(number), "score_id": marker(number)}])},
        "phone_calls": {"call_ref": f"ext-{number}"},
        "surveys": {"call_ref": call_id(number)},
        "deletion_records": {"rows": "{}"},
        **_PLAIN,
    }
    return by_table.get(table.name, {})


def _value(table: Table, column: Column[Any], number: int) -> Any:
    for key in column.foreign_keys:
        return _value(key.column.table, key.column, number)
    if column.name == "call_id":
        return call_id(number)
    kind = column.type
    plain = ((Boolean, True), (UtcDateTime, NOW), (Date, date(2026, 10, number)), (Double, 1.0))
    for known, value in plain:
        if isinstance(kind, known):
            return value
    if isinstance(kind, Integer) or kind.python_type is int:
        return number
    is_kept = table.name in KEPT or (table.name in BY_NAME and column.name not in ("notes", "action"))
    words = f"{'kept' if is_kept else marker(number)}-{table.name}-{column.name}-{number}"
    return words.encode() if kind.python_type is bytes else words


def turns_of(connection: Connection) -> list[str]:
    return list(connection.scalars(text('SELECT "text" FROM turn_index')))
