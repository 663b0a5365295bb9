"""Two databases compared."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Table, insert, select

from pipeline.audit.log import record_act
from pipeline.records import FindingKind, Heard
from pipeline.store.database import open_store
from pipeline.store.failures import put_failure
from pipeline.store.history import put_heard
from pipeline.store.snapshot import dump
from pipeline.store.steps import put_step
from pipeline.store.tables import WHEN, UtcDateTime, metadata
from tests.factories import finding, transcript
from tests.store.builders import LATER, NOW, flag, score, scored, taken_in
from tests.store.test_findings import judged


def _made_row(table: Table, call_id: str, now: datetime) -> dict[str, object]:
    """A row of what people said about a call: these tables only refer to each other and to what a call has anyway."""
    known = {"call_id": call_id, "score_id": f"s-{call_id}", "flag_id": f"fl-{call_id}"}

    def value(column: Column[Any]) -> object:
        if column.name in known:
            return known[column.name]
        if isinstance(column.type, UtcDateTime):
            return now if column.info == WHEN else NOW
        if column.primary_key and column.type.python_type is int:
            return int(call_id.encode().hex(), 16) % 1_000_003
        made = {bytes: call_id.encode(), date: NOW.date(), int: 1, float: 0.5, bool: True}
        return made.get(column.type.python_type, f"{column.name} of {call_id}")

    return {column.name: value(column) for column in table.columns}


def _filled(url: str, order: list[str], now: datetime) -> dict[str, list[dict[str, object]]]:
    store = open_store(url)
    with store.begin() as connection:
        for call_id in order:
            call = taken_in(connection, call_id)
            put_heard(connection, call, Heard(reply_words=3, outcomes={"asked": FindingKind.ABSENT}))
            spoken = transcript(("agent", "hello"), call_id=call_id)
            put_step(connection, f"k-{call_id}", call_id=call_id, step="transcript", record=spoken, now=now)
            made = score(call_id, f"s-{call_id}")
            scored(connection, made, flag(f"fl-{call_id}", of=made), now=now)
            judged(connection, call_id, finding(f"rule-{call_id}"), score_id="again")
            put_failure(connection, call_id, step="score", reason="x", now=now)
        said = [
            t for t in metadata.sorted_tables if t.name != "audit_log" and not connection.execute(select(t)).first()
        ]
        for call_id in order:
            for table in said:
                connection.execute(insert(table), _made_row(table, call_id, now))
        for call_id in sorted(order):
            record_act(connection, actor="a", action="view", subject=("call", call_id), details={}, now=now)
        snapshot = dump(connection)
    store.close()
    return snapshot


def test_dump_is_the_same_whatever_the_order_the_time_and_the_database(store_url: str, tmp_path: Path) -> None:
    one = _filled(store_url, ["c-B", "c-a", "c-1"], NOW)
    two = _filled(f"sqlite:///{tmp_path / 'two.db'}", ["c-1", "c-B", "c-a"], LATER)
    assert one == two
    assert json.loads(json.dumps(one)) == one
    assert set(one) == set(metadata.tables)
    assert all(rows and len(rows) % 3 == 0 for rows in one.values())


def test_dump_shows_every_difference_but_when_it_was_written(store_url: str) -> None:
    snapshot = _filled(store_url, ["c-1"], NOW)
    shown = {(table, column) for table, rows in snapshot.items() for column in rows[0]}
    every = {(table.name, column.name): column for table in metadata.sorted_tables for column in table.columns}
    written = {name for name, column in every.items() if column.info == WHEN}
    assert {("scores", "made_at"), ("flags", "raised_at"), ("audit_log", "hash"), ("reviews", "made_at")} < written
    assert every.keys() - shown == written
    assert snapshot["recordings"][0]["started_at"] == "2026-10-05T13:30:00+00:00"
