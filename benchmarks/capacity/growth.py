"""How much a database grows by 1,000 calls, on SQLite and PostgreSQL: of calls that were recognised, and of made ones.

What the console keeps beside scores is counted too: overviews, and the index that search looks in. Made calls are those
of `benchmarks.rescore` (900 words, every step's result), scored by a rubric of 20 questions.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import insert, select, text

from benchmarks.rescore import fill, timed
from pipeline.config import FlagSettings
from pipeline.reviewing.overviews import refresh_overviews
from pipeline.store.database import Store, open_store
from pipeline.store.search_index import forget_all, index_some, settle_index
from pipeline.store.tables import metadata

RUBRIC = "bank-support"
LARGEST = 6
_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class Grown:
    """What some calls take in a database, in bytes, without what an empty one takes."""

    calls: int
    minutes: float
    sqlite: int
    postgresql: Mapping[str, int]

    @property
    def postgresql_per_call(self) -> float:
        """All tables and indexes of PostgreSQL, by the call."""
        return sum(self.postgresql.values()) / self.calls

    def row(self, name: str) -> str:
        """Return a line of the table: megabytes of 1,000 calls."""
        per_thousand = self.postgresql_per_call * 1000 / 1e6
        largest = sorted(self.postgresql.items(), key=lambda each: -each[1])[:LARGEST]
        told = ", ".join(f"{table} {size * 1000 / self.calls / 1e6:.1f}" for table, size in largest)
        sqlite = self.sqlite * 1000 / self.calls / 1e6
        return f"| {name} | {self.calls} | {self.minutes:.1f} | {sqlite:.1f} | {per_thousand:.1f} | {told} |"


HEAD = "| calls | number | minutes | SQLite, MB | PostgreSQL, MB | its largest tables |\n|---|---|---|---|---|---|"


def grown(source_url: str, target_url: str, *, minutes: float) -> Grown:
    """Return what the calls of a database take in both kinds, once all that is derived was made.

    Args:
        source_url: A database with calls, SQLite or PostgreSQL.
        target_url: A new one of the other kind, into which they are copied.
        minutes: How long a call is.
    """
    empty = {}
    with closing(open_store(target_url)) as target, closing(open_store(source_url)) as source:
        empty[target.engine.dialect.name] = sizes(target)
        copy_rows(source, target)
        derive(source)
        derive(target)
        with source.read() as connection:
            calls = connection.scalar(text("SELECT count(*) FROM recordings")) or 0
        full = {each.engine.dialect.name: sizes(each) for each in (source, target)}
    pages = sum(full["sqlite"].values()) - sum(empty.get("sqlite", {}).values())
    before = empty.get("postgresql", {})
    tables = {name: size - before.get(name, 0) for name, size in full["postgresql"].items()}
    return Grown(calls=calls, minutes=minutes, sqlite=pages, postgresql=tables)


def made_calls(workspace: Path, calls: int) -> tuple[str, float]:
    """Make calls of 900 words and score them; return the URL of their SQLite database, and the minutes of a call."""
    fill(workspace, calls)
    timed(workspace, RUBRIC)
    url = f"sqlite:///{(workspace / 'earmark.db').resolve()}"
    with closing(open_store(url)) as store, store.read() as connection:
        length_ms = connection.scalar(text("SELECT avg(duration_ms) FROM recordings")) or 0
    return url, float(length_ms) / 60_000


def copy_rows(source: Store, target: Store) -> None:
    """Copy every table; search is made anew there."""
    with source.read() as reading, target.begin() as writing:
        for table in metadata.sorted_tables:
            found = reading.execution_options(yield_per=_AT_ONCE).execute(select(table)).mappings()
            for some in found.partitions(_AT_ONCE):
                writing.execute(insert(table), [dict(row) for row in some])


def derive(store: Store) -> None:
    """Make overviews and the search index, as the console does beside requests."""
    while refresh_overviews(store, FlagSettings()):
        pass
    with store.begin() as connection:
        forget_all(connection)
    done = _AT_ONCE
    while done == _AT_ONCE:
        with store.begin() as connection:
            done = index_some(connection, most=_AT_ONCE)
    with store.begin() as connection:
        settle_index(connection)


def sizes(store: Store) -> dict[str, int]:
    """Return the bytes of each table with its indexes and long values; SQLite tells only of all together."""
    with store.read() as connection:
        if store.engine.dialect.name == "sqlite":
            pages = connection.scalar(
                text("SELECT page_count - freelist_count FROM pragma_page_count, pragma_freelist_count")
            )
            return {"": int(pages or 0) * int(connection.scalar(text("PRAGMA page_size")) or 0)}
        tables = text(
            "SELECT relname, pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r' AND relnamespace = "
        )
        found = connection.execute(text(f"{tables} current_schema()::regnamespace"))
        return {str(name): int(size) for name, size in found}
