"""A database with a row in every table, as this code writes them: what a release leaves behind.

Scored and reviewed calls, the log and the search index are written by the product itself. For what is left, one row
each is made of the table's own columns, so that a new table has one too: `SAMPLES` says what stands in columns whose
text has a form.
"""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Table, Text, func, insert, select

from pipeline.audit.log import record_act
from pipeline.store.database import Store, open_store
from pipeline.store.search_index import forget_all, index_some
from pipeline.store.tables import Json, UtcDateTime, metadata
from tests.reviewed_calls import write_workspace

CALLS = 6
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SAMPLES: dict[str, Any] = {
    **{"actor": "ann", "assigned_to": "ann", "direction": "inbound", "role": "reviewer", "state": "open"},
    **{"metadata": "{}", "details": "{}", "payload": "{}", "defects": "[]", "evidence": "[]", "query": "team=north"},
    **{
        "teams": '["north"]',
        "calls": '["c-0001"]',
        "reviewers": '["ann"]',
        "permissions": '["calls"]',
        "phrases": "[]",
    },
    **{"questions": '["notice"]', "events": '["score"]', "criterion_id": "notice", "rubric_id": "general"},
    **{"severity": "major", "rule_id": "notice", "url": "https://hooks.example.org/earmark"},
    "call_overviews.flags": "",
    "call_overviews.reasons": "",
    "call_overviews.reviewers": "",
    "call_overviews.severity": 1,
    "call_overviews.state": "scored",
    "contact_reasons.kind": "group",
    "dispute_rulings.outcome": "rejected",
    "flag_changes.state": "closed",
    "heard_rules.kind": "present",
    "heard_calls.checks": None,
    "kpi_imports.kind": "calls",
    "sampled_calls.policy": "random",
    "trust_versions.payload": None,
    "uploads.state": "done",
    "webhook_deliveries.state": "delivered",
}
"""By column, or table and column: text that is read as JSON or as one of some words."""

EMPTY = frozenset({"at_rest_keys"})
"""Tables that stay empty: a database with a key's name in it is opened with that key only."""


def fill(store: Store, scratch: Path) -> None:
    """Write rows into every table of a new database but those in ``EMPTY``.

    Args:
        store: Open and empty.
        scratch: An empty folder; a workspace is made in it, whose rows are copied.
    """
    settings = write_workspace(scratch, CALLS)
    with closing(open_store(settings.store_url)) as made, made.read() as source, store.begin() as connection:
        for table in metadata.sorted_tables:
            rows = [dict(row) for row in source.execute(select(table)).mappings()]
            if rows:
                connection.execute(insert(table), rows)
    with store.begin() as connection:
        for call_id in ("c-0000", "c-0001"):
            record_act(connection, actor="ann", action="view", subject=("call", call_id), details={}, now=NOW)
        forget_all(connection)
        index_some(connection, most=CALLS // 2)  # the others stay noted
        for table in metadata.sorted_tables:
            if table.name not in EMPTY and not connection.scalar(select(func.count()).select_from(table)):
                connection.execute(insert(table), [row_of(connection, table)])


def row_of(connection: Connection, table: Table) -> dict[str, Any]:
    """Return one row of a table: every column has a value, and every reference leads to a row that is there."""
    row = {column.name: _value(connection, table, column) for column in table.columns}
    return {name: value for name, value in row.items() if value is not _BY_ITSELF}


_BY_ITSELF = object()


def _value(connection: Connection, table: Table, column: Column[Any]) -> Any:
    for name in (f"{table.name}.{column.name}", column.name):
        if name in SAMPLES and (isinstance(column.type, Text) or "." in name):
            return SAMPLES[name]
    for key in column.foreign_keys:
        return connection.scalar(select(key.column).order_by(key.column).limit(1))
    if column.name in ("call_id", "score_id"):  # kept without a reference, so that what is said outlives the call
        return {"call_id": "c-0001", "score_id": "s-0001"}[column.name]
    if column.primary_key and column.autoincrement is True:
        return _BY_ITSELF
    return _by_type(column)


def _by_type(column: Column[Any]) -> Any:
    if isinstance(column.type, UtcDateTime):
        return NOW
    if column.type is Json:
        return "{}"
    by_type: dict[type, Any] = {int: 1, float: 0.5, bool: True, bytes: bytes(768), date: NOW.date(), str: column.name}
    return by_type[column.type.python_type]
