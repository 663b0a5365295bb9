"""What waits, what did not go through and what was done lately, on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, update

from pipeline.records import Defect
from pipeline.store.backlog import Backlog, Counted, Running, failures_by_reason, held_back_by_code, read_backlog
from pipeline.store.claims import claim
from pipeline.store.failures import put_failure
from pipeline.store.intake import put_intake
from pipeline.store.tables import recordings
from pipeline.store.throughput import Done, done_since, first_scores_since, last_instants
from tests.store.builders import NOW, Outcome, rejected, score, scored, taken_in

MINUTE = timedelta(minutes=1)


def added(connection: Connection, call_id: str, at: datetime, **changes: object) -> None:
    taken_in(connection, call_id, sha256=call_id, **changes)
    connection.execute(update(recordings).where(recordings.c.call_id == call_id).values(added_at=at))


def failed(connection: Connection, call_id: str, reason: str = "the disk is full", at: datetime = NOW) -> None:
    put_failure(connection, call_id, step="process", reason=reason, now=at)


def test_backlog_is_nothing_in_an_empty_store(connection: Connection) -> None:
    assert read_backlog(connection) == Backlog()


def test_backlog_is_calls_with_neither_a_score_nor_a_failure(connection: Connection) -> None:
    for minutes, call_id in enumerate(["c-first", "c-scored", "c-failed", "c-second"]):
        added(connection, call_id, NOW + minutes * MINUTE, duration_ms=1000 * (minutes + 1), started_at=NOW)
    added(connection, "c-old", NOW, duration_ms=7000, started_at=NOW - timedelta(days=30))
    scored(connection, score("c-scored", "s-1"))
    failed(connection, "c-failed")
    assert read_backlog(connection) == Backlog(
        fresh=2, backfill=1, audio_ms=1000 + 4000 + 7000, fresh_since=NOW, backfill_since=NOW
    )


def test_backlog_tells_who_has_which_calls(connection: Connection) -> None:
    for number in range(5):
        added(connection, f"c-{number}", NOW, started_at=NOW)
    claim(connection, "worker-b", limit=1, lease_s=600, attempts=3)
    claim(connection, "worker-a", limit=2, lease_s=600, attempts=3)
    found = read_backlog(connection)
    assert found.running == (Running(worker="worker-a", calls=2), Running(worker="worker-b", calls=1))
    assert (found.fresh, found.backfill, found.in_work) == (2, 0, 3)


def test_backlog_counts_calls_whose_lease_ran_out_as_waiting(connection: Connection) -> None:
    added(connection, "c-1", NOW, started_at=NOW)
    claim(connection, "worker-a", limit=1, lease_s=-1, attempts=3)
    found = read_backlog(connection)
    assert (found.running, found.fresh) == ((), 1)


def test_backlog_is_reckoned_from_some_where_it_is_long(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.store.backlog.MOST_MEASURED", 2)
    for number in range(6):
        added(connection, f"c-{number}", NOW, duration_ms=3000, started_at=NOW)
    assert read_backlog(connection).audio_ms == 18_000


def test_failures_are_counted_by_reason_the_commonest_first(connection: Connection) -> None:
    for number in range(6):
        added(connection, f"c-{number}", NOW)
        failed(connection, f"c-{number}", ["no voice", "the disk is full", "gone"][min(number, 2) if number < 3 else 1])
    by_reason, in_all = failures_by_reason(connection, most=2)
    assert by_reason == [Counted(kind="the disk is full", count=4), Counted(kind="gone", count=1)]
    assert in_all == 6


def test_files_held_back_are_counted_by_the_defects_that_hold_them(connection: Connection) -> None:
    taken_in(connection, "c-1", defects=(Defect(code="clipped", reason="loud", fatal=False),))
    rejected(connection, "f-1", "calls/one.wav")
    rejected(connection, "f-2", "calls/two.wav")
    several = (
        Defect(code="time_zone_unknown", reason="two instants", fatal=True),
        Defect(code="agent_unknown", reason="nobody", fatal=True),
        Defect(code="clipped", reason="loud", fatal=False),
    )
    outcome = Outcome(media_uri="calls/three.wav", recording=None, file_id="f-3", defects=several)
    put_intake(connection, outcome, now=NOW)
    codes, in_all = held_back_by_code(connection)
    assert in_all == 3
    assert {each.kind: each.count for each in codes} == {"unreadable": 2, "time_zone_unknown": 1, "agent_unknown": 1}
    assert codes[0].kind == "unreadable"


def test_nothing_held_back_has_no_codes(connection: Connection) -> None:
    taken_in(connection, "c-1")
    assert held_back_by_code(connection) == ([], 0)


def test_done_is_nothing_where_nothing_was_done(connection: Connection) -> None:
    added(connection, "c-1", NOW - 120 * MINUTE)
    assert done_since(connection, NOW - 60 * MINUTE) == Done()


def test_done_counts_first_scores_and_how_long_calls_waited(connection: Connection) -> None:
    for number in range(1, 21):
        ended = NOW - 100 * MINUTE
        started = ended - timedelta(milliseconds=30_000)
        added(connection, f"c-{number}", NOW - 60 * MINUTE, duration_ms=30_000, started_at=started)
        scored(connection, score(f"c-{number}", f"s-{number}"), now=NOW - 60 * MINUTE + number * MINUTE)
    added(connection, "c-failed", NOW)
    failed(connection, "c-failed")
    done = done_since(connection, NOW - 60 * MINUTE)
    assert (done.taken_in, done.scored, done.failed) == (21, 20, 1)
    assert done.audio_ms == 20 * 30_000
    assert done.first_scored_at == NOW - 59 * MINUTE
    assert done.waited_s is not None
    assert done.after_end_s is not None
    assert [round(value) for value in done.waited_s] == [10 * 60, 19 * 60]
    assert [round(value) for value in done.after_end_s] == [50 * 60, 59 * 60]


def test_done_leaves_out_what_is_scored_again(connection: Connection) -> None:
    added(connection, "c-1", NOW - 300 * MINUTE)
    scored(connection, score("c-1", "s-1"), now=NOW - 200 * MINUTE)
    scored(connection, score("c-1", "s-2", rubric_version=4), now=NOW)
    assert done_since(connection, NOW - 60 * MINUTE).scored == 0
    assert list(first_scores_since(connection, NOW - 60 * MINUTE)) == []
    assert done_since(connection, NOW - 240 * MINUTE).scored == 1


def test_done_knows_no_delay_after_calls_without_a_time(connection: Connection) -> None:
    added(connection, "c-1", NOW - MINUTE, started_at=None)
    scored(connection, score("c-1", "s-1"), now=NOW)
    done = done_since(connection, NOW - 60 * MINUTE)
    assert done.after_end_s is None
    assert done.waited_s is not None
    (first,) = first_scores_since(connection, NOW - 60 * MINUTE)
    assert (first.score_id, first.after_end_s, round(first.waited_s)) == ("s-1", None, 60)


def test_done_has_no_time_below_zero_where_clocks_differ(connection: Connection) -> None:
    added(connection, "c-1", NOW + 5 * MINUTE, started_at=NOW + 9 * MINUTE)
    scored(connection, score("c-1", "s-1"), now=NOW)
    done = done_since(connection, NOW - 60 * MINUTE)
    assert (done.waited_s, done.after_end_s) == ((0.0, 0.0), (0.0, 0.0))
    (first,) = first_scores_since(connection, NOW - 60 * MINUTE)
    assert (first.waited_s, first.after_end_s) == (0.0, 0.0)


def test_last_instants_are_those_of_the_newest_call_and_score(connection: Connection) -> None:
    assert last_instants(connection) == (None, None)
    added(connection, "c-1", NOW)
    added(connection, "c-2", NOW - MINUTE)
    scored(connection, score("c-1", "s-1"), now=NOW + MINUTE)
    assert last_instants(connection) == (NOW, NOW + MINUTE)
