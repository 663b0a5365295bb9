"""How much a database grows by 1,000 calls, on SQLite and PostgreSQL: of calls that were recognised, and of made ones.

What the console keeps beside scores is counted too: overviews, and the index that search looks in. Made calls are those
of `benchmarks.rescore` (900 words, every step's result), scored by a rubric of 20 questions.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select, text

from benchmarks.rescore import fill, timed
from pipeline.config import FlagSettings
from pipeline.reviewing.overviews import refresh_overviews
from pipeline.store.database import Store, open_store
from pipeline.store.search_index import forget_all, index_some, settle_index
from pipeline.store.tables import metadata, recordings, steps

RUBRIC = "bank-support"
LARGEST = 6
LEAST = 1000
IDS = frozenset(
    {"call_id", "score_id", "key", "facts_key", "transcript_key", "flag_id", "media_uri", "file_id", "change_id"}
)
"""Columns that hold ids and keys of a call, in the tables that a run writes."""
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


def grown(source_url: str, urls: Sequence[str], *, minutes: float, least: int = LEAST) -> Grown:
    """Return what calls take in both kinds of database, once all that is derived was made.

    Args:
        source_url: A database with calls.
        urls: A new database of each kind; the calls are copied there.
        minutes: How long a call is.
        least: A call is copied under ids of its own until there are so many: of a few calls, half-empty pages count
            more than rows.
    """
    calls, sizes = 0, {}
    for url in urls:
        with closing(open_store(source_url)) as source, closing(open_store(url)) as target:
            empty = sizes_of(target)
            with source.read() as reading:
                once = reading.scalar(select(func.count()).select_from(recordings)) or 0
            copies = math.ceil(least / once)
            for number in range(copies):
                copy_rows(source, target, number)
            derive(target)
            full = sizes_of(target)
        calls = once * copies
        sizes[target.engine.dialect.name] = {name: size - empty.get(name, 0) for name, size in full.items()}
    return Grown(calls=calls, minutes=minutes, sqlite=sizes["sqlite"][""], postgresql=sizes["postgresql"])


def made_calls(workspace: Path, calls: int) -> tuple[str, float]:
    """Make calls of 900 words and score them; return the URL of their SQLite database, and the minutes of a call."""
    fill(workspace, calls)
    timed(workspace, RUBRIC)
    url = f"sqlite:///{(workspace / 'earmark.db').resolve()}"
    with closing(open_store(url)) as store, store.read() as connection:
        length_ms = connection.scalar(text("SELECT avg(duration_ms) FROM recordings")) or 0
    return url, float(length_ms) / 60_000


def copy_rows(source: Store, target: Store, number: int) -> None:
    """Copy every table, under ids that end in a number; search is made anew there.

    What belongs to no call, such as the versions of rules, is copied the first time only.
    """
    with source.read() as reading, target.begin() as writing:
        keys = set(reading.scalars(select(steps.c.key)))
        for table in metadata.sorted_tables:
            named = [column.name for column in table.columns if column.name in IDS]
            if number and not named:
                continue
            left = {column.name for column in table.columns if column.name == "number"}
            found = reading.execution_options(yield_per=_AT_ONCE).execute(select(table)).mappings()
            for some in found.partitions(_AT_ONCE):
                rows = [{name: value for name, value in row.items() if name not in left} for row in some]
                writing.execute(insert(table), [_renamed(row, named, keys, f"-{number}") for row in rows])


def _renamed(row: dict[str, Any], named: Sequence[str], keys: set[str], ending: str) -> dict[str, Any]:
    changed = {name: f"{row[name]}{ending}" for name in named if row[name] is not None}
    if row.get("step") == "facts":  # names the keys of the other steps
        told = json.loads(row["payload"])
        changed["payload"] = json.dumps(
            {name: f"{key}{ending}" if key in keys else key for name, key in told.items()}, separators=(",", ":")
        )
    return {**row, **changed}


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


def sizes_of(store: Store) -> dict[str, int]:
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
