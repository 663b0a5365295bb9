"""The whole database as plain data, to tell whether two runs ended with the same."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from pipeline.store.tables import metadata


def dump(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """Return every row of every table by table name, ordered by primary key.

    Left out is when a row was written. Days and times are ISO 8601 text, bytes are hexadecimal.
    """
    snapshot: dict[str, list[dict[str, Any]]] = {}
    for table in metadata.sorted_tables:
        columns = [column for column in table.columns if not column.info.get("when")]
        rows = connection.execute(select(*columns).order_by(*table.primary_key.columns)).mappings()
        snapshot[table.name] = [{name: _plain(value) for name, value in row.items()} for row in rows]
    return snapshot


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return value.hex() if isinstance(value, bytes) else value
