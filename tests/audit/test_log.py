"""Every act is chained to the one before, whoever writes at the same time, and no change goes unnoticed."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Connection, update

from pipeline.audit.log import BEGINNING, EMPTY, Head, check_log, current_head, entry_hash, read_head, record_act
from pipeline.errors import ConfigError
from pipeline.store.audit import AskedEntries, AuditEntry, entries
from pipeline.store.database import Store
from pipeline.store.tables import audit_log

NOW = datetime(2026, 11, 22, 4, 29, 13, 5, tzinfo=UTC)
ACTORS, ACTIONS = ("maria", "tom", "root"), ("view", "export", "edit", "deletion")


def _act(connection: Connection, number: int = 0, **changes: object) -> Head:
    given = {
        "actor": ACTORS[number % 3],
        "action": ACTIONS[number % 4],
        "subject": ("call", f"c-{number:04d}"),
        "details": {"number": number, "name": "März"},
        "now": NOW + timedelta(minutes=number),
    }
    return record_act(connection, **{**given, **changes})  # type: ignore[arg-type]


def test_record_act_keeps_what_was_done_and_chains_it(connection: Connection) -> None:
    assert current_head(connection) == EMPTY
    heads = [_act(connection, number) for number in range(3)]
    one, two, three = entries(connection)
    assert (one.sequence, two.sequence, three.sequence) == (1, 2, 3)
    assert (one.at, one.actor, one.action, one.subject_kind, one.subject_id) == (
        "2026-11-22T04:29:13.000005Z",
        "maria",
        "view",
        "call",
        "c-0000",
    )
    assert one.details == '{"name":"März","number":0}'
    assert [one.previous_hash, two.previous_hash, three.previous_hash] == [BEGINNING, one.hash, two.hash]
    assert heads[-1] == current_head(connection) == Head(count=3, hash=three.hash)
    assert check_log(connection, {"then": heads[0], "now": heads[-1]}).problems == ()


def test_record_act_writes_every_zone_as_utc_and_refuses_none(connection: Connection) -> None:
    _act(connection, now=datetime(2026, 11, 22, 9, 0, tzinfo=timezone(timedelta(hours=5, minutes=30))))
    assert [entry.at for entry in entries(connection)] == ["2026-11-22T03:30:00.000000Z"]
    with pytest.raises(ValueError, match="without a zone"):
        _act(connection, now=datetime(2026, 11, 22))  # noqa: DTZ001


def test_entry_hash_is_the_one_that_the_page_tells() -> None:
    """The recipe may not change: logs of years hang on it."""
    entry = AuditEntry(
        sequence=1,
        at="2026-11-22T04:29:13.000000Z",
        actor="maria",
        action="view",
        subject_kind="call",
        subject_id="c-1",
        details="{}",
        previous_hash=BEGINNING,
        hash="",
    )
    assert entry_hash(entry) == "2a58b58eb2465b923f7f748dbf0466a4a2b461db15c82d72ed4bb1812f120f19"
    assert entry_hash(replace(entry, hash="x")) == entry_hash(entry)
    for name in asdict(entry).keys() - {"hash"}:
        other = 2 if name == "sequence" else f"{getattr(entry, name)} "
        assert entry_hash(replace(entry, **{name: other})) != entry_hash(entry)


def test_record_act_that_is_undone_leaves_no_hole(store: Store) -> None:
    with store.begin() as connection:
        _act(connection, 1)

    def undone() -> None:
        with store.begin() as connection:
            _act(connection, 2)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        undone()
    with store.begin() as connection:
        assert _act(connection, 3).count == 2
        assert check_log(connection, {}).problems == ()


def test_record_act_by_many_at_once_gives_one_chain(store: Store) -> None:
    def act(number: int) -> int:
        with store.begin() as connection:
            return _act(connection, number).count

    with ThreadPoolExecutor(6) as pool:
        counts = list(pool.map(act, range(60)))
    assert sorted(counts) == list(range(1, 61))
    with store.read() as connection:
        assert check_log(connection, {}) == check_log(connection, {"now": current_head(connection)})
        assert check_log(connection, {}).problems == ()


def test_entries_can_be_narrowed(connection: Connection) -> None:
    for number in range(8):
        _act(connection, number)

    def asked(**wanted: str) -> list[int]:
        return [entry.sequence for entry in entries(connection, AskedEntries(**wanted))]

    assert asked(actor="tom") == [2, 5, 8]
    assert asked(action="edit") == [3, 7]
    assert asked(actor="tom", action="edit") == []
    assert asked(subject_id="c-0004") == [5]
    assert asked(since="2026-11-22T04:31", before="2026-11-22T04:33") == [3, 4]


def test_entries_are_read_in_portions(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.store.audit._ROWS_AT_ONCE", 3)
    for number in range(7):
        _act(connection, number)
    assert [entry.sequence for entry in entries(connection)] == [1, 2, 3, 4, 5, 6, 7]
    assert [entry.sequence for entry in entries(connection, AskedEntries(actor="maria"))] == [1, 4, 7]


@pytest.mark.parametrize("text", ["", "12", "12:abc", "-1:" + "0" * 64, "1:" + "g" * 64, "1:" + "0" * 65])
def test_read_head_refuses_what_is_none(text: str) -> None:
    with pytest.raises(ConfigError, match="earmark audit log"):
        read_head(text)


def test_read_head_reads_what_is_printed() -> None:
    head = Head(count=12, hash="a1" * 32)
    assert read_head(f" {str(head).upper()}\n") == head


# --- 1,000 random changes ---------------------------------------------------------------------------------------------

CHANGES = 1000
LENGTH = 12
Rows = list[dict[str, object]]


def _rows(connection: Connection) -> Rows:
    return [asdict(entry) for entry in entries(connection)]


def _field(rng: random.Random, rows: Rows) -> str:
    row = rng.choice(rows)
    name = rng.choice([name for name in row if name != "sequence"])
    text = str(row[name])
    at = rng.randrange(len(text))
    row[name] = text[:at] + chr(ord(text[at]) ^ (1 << rng.randrange(5))) + text[at + 1 :]
    return f"bit of {name}"


def _sealed_field(rng: random.Random, rows: Rows) -> str:
    row = rng.choice(rows)
    row[rng.choice(["actor", "action", "subject_id"])] = f"x{rng.random()}"
    row["hash"] = entry_hash(AuditEntry(**row))  # type: ignore[arg-type]
    return "a row, with its hash"


def _removed(rng: random.Random, rows: Rows) -> str:
    rows.pop(rng.randrange(len(rows)))
    return "a row removed"


def _removed_and_closed(rng: random.Random, rows: Rows) -> str:
    rows.pop(at := rng.randrange(len(rows)))
    for number, row in enumerate(rows[at:], start=at + 1):
        row["sequence"] = number
    return "a row removed, numbers closed"


def _inserted(rng: random.Random, rows: Rows) -> str:
    at = rng.randrange(len(rows) + 1)
    rows.insert(at, {**rng.choice(rows), "actor": "nobody"})
    for number, row in enumerate(rows, start=1):
        row["sequence"] = number
    rows[at]["hash"] = entry_hash(AuditEntry(**rows[at]))  # type: ignore[arg-type]
    return "a row inserted"


def _swapped(rng: random.Random, rows: Rows) -> str:
    one, other = rng.sample(range(len(rows)), 2)
    rows[one]["sequence"], rows[other]["sequence"] = rows[other]["sequence"], rows[one]["sequence"]
    return "two rows swapped"


def _cut(rng: random.Random, rows: Rows) -> str:
    del rows[rng.randrange(len(rows)) :]
    return "the end cut off"


def _begun_anew(rng: random.Random, rows: Rows) -> str:
    """All hashes computed anew along the chain: only a head kept elsewhere shows it."""
    rows[rng.randrange(len(rows))]["actor"] = f"x{rng.random()}"
    previous = BEGINNING
    for row in rows:
        row["previous_hash"] = previous
        previous = row["hash"] = entry_hash(AuditEntry(**row))  # type: ignore[arg-type]
    return "the whole chain anew"


def _spelled_anew(rng: random.Random, rows: Rows) -> str:
    row = rng.choice(rows)
    name, other = rng.choice([("details", " "), ("at", "+00:00"), ("hash", "A"), ("previous_hash", " ")])
    row[name] = f"{row[name]}{other}"
    return f"{name} spelled anew"


KINDS: tuple[Callable[[random.Random, Rows], str], ...] = (
    *(_field, _sealed_field, _removed, _removed_and_closed, _inserted, _swapped, _cut, _begun_anew, _spelled_anew),
)


def test_check_log_notices_1000_of_1000_random_changes(store: Store) -> None:
    rng = random.Random(20261122)
    with store.begin() as connection:
        for number in range(LENGTH):
            head = _act(connection, number)
        whole = _rows(connection)
    missed = []
    for number in range(CHANGES):
        rows = [dict(row) for row in whole]
        told = KINDS[number % len(KINDS)](rng, rows)
        assert rows != whole, told
        with store.engine.connect() as connection, connection.begin() as transaction:
            connection.execute(audit_log.delete())
            if rows:
                connection.execute(audit_log.insert(), rows)
            if not check_log(connection, {"the head kept": head}).problems:
                missed.append(told)
            transaction.rollback()
    assert missed == []


@pytest.mark.parametrize(
    ("where", "values", "said"),
    [
        (3, {"actor": "x"}, "entry 3 was changed"),
        (3, {"hash": "0" * 64}, "entry 4 does not belong behind entry 3"),
        (3, {"sequence": 30}, "entry 4 follows entry 2: entry 3 is missing"),
    ],
)
def test_check_log_says_where_it_was_changed(
    connection: Connection, where: int, values: dict[str, object], said: str
) -> None:
    for number in range(5):
        _act(connection, number)
    connection.execute(update(audit_log).where(audit_log.c.sequence == where).values(**values))
    assert any(problem.startswith(said) for problem in check_log(connection, {}).problems)


def test_check_log_tells_a_cut_end_only_where_a_head_was_kept(connection: Connection) -> None:
    heads = [_act(connection, number) for number in range(5)]
    connection.execute(audit_log.delete().where(audit_log.c.sequence > 3))
    assert check_log(connection, {}).problems == ()
    assert check_log(connection, {"a note of March": heads[2]}).problems == ()
    (problem,) = check_log(connection, {"a note of May": heads[4]}).problems
    assert "the log ends at entry 3, a note of May is 5:" in problem
    assert "entries 4 to 5 were cut off" in problem


def test_check_log_ends_a_long_list(connection: Connection) -> None:
    for number in range(60):
        _act(connection, number)
    connection.execute(update(audit_log).values(actor="x"))
    problems = check_log(connection, {}).problems
    assert len(problems) == 51
    assert problems[-1] == "and 10 more like these"


def test_check_log_of_many_changes_still_knows_where_the_log_ends(connection: Connection) -> None:
    for number in range(60):
        head = _act(connection, number)
    connection.execute(update(audit_log).values(actor="x"))
    other = Head(count=55, hash="0" * 64)
    found = check_log(
        connection, {"the head kept": head, "a note": other, "a later note": Head(count=62, hash="1" * 64)}
    )
    assert found.head == head
    assert [problem.split(" (")[0].split(":")[0] for problem in found.problems[51:]] == [
        "entry 55 is not the one that a note names",
        "the log ends at entry 60, a later note is 62",
    ]
