"""The audit log, newest first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from pipeline.audit.log import record_act, written
from pipeline.records import EVERYTHING, Scope
from pipeline.store.audit import AskedEntries
from pipeline.store.listed import Part, part_of_log
from pipeline.store.log_pages import has_entry, known_actors, newest_entries
from pipeline.store.state import state_of_results
from tests.store.builders import taken_in

BEGAN = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def log(connection: Connection) -> Connection:
    """Six entries of three people on two calls of two teams."""
    taken_in(connection, "c-n", team="north", sha256="n")
    taken_in(connection, "c-s", team="south", sha256="s")
    acts = [
        ("ann", "view", ("call", "c-n")),
        ("bob", "view", ("call", "c-s")),
        ("ann", "session start", ("session", "x")),
        ("ann", "sessions", ("session", "x")),
        ("olive", "export", ("pack", "c-s")),
        ("bob", "session", ("session", "y")),
    ]
    for n, (actor, action, subject) in enumerate(acts):
        at = BEGAN + timedelta(days=n)
        record_act(connection, actor=actor, action=action, subject=subject, details={}, now=at)
    return connection


def numbers(connection: Connection, asked: AskedEntries | None = None, **options: Any) -> list[int]:
    given = {"scope": EVERYTHING, "actor": "olive", "limit": 99, **options}
    return [entry.sequence for entry in newest_entries(connection, asked or AskedEntries(), **given)]


def test_entries_come_newest_first_in_pieces(log: Connection) -> None:
    assert numbers(log, limit=4) == [6, 5, 4, 3]
    assert numbers(log, below=3) == [2, 1]
    assert numbers(log, below=1) == []


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        (AskedEntries(actor="ann"), [4, 3, 1]),
        (AskedEntries(action="session"), [6, 3]),  # not "sessions"
        (AskedEntries(subject_id="c-s"), [5, 2]),
        (AskedEntries(since=written(BEGAN + timedelta(days=4))), [6, 5]),
        (AskedEntries(before=written(BEGAN + timedelta(days=1))), [1]),
        (AskedEntries(actor="ann", action="view", subject_id="c-s"), []),
        (AskedEntries(action="%"), []),
    ],
)
def test_entries_are_filtered(log: Connection, asked: AskedEntries, wanted: list[int]) -> None:
    assert numbers(log, asked) == wanted


def test_scope_leaves_entries_on_its_calls_and_ones_own(log: Connection) -> None:
    assert numbers(log, scope=Scope(teams=("north",))) == [5, 1]
    assert numbers(log, scope=Scope(teams=("south",)), actor="nobody") == [2]  # a pack is no call, whatever its id
    assert numbers(log, scope=Scope(teams=()), actor="nobody") == []


def test_parts_of_the_log_keep_to_the_same_scope(log: Connection) -> None:
    def part(scope: Scope, actor: str, after: int | None = None) -> list[int]:
        wanted = Part(scope=scope, limit=2, after=None if after is None else (after,))
        return [entry.sequence for entry in part_of_log(log, wanted, AskedEntries(), actor=actor)]

    assert part(EVERYTHING, "nobody") == [1, 2]
    assert part(Scope(teams=("north",)), "olive") == [1, 5]
    assert part(Scope(teams=("north",)), "olive", after=1) == [5]
    assert part(Scope(teams=("south",)), "nobody") == [2]
    assert part(Scope(teams=()), "nobody") == []


def test_actors_are_known_once_each(log: Connection) -> None:
    assert known_actors(log) == ["ann", "bob", "olive"]


def test_entry_is_found_by_what_was_done_to_what(log: Connection) -> None:
    assert has_entry(log, action="export", subject=("pack", "c-s"))
    assert not has_entry(log, action="export", subject=("call", "c-s"))
    assert not has_entry(log, action="view", subject=("pack", "c-s"))


def test_state_is_nothing_before_the_first_score(log: Connection) -> None:
    assert state_of_results(log) == (None, None)
