"""The situation of a workspace: whole, and read without going through all calls."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Connection, event

from flows.situation import free_bytes
from pipeline.store.backlog import Backlog, Counted
from pipeline.store.database import Store
from pipeline.store.failures import put_failure
from pipeline.store.throughput import Done
from pipeline.watching.situation import read_situation
from tests.store.builders import NOW, rejected, score, scored, taken_in

LARGE = ("recordings", "scores", "current_scores", "files")


def fill(store: Store) -> None:
    with store.begin() as connection:
        for call_id in ("c-1", "c-2", "c-3"):
            taken_in(connection, call_id, sha256=call_id, started_at=NOW)
        scored(connection, score("c-1", "s-1"), now=NOW + timedelta(minutes=1))
        put_failure(connection, "c-2", step="process", reason="gone", now=NOW)
        rejected(connection)


def test_situation_of_nothing_is_told_too(store: Store) -> None:
    found = read_situation(store, now=NOW, free_bytes=None)
    assert (found.backlog, found.hour, found.day) == (Backlog(), Done(), Done())
    assert (found.failed, found.held_back, found.remaining_s, found.failed_share) == (0, 0, 0.0, None)
    assert (found.last_taken_in_at, found.last_scored_at, found.free_bytes) == (None, None, None)
    assert found.database_bytes > 0


def test_situation_is_all_that_is_known(store: Store) -> None:
    fill(store)
    found = read_situation(store, now=NOW + timedelta(minutes=31), free_bytes=7)
    assert found.backlog == Backlog(fresh=1, audio_ms=60_000, fresh_since=NOW)
    assert found.queue_age_s == 31 * 60
    assert (found.hour.scored, found.day.scored, found.hour.failed) == (1, 1, 1)
    assert (found.failed, found.reasons) == (1, (Counted(kind="gone", count=1),))
    assert (found.held_back, found.codes) == (1, (Counted(kind="unreadable", count=1),))
    assert (found.last_taken_in_at, found.last_scored_at) == (NOW, NOW + timedelta(minutes=1))
    assert found.remaining_s == 30 * 60
    assert found.failed_share == 0.5
    assert found.free_bytes == 7


def test_situation_takes_a_day_that_was_read_before(store: Store) -> None:
    day = Done(scored=99)
    assert read_situation(store, now=NOW, free_bytes=None, day=day).day is day


def test_situation_never_goes_through_all_calls(store: Store) -> None:
    fill(store)
    asked: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    event.listen(store.engine, "before_cursor_execute", note)
    read_situation(store, now=NOW, free_bytes=None)
    event.remove(store.engine, "before_cursor_execute", note)
    with store.read() as connection:
        if connection.dialect.name == "postgresql":  # which scans tables as small as these, unless it is told not to
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plans = [
            (statement, plan_of(connection, statement, parameters))
            for statement, parameters in asked
            if statement.lstrip().upper().startswith(("SELECT", "WITH"))
        ]
    assert len(plans) >= 10
    scans = {f"Seq Scan on {table}" for table in LARGE} | {f"SCAN {table}" for table in LARGE}
    assert [statement for statement, plan in plans if any(plan_has(plan, scan) for scan in scans)] == []


def plan_of(connection: Connection, statement: str, parameters: Any) -> list[str]:
    sqlite = connection.dialect.name == "sqlite"
    rows = connection.exec_driver_sql(f"EXPLAIN {'QUERY PLAN ' if sqlite else ''}{statement}", parameters)
    return [str(row[-1] if sqlite else row[0]) for row in rows]


def plan_has(plan: list[str], scan: str) -> bool:
    """Tell whether a plan reads a table as a whole."""
    return any(f"{scan} " in f"{line} " for line in plan)


def test_room_is_that_of_the_disk_on_which_a_workspace_will_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = {tmp_path: 7}
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=room[folder]))
    assert free_bytes(tmp_path / "not" / "yet") == 7

    def gone(folder: Path) -> None:
        raise OSError

    monkeypatch.setattr("shutil.disk_usage", gone)
    assert free_bytes(tmp_path) is None
