"""A call is taken out of every table, and no other call is touched."""

from __future__ import annotations

import json

from sqlalchemy import Connection, func, select

from pipeline.store.coaching import get_session
from pipeline.store.console_tables import coaching_session_items, coaching_sessions
from pipeline.store.erase import BLANKED, BY_NAME, KEPT, count_rows, erase_call, reached_tables
from pipeline.store.migrate import metadata
from pipeline.store.snapshot import dump
from pipeline.store.tables import calibration_sessions
from tests.retention.filled import call_id, fill, marker, turns_of


def test_every_table_is_reached_or_named_with_a_reason() -> None:
    """A new table that no foreign key leads to from a call has to be looked at by a person."""
    reached = {table.name for table in reached_tables()}
    assert not reached & (KEPT.keys() | BY_NAME.keys())
    assert not KEPT.keys() & BY_NAME.keys()
    assert reached | KEPT.keys() | BY_NAME.keys() == set(metadata.tables)


def test_no_word_and_no_id_of_an_erased_call_is_left_in_any_table(connection: Connection) -> None:
    fill(connection, 2)
    before = dump(connection)
    fill(connection, 1)
    told = {table: json.dumps(rows) for table, rows in dump(connection).items()}
    for table in reached_tables():  # else the test below could not fail
        assert call_id(1) in told[table.name] or marker(1) in told[table.name], table.name

    counts = erase_call(connection, call_id(1), match_within_s=30)

    after = dump(connection)
    hexadecimal = marker(1).encode().hex()
    for table, rows in after.items():
        left = json.dumps(rows)
        if table not in KEPT:
            assert call_id(1) not in left, table
        assert marker(1) not in left, table
        assert hexadecimal not in left, table
    assert turns_of(connection) == [f"hello {marker(2)}"]
    stay = {*KEPT, "coaching_sessions", "coaching_acknowledgements"}
    assert {table: rows for table, rows in after.items() if table not in stay} == {
        table: rows for table, rows in before.items() if table not in stay
    }
    assert set(counts) == {table.name for table in reached_tables()} | {
        *BY_NAME.keys() - {"coaching_acknowledgements", "session_closings"},
        "turn_index",
    }
    assert set(counts.values()) == {1}


def test_a_plan_counts_the_rows_that_would_go_and_changes_nothing(connection: Connection) -> None:
    fill(connection, 1)
    fill(connection, 2)
    before = dump(connection)
    counted = count_rows(connection, [call_id(1), call_id(2)])
    assert dump(connection) == before
    assert set(counted) == {table.name for table in reached_tables()} | {"turn_index"}
    assert set(counted.values()) == {2}


def test_a_coaching_session_keeps_its_words_while_another_call_is_behind_it(connection: Connection) -> None:
    fill(connection, 1)
    fill(connection, 2)
    session, item = coaching_sessions.c.session_id, coaching_session_items.c
    [first, second] = connection.scalars(select(session).order_by(session))
    connection.execute(coaching_session_items.update().values(session_id=first))

    erase_call(connection, call_id(1), match_within_s=30)
    assert marker(1) in get_session(connection, first).session.notes
    erase_call(connection, call_id(2), match_within_s=30)
    assert get_session(connection, first).session.notes == BLANKED
    assert get_session(connection, first).session.action == BLANKED
    assert marker(2) in get_session(connection, second).session.notes, "it was about none of these calls"
    assert connection.scalar(select(func.count()).select_from(coaching_session_items).where(item.item_id != "")) == 0


def test_a_calibration_session_goes_with_its_last_call(connection: Connection) -> None:
    fill(connection, 1)
    fill(connection, 2)
    both = json.dumps([{"call_id": call_id(number), "score_id": "s"} for number in (1, 2)])
    connection.execute(calibration_sessions.update().values(calls=both))

    erase_call(connection, call_id(1), match_within_s=30)
    left = [json.loads(calls) for calls in connection.scalars(select(calibration_sessions.c.calls))]
    assert left == [[{"call_id": call_id(2), "score_id": "s"}]] * 2
    erase_call(connection, call_id(2), match_within_s=30)
    assert connection.scalar(select(func.count()).select_from(calibration_sessions)) == 0
