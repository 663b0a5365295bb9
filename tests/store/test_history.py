"""The earlier calls of a customer, on both databases: by the index for one call, in one sweep for all of them."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select, text

from pipeline.records import CallHistory, EarlierRequest, FindingKind, Heard, HistoryNeeds, Recording
from pipeline.store.customer_calls import judged_calls
from pipeline.store.database import Store
from pipeline.store.history import MOST_CALLS, customers_of, in_order_of_time, put_heard, read_history
from pipeline.store.intake import put_intake
from pipeline.store.tables import heard_calls, heard_rules, recordings
from tests.factories import recording
from tests.store.builders import LATER, Outcome, taken_in

AT = datetime(2026, 10, 12, 13, tzinfo=UTC)
RULE = "do-not-call-request"
NEEDS = HistoryNeeds(days=7, rules=(RULE,), fields=("debt_ref",))


def called(connection: Connection, call_id: str, days_ago: float | None, **changes: Any) -> Recording:
    """A call of C-1 about D-1, so many days before AT; None for one of unknown time."""
    at = None if days_ago is None else AT - timedelta(days=days_ago)
    given = {
        "customer_ref": "C-1",
        "started_at": at,
        "direction": "outbound",
        "metadata": {"debt_ref": "D-1", "x": "y"},
    }
    return taken_in(connection, call_id, **{**given, **changes})


def heard(connection: Connection, call: Recording, kind: str | None = None, words: int | None = 9) -> None:
    """What a call tells: an outcome of the rule, and how much the customer said."""
    outcomes = {} if kind is None else {RULE: FindingKind(kind)}
    put_heard(connection, call, Heard(reply_words=words, outcomes=outcomes, checks="rules", judged="j"))


def test_read_history_gives_the_customers_earlier_calls_of_the_days_asked_for_latest_first(
    connection: Connection,
) -> None:
    now = called(connection, "c-5", 0)
    heard(connection, called(connection, "c-1", 6.9), "absent", words=None)
    heard(connection, called(connection, "c-2", 1), "absent", words=3)
    called(connection, "c-8", None)
    called(connection, "c-4", 0)  # at the same instant: the lesser id is the earlier
    for other in ("c-6", "c-7"):
        called(connection, other, 0)
    called(connection, "c-9", -1)
    called(connection, "c-a", 8)
    called(connection, "c-b", 1, customer_ref="C-2")
    calls = read_history(connection, now, NEEDS).calls
    assert [(call.call_id, call.reply_words) for call in calls] == [
        ("c-4", None),
        ("c-2", 3),
        ("c-1", None),
        ("c-8", None),
    ]
    assert (calls[1].started_at, calls[1].direction, calls[1].metadata) == (
        AT - timedelta(days=1),
        "outbound",
        {"debt_ref": "D-1"},
    )
    assert read_history(connection, now, HistoryNeeds(rules=(RULE,))).calls == ()


@pytest.mark.parametrize("changes", [{"customer_ref": None}, {"customer_ref": "unknown"}, {"started_at": None}])
def test_read_history_knows_nothing_of_calls_without_a_customer_or_a_time(
    connection: Connection, changes: dict[str, Any]
) -> None:
    for call_id in ("c-1", "c-2"):
        called(connection, call_id, 1, customer_ref=changes.get("customer_ref", "C-1"))
    assert read_history(connection, called(connection, "c-5", 0, **changes), NEEDS) == CallHistory()


def requests(connection: Connection, now: Recording) -> EarlierRequest:
    return read_history(connection, now, NEEDS).requests[RULE]


def test_read_history_finds_the_first_request_however_long_ago(connection: Connection) -> None:
    now = called(connection, "c-5", 0)
    assert requests(connection, now) == EarlierRequest()
    later, first = called(connection, "c-1", 400), called(connection, "c-2", 4000)
    heard(connection, later, "present")
    heard(connection, first, "present")
    heard(connection, called(connection, "c-3", -1), "present")
    heard(connection, called(connection, "c-4", 5, customer_ref="C-2"), "present")
    assert requests(connection, now) == EarlierRequest(first="c-2", first_at=first.started_at)
    heard(connection, first, "absent")
    assert requests(connection, now) == EarlierRequest(first="c-1", first_at=later.started_at)


def test_read_history_names_a_call_of_which_nobody_can_tell(connection: Connection) -> None:
    now = called(connection, "c-5", 0)
    heard(connection, called(connection, "c-1", 30), "absent")
    unsure = called(connection, "c-2", 20)
    heard(connection, unsure, "cannot_assess")
    called(connection, "c-3", 10)  # not processed yet
    assert requests(connection, now) == EarlierRequest(unsure="c-2", unsure_at=unsure.started_at)
    heard(connection, unsure, None)  # processed when nobody asked for the rule
    assert requests(connection, now).unsure == "c-2"
    undated = called(connection, "c-9", None)
    heard(connection, undated, "absent")
    assert requests(connection, now).unsure == "c-2"
    heard(connection, undated, "present")
    assert requests(connection, now) == EarlierRequest(unsure="c-9")


def test_read_history_of_a_reference_that_stands_for_everybody_is_cut_off(connection: Connection) -> None:
    now = called(connection, "c-9", 0)
    for i in range(MOST_CALLS):
        called(connection, f"c-0{i:04d}", 0.001 * (i + 1))
    assert read_history(connection, now, NEEDS).whole
    called(connection, "c-1", 5)
    cut = read_history(connection, now, NEEDS)
    assert (cut.whole, len(cut.calls), cut.calls[0].call_id) == (False, MOST_CALLS, "c-00000")


def test_customers_of_calls_are_those_that_they_have_and_those_that_they_had(connection: Connection) -> None:
    call = called(connection, "c-1", 1, customer_ref="C-old")
    heard(connection, call)
    changed = recording(call_id="c-1", media_uri=call.media_uri, customer_ref="C-new")
    put_intake(connection, Outcome(media_uri=call.media_uri, recording=changed), now=LATER)
    called(connection, "c-2", 1, customer_ref="Anonymous")
    called(connection, "c-3", 1, customer_ref="C-3")
    assert customers_of(connection, ["c-1", "c-2"]) == {"C-old", "C-new"}
    assert customers_of(connection, []) == set()


def test_calls_in_order_of_time_end_with_those_of_unknown_time(connection: Connection) -> None:
    for call_id, days, customer in (("c-1", None, "C-1"), ("c-2", 1, None), ("c-3", 5, "C-2"), ("c-4", 1, "n/a")):
        called(connection, call_id, days, customer_ref=customer)
    expected = [("c-3", "C-2"), ("c-2", None), ("c-4", None), ("c-1", "C-1")]
    assert in_order_of_time(connection, ["c-1", "c-2", "c-3", "c-4"]) == expected


def needs_of(call: Recording) -> HistoryNeeds:
    """Not every call is asked the same."""
    return (NEEDS, HistoryNeeds(days=3), HistoryNeeds(rules=(RULE,)), HistoryNeeds())[int(call.call_id[-1]) % 4]


KINDS = st.sampled_from([None, "absent", "present", "cannot_assess"])
CALLS = st.lists(st.tuples(st.one_of(st.none(), st.integers(0, 12)), KINDS, st.booleans()), min_size=1, max_size=9)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(calls=CALLS)
def test_sweep_gives_every_call_the_history_that_is_read_for_it(
    store: Store, calls: list[tuple[int | None, str | None, bool]]
) -> None:
    with store.engine.connect() as connection, connection.begin() as transaction:
        for i, (days_ago, kind, is_heard) in enumerate(calls):
            call = called(connection, f"c-{i}", days_ago)
            if is_heard:
                heard(connection, call, kind, words=i)
        swept = list(judged_calls(connection, "C-1", needs_of))
        assert {each.recording.call_id for each in swept} == {f"c-{i}" for i, call in enumerate(calls) if call[2]}
        for each in swept:
            assert each.history == read_history(connection, each.recording, needs_of(each.recording))
        transaction.rollback()


def test_history_of_a_customer_with_ten_thousand_calls_is_read_by_the_index(store: Store) -> None:
    with store.begin() as connection:
        call = called(connection, "c-00000", 0)
        heard(connection, call, "absent")
        for table in (recordings, heard_calls, heard_rules):
            row = connection.execute(select(table)).one()._mapping
            rows = [{**row, "call_id": f"c-{i:05d}"} for i in range(1, 10_000)]
            if table is recordings:
                rows = [{**row, "started_at": AT - timedelta(hours=i + 1)} for i, row in enumerate(rows)]
            connection.execute(table.insert(), rows)
        connection.execute(text("ANALYZE"))
    with store.read() as connection:
        began = time.perf_counter()
        for _ in range(20):
            assert len(read_history(connection, call, NEEDS).calls) == 24 * 7 + 2
        assert (time.perf_counter() - began) / 20 < 2  # on any busy machine; without the index it reads every call
        began = time.perf_counter()
        assert len(list(judged_calls(connection, "C-1", lambda _: NEEDS))) == 10_000
        assert time.perf_counter() - began < 200
        if store.engine.dialect.name == "sqlite":
            plan = "EXPLAIN QUERY PLAN SELECT 1 FROM recordings WHERE customer_ref = 'C-1' AND started_at < '2026'"
            assert "ix_recordings_customer_ref_started_at" in str(connection.execute(text(plan)).all())
