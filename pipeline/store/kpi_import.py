"""Keep the telephone system's figures and surveys: whole or not at all, and again without doubles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, select

from pipeline.errors import UnknownNameError
from pipeline.store.kpi_tables import kpi_imports, phone_calls, phone_days, surveys
from pipeline.store.upsert import insert_statement

AT_ONCE = 5000
_TABLES: Mapping[str, Table] = {"calls": phone_calls, "agent-days": phone_days, "surveys": surveys}


@dataclass(frozen=True, kw_only=True, slots=True)
class KpiImport:
    """One import: what came in, whence, by whom and when."""

    import_id: str
    kind: str
    source: str
    row_count: int
    imported_by: str
    imported_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """How many rows of an import were new, and how many replaced a row that was there."""

    added: int
    replaced: int


def keep_rows(connection: Connection, made: KpiImport, rows: Iterable[Mapping[str, Any]]) -> Kept:
    """Keep an import's rows; one whose key is there already takes its place.

    Args:
        connection: In a transaction, so that all are kept or none.
        made: What the import is.
        rows: Columns of the kind's table but for ``import_id``.
    """
    table = _TABLES[made.kind]
    connection.execute(
        insert(kpi_imports).values(
            import_id=made.import_id,
            kind=made.kind,
            source=made.source,
            row_count=made.row_count,
            imported_by=made.imported_by,
            imported_at=made.imported_at,
        )
    )
    before = _count(connection, table)
    keys = list(table.primary_key.columns)
    statement = insert_statement(connection, table)
    changed = {column.name: statement.excluded[column.name] for column in table.c if column not in keys}
    statement = statement.on_conflict_do_update(index_elements=keys, set_=changed)
    kept = 0
    left = iter(rows)
    while some := list(islice(left, AT_ONCE)):
        connection.execute(statement, [{**row, "import_id": made.import_id} for row in some])
        kept += len(some)
    added = _count(connection, table) - before
    return Kept(added=added, replaced=kept - added)


def known_keys(connection: Connection, kind: str) -> Iterator[tuple[Any, ...]]:
    """Give the primary keys of all rows of a kind."""
    keys = list(_TABLES[kind].primary_key.columns)
    for row in connection.execute(select(*keys)):
        yield tuple(row)


def known_calls(
    connection: Connection, *, first: datetime, last: datetime
) -> Iterator[tuple[str, str | None, datetime]]:
    """Give key, agent and start of all calls that began from ``first`` to ``last``."""
    call = phone_calls.c
    between = call.started_at.between(first, last)
    for row in connection.execute(select(call.phone_key, call.agent_id, call.started_at).where(between)):
        yield row[0], row[1], row[2]


def withdraw_import(connection: Connection, import_id: str) -> tuple[KpiImport, int]:
    """Remove an import with the rows that are still its: what a later one replaced is the later one's.

    What the import itself replaced does not come back.

    Returns:
        What the import was, and how many rows were removed.

    Raises:
        UnknownNameError: There is no such import.
    """
    known = {each.import_id: each for each in imports(connection)}
    if import_id not in known:
        raise UnknownNameError("import", import_id, known, listed_by="earmark kpis imports")
    table = _TABLES[known[import_id].kind]
    removed = connection.execute(delete(table).where(table.c.import_id == import_id)).rowcount
    connection.execute(delete(kpi_imports).where(kpi_imports.c.import_id == import_id))
    return known[import_id], removed


def imports_state(connection: Connection) -> tuple[int, str | None]:
    """Return what changes with every import that comes or is withdrawn: how many there are, and the newest one's id."""
    newest = (
        select(kpi_imports.c.import_id).order_by(kpi_imports.c.imported_at.desc(), kpi_imports.c.import_id).limit(1)
    )
    return _count(connection, kpi_imports), connection.scalar(newest)


def rows_left(connection: Connection) -> dict[str, int]:
    """Return how many rows are still each import's; one whose rows were all replaced is not in it."""
    left: dict[str, int] = {}
    for table in _TABLES.values():
        counted = select(table.c.import_id, func.count()).group_by(table.c.import_id)
        left |= {str(import_id): int(count) for import_id, count in connection.execute(counted)}
    return left


def imports(connection: Connection) -> list[KpiImport]:
    """Return all imports, the newest first."""
    ordered = select(kpi_imports).order_by(kpi_imports.c.imported_at.desc(), kpi_imports.c.import_id)
    return [KpiImport(**row) for row in connection.execute(ordered).mappings()]


def _count(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0
