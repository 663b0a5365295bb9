"""Insert that two writers may do at once: both databases know ``ON CONFLICT``, SQLAlchemy spells it per database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_new(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert a row unless its primary key is there already; tell whether it was inserted."""
    statement = insert_statement(connection, table).values(**row)
    unless_there = statement.on_conflict_do_nothing(index_elements=list(table.primary_key.columns))
    # without the option SQLAlchemy drops the count for inserts on PostgreSQL
    return connection.execute(unless_there.execution_options(preserve_rowcount=True)).rowcount == 1


def insert_or_replace(connection: Connection, table: Table, row: Mapping[str, Any]) -> None:
    """Insert a row, or give the row of that primary key these values."""
    keys = list(table.primary_key.columns)
    changed = {name: value for name, value in row.items() if name not in {key.name for key in keys}}
    statement = insert_statement(connection, table).values(**row)
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed))


def insert_statement(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Return an insert that knows `ON CONFLICT`, in the database's own spelling."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
