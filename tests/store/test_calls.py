"""Finding calls."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, event

from pipeline.errors import NotFoundError, StoreError, UnknownNameError
from pipeline.records import Defect, FlagState
from pipeline.store.calls import get_recording, list_calls
from pipeline.store.failures import clear_failure, get_failure, put_failure
from pipeline.store.tables import recordings
from tests.store.builders import LATER, NOW, flag, rejected, result, score, scored, taken_in


@pytest.mark.parametrize("wanted", ["c-ab12", "c-ab1", "c-a"])
def test_get_recording_takes_an_id_or_its_beginning(connection: Connection, wanted: str) -> None:
    call = taken_in(connection, "c-ab12")
    taken_in(connection, "c-bb12")
    assert get_recording(connection, wanted) == call


def test_get_recording_prefers_the_whole_id_to_a_beginning(connection: Connection) -> None:
    short = taken_in(connection, "c-1")
    taken_in(connection, "c-12")
    assert get_recording(connection, "c-1") == short


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ("c-", "2 calls have an id that begins with 'c-'"),
        ("", "2 calls"),
        ("C-A", "no call 'C-A'"),
        ("c-ab123", "no call"),
        ("c_ab1", "no call"),
        ("c-%", "no call"),
    ],
)
def test_get_recording_refuses_unknown_and_ambiguous_ids(connection: Connection, wanted: str, told: str) -> None:
    taken_in(connection, "c-ab12")
    taken_in(connection, "c-bb12")
    with pytest.raises(NotFoundError, match=told):
        get_recording(connection, wanted)


def test_get_recording_names_a_row_that_cannot_be_read_but_not_what_is_in_it(connection: Connection) -> None:
    taken_in(connection)
    connection.execute(recordings.update().values(metadata='{"note": ["marigold"]}'))
    with pytest.raises(StoreError, match="call c-0001: what is stored cannot be read") as caught:
        get_recording(connection, "c-0001")
    assert "marigold" not in str(caught.value)


def test_list_calls_tells_what_became_of_each(connection: Connection) -> None:
    taken_in(connection, "c-pending", media_uri="1.wav")
    taken_in(connection, "c-scored", media_uri="2.wav")
    scored(connection, score("c-scored", "s-1", result(status="partial")))
    taken_in(connection, "c-failed", media_uri="3.wav")
    put_failure(connection, "c-failed", step="transcript", reason="out of memory", now=NOW)
    visible = Defect(code="agent_unknown", reason="no agent", fatal=False)
    taken_in(connection, "c-visible", media_uri="4.wav", defects=(visible,))
    unreadable = rejected(connection, "f-1", media_uri="0.wav")
    calls = {call.call_id: call for call in list_calls(connection)}
    assert {call_id: call.status.value for call_id, call in calls.items()} == {
        "c-pending": "pending",
        "c-scored": "scored",
        "c-failed": "failed",
        "c-visible": "pending",
        "f-1": "failed",
    }
    assert calls["c-failed"].failure == "out of memory"
    assert calls["c-visible"].defects == (visible,)
    assert (calls["f-1"].defects, calls["f-1"].media_uri, calls["f-1"].duration_ms) == ((unreadable,), "0.wav", None)
    assert (calls["c-scored"].score_share, calls["c-scored"].passed) == (0.5, False)
    assert (calls["c-scored"].score_id, calls["c-scored"].rubric_id) == ("s-1", "general")
    assert calls["c-pending"].score_id is None


def test_list_calls_shows_a_failed_call_with_the_score_it_had(connection: Connection) -> None:
    taken_in(connection)
    scored(connection, score())
    put_failure(connection, "c-0001", step="facts", reason="first", now=NOW, tries=3)
    put_failure(connection, "c-0001", step="score", reason="second", now=LATER)
    (call,) = list_calls(connection)
    assert (call.status, call.failure, call.score_share) == ("failed", "second", 1.0)
    failure = get_failure(connection, "c-0001")
    assert failure is not None
    assert (failure.step, failure.reason, failure.failed_at, failure.tries) == ("score", "second", LATER, 4)
    (listed,) = list_calls(connection, status="failed")
    assert (listed.failed_at, listed.tries) == (LATER, 4)
    clear_failure(connection, "c-0001")
    clear_failure(connection, "c-0001")
    assert get_failure(connection, "c-0001") is None
    assert [call.status for call in list_calls(connection)] == ["scored"]


def test_list_calls_shows_open_flags_of_the_current_score_once_each(connection: Connection) -> None:
    taken_in(connection)
    old, new = score(score_id="s-old"), score(score_id="s-new", rubric_id="sales")
    scored(connection, old, flag("fl-1", of=old, code="auto_fail"))
    raised = [
        ("fl-2", "rule_hit", FlagState.OPEN),
        ("fl-3", "low_score", FlagState.OPEN),
        ("fl-4", "rule_hit", FlagState.OPEN),
    ]
    raised.append(("fl-5", "low_confidence", FlagState.CLOSED))
    scored(connection, new, *(flag(i, of=new, code=code, state=state) for i, code, state in raised))
    (call,) = list_calls(connection)
    assert (call.flags, call.rubric_id) == (("rule_hit", "low_score"), "sales")


def _october(day: int) -> datetime:
    return datetime(2026, 10, day, tzinfo=UTC)


def _mixed_calls(connection: Connection) -> None:
    taken_in(connection, "c-late", media_uri="a.wav", started_at=_october(9), agent_id="ann", team="north")
    taken_in(connection, "c-early", media_uri="z.wav", started_at=_october(2), agent_id="bob", team="north")
    taken_in(connection, "c-b", media_uri="b.wav", started_at=_october(5), agent_id="ann", team="south", queue="sales")
    taken_in(connection, "c-A", media_uri="B.wav", started_at=_october(5), agent_id="ann", team="north")
    taken_in(connection, "c-none", media_uri="Z.wav", started_at=None, agent_id=None, team=None, queue=None)
    rejected(connection, "f-1", media_uri="Y.wav")
    scored(connection, score("c-late", "s-1"))


@pytest.mark.parametrize(
    ("chosen", "listed"),
    [
        ({}, ["c-early", "c-A", "c-b", "c-late", "f-1", "c-none"]),
        ({"agent": "ann"}, ["c-A", "c-b", "c-late"]),
        ({"team": "north"}, ["c-early", "c-A", "c-late"]),
        ({"queue": "sales"}, ["c-b"]),
        ({"agent": "ann", "team": "south"}, ["c-b"]),
        ({"agent": "nobody"}, []),
        ({"status": "scored"}, ["c-late"]),
        ({"status": "failed"}, ["f-1"]),
        ({"status": "pending"}, ["c-early", "c-A", "c-b", "c-none"]),
        ({"limit": 2}, ["c-early", "c-A"]),
        ({"limit": 5}, ["c-early", "c-A", "c-b", "c-late", "f-1"]),
        ({"status": "pending", "limit": 1}, ["c-early"]),
        ({"limit": 0}, []),
    ],
)
def test_list_calls_chooses_and_orders(connection: Connection, chosen: dict[str, Any], listed: list[str]) -> None:
    _mixed_calls(connection)
    assert [call.call_id for call in list_calls(connection, **chosen)] == listed


def test_list_calls_refuses_an_unknown_status(connection: Connection) -> None:
    with pytest.raises(UnknownNameError, match=r"unknown status 'score' \(did you mean 'scored'\?\)"):
        list_calls(connection, status="score")


def test_list_calls_asks_as_often_for_many_calls_as_for_one(connection: Connection) -> None:
    def add(number: int) -> None:
        call_score = score(f"c-{number}", f"s-{number}")
        taken_in(connection, f"c-{number}")
        scored(connection, call_score, flag(f"fl-{number}", of=call_score))

    add(0)
    for_one = _statements(connection, lambda: list_calls(connection))
    for number in range(1, 12):
        add(number)
    assert _statements(connection, lambda: list_calls(connection)) == for_one


def _statements(connection: Connection, query: Callable[[], object]) -> int:
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    event.listen(connection, "before_cursor_execute", note)
    query()
    event.remove(connection, "before_cursor_execute", note)
    return len(sent)
