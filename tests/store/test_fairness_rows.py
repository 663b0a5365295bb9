"""What fairness reports are made from."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection

from pipeline.records import FactKeys, Status
from pipeline.store.fairness_rows import fairness_rows, scored_calls
from pipeline.store.steps import put_step
from tests.factories import transcript, turn
from tests.store.builders import NOW, result, score, scored, taken_in


def _calls(connection: Connection) -> None:
    taken_in(connection, "c-1", metadata={"region": "coast", "empty": ""}, team=None, agent_id="ann")
    heard = transcript(("agent", "one two"), turns=(turn("agent", "one two", confidence=0.5), turn("agent", "x")))
    keys = FactKeys(transcript="t-1", findings="f", sentiment="s", measures="m")
    for key, step, record in (("facts-of-c-1", "facts", keys), ("t-1", "transcript", heard)):
        put_step(connection, key, call_id="c-1", step=step, record=record, now=NOW)
    scored(connection, score("c-1", "s-old", result(status="fail")))
    scored(connection, score("c-1", "s-1", result(), result("notice", "cannot_assess", auto_fail=True)))
    taken_in(connection, "c-2", started_at=datetime(2026, 10, 7, tzinfo=UTC))
    scored(connection, score("c-2", "s-2", result("b", "fail", auto_fail=True), rubric_id="sales"))
    taken_in(connection, "c-3", started_at=None)
    taken_in(connection, "c-4")


def test_fairness_rows_are_current_scores_with_what_calls_can_be_grouped_by(connection: Connection) -> None:
    _calls(connection)
    found = fairness_rows(connection)
    first, second = found.calls
    assert first.fields == {"region": "coast", "queue": "bank_support", "direction": "inbound"}
    assert (first.agent_id, first.rubric_id, first.share, first.passed, first.auto_failed) == (
        "ann",
        "general",
        1,
        True,
        False,
    )
    assert first.confidence == pytest.approx((0.5 + 0.5 + 0.9) / 3)
    assert first.answers == (("greeting", Status.PASS), ("notice", Status.CANNOT_ASSESS))
    assert (second.share, second.passed, second.auto_failed, second.confidence) == (0, False, True, None)
    assert found.titles["sales", "b"] == "B"
    assert (found.not_scored, found.without_start) == (2, 0)


def test_fairness_rows_of_a_period_and_of_a_rubric_leave_out_the_others(connection: Connection) -> None:
    _calls(connection)
    later = fairness_rows(connection, since=datetime(2026, 10, 6, tzinfo=UTC))
    assert ([call.rubric_id for call in later.calls], later.not_scored, later.without_start) == (["sales"], 0, 1)
    before = fairness_rows(connection, before=datetime(2026, 10, 6, tzinfo=UTC))
    assert ([call.rubric_id for call in before.calls], before.not_scored) == (["general"], 1)
    of_rubric = fairness_rows(connection, rubric_id="sales")
    assert [call.rubric_id for call in of_rubric.calls] == ["sales"]
    assert set(of_rubric.titles) == {("sales", "b")}


def test_scored_calls_are_those_with_a_current_score(connection: Connection) -> None:
    _calls(connection)
    assert scored_calls(connection) == ["c-1", "c-2"]
    assert scored_calls(connection, "general") == ["c-1"]
