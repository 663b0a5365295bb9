"""A million calls in PostgreSQL: some thousand are made as a run writes them, and the server copies their rows.

The calls are those of `benchmarks.console_calls`. Everything that the product derives (overviews, what search looks
in) is made by the product for the first calls and copied with them. Indexes and keys are taken off for the copying and
made anew by the statements that made them: to keep them up to date row by row would take hours.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Column, Connection, Table, Text, text

from benchmarks import console_calls as made
from pipeline.config import FlagSettings, Settings
from pipeline.detectors import assemble_detectors
from pipeline.reviewing.overviews import refresh_overviews
from pipeline.score.rubrics import find_rubric
from pipeline.store import tables
from pipeline.store.console_tables import call_overview_flags, call_overviews, searchable_calls
from pipeline.store.database import Store, open_store
from pipeline.store.measure_tables import call_measures
from pipeline.store.search_index import TURN_BITS, TURN_INDEX, index_some
from pipeline.store.tables import UtcDateTime

CALLS = 1_000_000
AGENTS = 2000
_BLOCKS_AT_ONCE = 10
_NUMBERS = 2 * made.BLOCK
"""Numbers of calls in search that one block may take."""
_COPIES_OF_AGENTS = AGENTS // made.AGENTS
_LATER_S = 31
"""Copies of a call begin one after the other, so that no two are alike in time."""

COPIED: tuple[Table, ...] = (
    tables.recordings,
    tables.steps,
    tables.scores,
    tables.criterion_results,
    tables.current_scores,
    tables.flags,
    tables.findings,
    tables.reviews,
    tables.sampled_calls,
    tables.queue_closings,
    call_overviews,
    call_overview_flags,
    call_measures,
    searchable_calls,
)


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """How long loading took, and what came of it."""

    calls: int
    made_s: float
    copied_s: float
    indexed_s: float
    size_gb: float

    def told(self) -> str:
        """Return it in a sentence."""
        return (
            f"{self.calls:,} calls of {AGENTS:,} agents, {self.size_gb:.1f} GB with indexes: the first "
            f"{min(self.calls, made.BLOCK):,} made in {self.made_s:.0f} s, copied by the server in {self.copied_s:.0f},"
            f" keys and indexes made in {self.indexed_s:.0f}."
        )


def load(url: str, calls: int) -> Loaded:
    """Fill a new PostgreSQL database with so many calls, the accounts of `benchmarks.console` beside them.

    Args:
        url: A new database.
        calls: How many; of more than a block, whole blocks.
    """
    store = open_store(url)
    started = time.perf_counter()
    _first_block(store, min(calls, made.BLOCK))
    made_at = time.perf_counter()
    _say(f"{min(calls, made.BLOCK):,} calls made in {made_at - started:.0f} s")
    with store.begin() as connection, _without_keys(connection, [*(each.name for each in COPIED), TURN_INDEX]) as anew:
        _keep_block(connection)
        blocks = calls // made.BLOCK
        for first in range(1, blocks, _BLOCKS_AT_ONCE):
            copies = range(first, min(first + _BLOCKS_AT_ONCE, blocks))
            _copy_blocks(connection, copies)
            _say(f"{(copies[-1] + 1) * made.BLOCK:,} calls after {time.perf_counter() - made_at:.0f} s")
        copied_at = time.perf_counter()
        _say(f"copied in {copied_at - made_at:.0f} s; making keys and indexes")
        anew()
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE)"))
        size = connection.scalar(text("SELECT pg_database_size(current_database())")) or 0
    indexed_at = time.perf_counter()
    store.close()
    return Loaded(
        calls=calls,
        made_s=made_at - started,
        copied_s=copied_at - made_at,
        indexed_s=indexed_at - copied_at,
        size_gb=size / 1e9,
    )


def _first_block(store: Store, calls: int) -> None:
    """Make the first calls, and let the product derive what it derives."""
    settings = Settings()
    detectors = assemble_detectors(settings)
    talks = [made.conversation(detectors, seed, made.WORDS) for seed in range(made.CONVERSATIONS)]
    rubric = find_rubric(made.RUBRIC, settings.score.rubrics_dir)
    variants = [made.variant(rubric, talks[number % made.CONVERSATIONS], number) for number in range(made.VARIANTS)]
    made.put_people(store)
    texts = [made.canonical_json(made.to_data(talk.transcript)) for talk in talks]
    found = made.put_conversations(store, talks)
    material = made.Material(talks=talks, texts=texts, variants=variants, found=found)
    for first in range(0, calls, made.AT_ONCE):
        made.put(store, range(first, min(first + made.AT_ONCE, calls)), material)
    while refresh_overviews(store, FlagSettings()):
        pass
    done = made.AT_ONCE
    while done == made.AT_ONCE:
        with store.begin() as connection:
            done = index_some(connection, most=made.AT_ONCE)


@contextmanager
def _without_keys(connection: Connection, names: list[str]) -> Iterator[Callable[[], None]]:
    """Take keys and indexes off some tables, and give what makes them anew."""
    connection.execute(text("SET LOCAL maintenance_work_mem = '1GB'"))
    connection.execute(text("SET LOCAL max_parallel_maintenance_workers = 2"))
    keys = connection.execute(
        text(
            "SELECT conrelid::regclass::text AS named, conname, pg_get_constraintdef(oid) AS made_by, contype "
            "FROM pg_constraint WHERE connamespace = current_schema()::regnamespace "
            "AND (conrelid::regclass::text = ANY(:names) OR confrelid::regclass::text = ANY(:names)) "
            "AND contype IN ('f', 'p', 'u') ORDER BY CASE contype WHEN 'f' THEN 0 ELSE 1 END, named, conname"
        ),
        {"names": names},
    ).all()
    indexes = connection.execute(
        text(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = ANY(:names)"
            " AND indexname NOT IN (SELECT conname FROM pg_constraint)"
        ),
        {"names": names},
    ).all()
    for key in keys:  # those that refer to others stand first
        connection.execute(text(f'ALTER TABLE {key.named} DROP CONSTRAINT "{key.conname}"'))
    for index in indexes:
        connection.execute(text(f'DROP INDEX "{index.indexname}"'))

    def anew() -> None:
        for key in reversed(keys):
            statement = f'ALTER TABLE {key.named} ADD CONSTRAINT "{key.conname}" {key.made_by}'
            connection.exec_driver_sql(statement + (" NOT VALID" if key.contype == "f" else ""))
        for index in indexes:
            connection.exec_driver_sql(index.indexdef)

        after = f"SELECT setval(pg_get_serial_sequence('{searchable_calls.name}', 'number'), max(number))"
        connection.exec_driver_sql(f"{after} FROM {searchable_calls.name}")

    yield anew


def _keep_block(connection: Connection) -> None:
    """Put the first calls aside: without indexes nothing finds them again among the others."""
    for table in COPIED:
        kept = f"SELECT * FROM {table.name} WHERE {_call_id(table)} BETWEEN 'c-0' AND 'c-1'"  # noqa: S608
        connection.exec_driver_sql(f"CREATE TEMPORARY TABLE block_{table.name} ON COMMIT DROP AS {kept}")
    connection.exec_driver_sql(
        f"CREATE TEMPORARY TABLE block_{TURN_INDEX} ON COMMIT DROP AS SELECT * FROM {TURN_INDEX}"  # noqa: S608
    )


def _copy_blocks(connection: Connection, copies: range) -> None:
    """Write the first calls once more for each number, under ids, times and agents of their own."""
    numbers = f"generate_series({copies[0]}, {copies[-1]}) AS copy"
    for table in COPIED:
        columns = ", ".join(column.name for column in table.columns)
        values = ", ".join(_copied(column, _call_id(table)) for column in table.columns)
        source = f"SELECT {values} FROM {numbers} CROSS JOIN block_{table.name}"  # noqa: S608
        connection.exec_driver_sql(f"INSERT INTO {table.name} ({columns}) {source}")
    turn_id = f"turn_id + copy::bigint * {_NUMBERS * 2**TURN_BITS}"
    source = f"SELECT {turn_id}, words, role, position, start_ms, text FROM {numbers} CROSS JOIN block_{TURN_INDEX}"  # noqa: S608
    connection.exec_driver_sql(f"INSERT INTO {TURN_INDEX} (turn_id, words, role, position, start_ms, text) {source}")


def _call_id(table: Table) -> str:
    return "substr(score_id, 3)" if table is tables.criterion_results else "call_id"


def _copied(column: Column[object], call_id: str) -> str:
    """Return what stands in a column of a copy. Every id of a call holds the call's, so one replacement makes all."""
    name, group = column.name, f"mod(copy, {_COPIES_OF_AGENTS})"
    new_id = f"'c-' || lpad((substr({call_id}, 3)::integer + copy * {made.BLOCK})::text, 8, '0')"
    by_name = {
        "number": f"number + copy * {_NUMBERS}",
        "started_s": f"started_s + copy * {_LATER_S}",
        "agent_id": f"'agent-' || lpad((substr(agent_id, 7)::integer + {group} * {made.AGENTS})::text, 3, '0')",
        "team": f"'team-' || lpad((substr(team, 6)::integer + {group} * {made.TEAMS})::text, 2, '0')",
    }
    if name in by_name:
        return by_name[name]
    if isinstance(column.type, UtcDateTime):
        return f"{name} + copy * interval '{_LATER_S} seconds'"
    return f"replace({name}, {call_id}, {new_id})" if isinstance(column.type, Text) else name


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)
