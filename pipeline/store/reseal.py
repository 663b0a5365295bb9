"""Seal what was stored before there was a key, or under an older one; or open all of it again for good.

Rows are gone through by their keys, some in each transaction. Those that are as wanted are left alone, so that a pass
that was stopped begins again and soon is where it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, LargeBinary, Table, Text, bindparam, select, tuple_, type_coerce, update

from pipeline.at_rest.text import PREFIX, PREFIX_BYTES, Seals
from pipeline.errors import StoreError
from pipeline.store.database import Store
from pipeline.store.keys_needed import forget_keys, retire_keys
from pipeline.store.scrub import scrub
from pipeline.store.sealed import SAYS_NOTHING, SealedBytes, SealedText, seals_of
from pipeline.store.search_index import forget_all
from pipeline.store.tables import metadata
from pipeline.store.unusable import as_store_errors

ROWS_AT_ONCE = 200
"""A tenth of a second or so: others who write wait so long on SQLite."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Resealed:
    """What became of some rows of a table: how many were looked at, and how many are other than before."""

    table: str
    rows: int
    changed: int


def sealed_columns() -> dict[Table, list[Column[Any]]]:
    """Return the columns that are sealed, by table."""
    found = {
        table: [column for column in table.columns if isinstance(column.type, (SealedText, SealedBytes))]
        for table in metadata.sorted_tables
    }
    return {table: columns for table, columns in found.items() if columns}


def reseal(store: Store, *, to_plain: bool = False) -> Iterator[Resealed]:
    """Bring every row to the first key, or with ``to_plain`` to no key; yield as it goes.

    Other keys are retired first, so that no row comes behind the pass that is sealed by one of them. What search looks
    in is emptied: it holds the words of calls. Without a key it is made anew by the console.

    Raises:
        SealedError: A value cannot be opened, or the first key was retired by another pass.
        StoreError: The database cannot be written.
    """
    with _whatever_key(store) as connection:
        retire_keys(connection, but=_wanted(connection, to_plain=to_plain))
    begin = _whatever_key if to_plain else Store.begin
    with begin(store) as connection:
        forget_all(connection)
    for table, columns in sealed_columns().items():
        last: tuple[Any, ...] | None = None
        while True:
            with begin(store) as connection:
                rows = _rows(connection, table, columns, last)
                changed = _rewrite(connection, table, columns, rows, to_plain=to_plain)
            if rows:
                yield Resealed(table=table.name, rows=len(rows), changed=changed)
            if len(rows) < ROWS_AT_ONCE:
                break
            last = tuple(rows[-1][column.name] for column in table.primary_key.columns)


def finish(store: Store, *, to_plain: bool = False) -> list[str]:
    """Make SQLite write its file anew after a whole pass, note which keys are needed; return keys not needed any more.

    What was overwritten stays in a SQLite file's free pages until then. PostgreSQL's server does that: see
    ``docs/encryption.md``.

    Raises:
        StoreError: Somebody else is using the SQLite file, or the disk is full: another pass is soon done.
    """
    if not scrub(store):
        raise StoreError(
            "every row is as wanted, but the database is in use or its disk is full, so that what was there before is "
            "still in its file: end what uses it, and run this again"
        )
    with _whatever_key(store) as connection:
        return forget_keys(connection, but=_wanted(connection, to_plain=to_plain))


@contextmanager
def _whatever_key(store: Store) -> Iterator[Connection]:
    """Begin to write, also while the key of this process is retired: nothing is sealed here."""
    with as_store_errors(store.engine.url), store.engine.begin() as connection:
        yield connection


def _wanted(connection: Connection, *, to_plain: bool) -> str | None:
    ring = seals_of(connection.dialect).ring
    return None if to_plain or ring is None else ring.first.key_id


def _rows(
    connection: Connection, table: Table, columns: Sequence[Column[Any]], last: tuple[Any, ...] | None
) -> list[dict[str, Any]]:
    keys = list(table.primary_key.columns)
    raw = [type_coerce(column, _kept_as(column)).label(f"raw_{column.name}") for column in columns]
    statement = select(*keys, *raw).order_by(*keys).limit(ROWS_AT_ONCE).with_for_update()
    if last is not None:
        statement = statement.where(
            tuple_(*keys) > tuple_(*(bindparam(None, v, k.type) for v, k in zip(last, keys, strict=True)))
        )
    return [dict(row) for row in connection.execute(statement).mappings()]


def _rewrite(
    connection: Connection,
    table: Table,
    columns: Sequence[Column[Any]],
    rows: Sequence[dict[str, Any]],
    *,
    to_plain: bool,
) -> int:
    seals, keys = seals_of(connection.dialect), list(table.primary_key.columns)
    changed: list[dict[str, Any]] = []
    for row in rows:
        now = {
            column.name: _as_wanted(row[f"raw_{column.name}"], column, seals, to_plain=to_plain) for column in columns
        }
        if any(value != row[f"raw_{name}"] for name, value in now.items()):
            changed.append(
                {**{f"new_{name}": v for name, v in now.items()}, **{f"of_{key.name}": row[key.name] for key in keys}}
            )
    if changed:
        values = {column.name: type_coerce(bindparam(f"new_{column.name}"), _kept_as(column)) for column in columns}
        this = [key == bindparam(f"of_{key.name}") for key in keys]
        connection.execute(update(table).where(*this).values(values), changed)
    return len(changed)


def _as_wanted(value: Any, column: Column[Any], seals: Seals, *, to_plain: bool) -> Any:
    place = column.type.place  # type: ignore[attr-defined]
    if value is None or value in SAYS_NOTHING:
        return value
    in_bytes = isinstance(value, bytes)
    prefix: Any = PREFIX_BYTES if in_bytes else PREFIX
    first = None if to_plain or seals.ring is None else f"{PREFIX}{seals.ring.first.key_id}:"
    if first is not None and value.startswith(first.encode() if in_bytes else first):
        return value
    if value.startswith(prefix):
        value = seals.open_bytes(value, place) if in_bytes else seals.open(value, place)
    if first is None:
        return value
    return seals.seal_bytes(value, place) if in_bytes else seals.seal(value, place)


def _kept_as(column: Column[Any]) -> Any:
    return LargeBinary() if isinstance(column.type, SealedBytes) else Text()
