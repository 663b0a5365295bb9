"""Which answers of people a change of score leaves behind, and which names calls bear."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection

from pipeline.records import CalibrationSession, SessionCall
from pipeline.store.calibration_sessions import put_session
from pipeline.store.dropped_answers import dropped_answers
from pipeline.store.known_names import Subject, known_names
from pipeline.store.reviews import put_review
from pipeline.store.score_batches import Choice, make_current
from pipeline.store.scores import set_current
from tests.review.made import asked, reviewed, score_of
from tests.store.builders import NOW, scored, taken_in

CALLS = ("c-1", "c-2")


@pytest.fixture
def changed(connection: Connection) -> list[Choice]:
    """Two calls whose next score asks `tone` something else, `greeting` the same, and `closing` no more."""
    choices = []
    for call_id in CALLS:
        taken_in(connection, call_id, queue="bank", team=None, agent_id=f"agent of {call_id}")
        old = score_of(asked(), asked("tone"), asked("closing"), call_id=call_id, score_id=f"old-{call_id}")
        new = score_of(asked(), asked("tone", asked="question-1:other"), call_id=call_id, score_id=f"new-{call_id}")
        for each in (new, old):
            scored(connection, each)
        for criterion_id in ("greeting", "tone", "closing"):
            for name in ("ann", "ben"):  # who answers a question again does not make two of it
                put_review(connection, reviewed(old, criterion_id, reviewer=name))
        choices.append(Choice(call_id=call_id, score_id=new.score_id, instead_of=old.score_id))
    return choices


def test_answers_are_left_behind_where_the_same_question_asks_something_else(
    connection: Connection, changed: list[Choice]
) -> None:
    assert dropped_answers(connection, changed) == ()  # the old scores still count
    assert make_current(connection, changed) == 2
    assert dropped_answers(connection, changed) == (("c-1", "tone"), ("c-2", "tone"))
    assert dropped_answers(connection, changed[1:]) == (("c-2", "tone"),)
    assert dropped_answers(connection, []) == ()


def test_answers_of_a_call_that_another_process_scored_meanwhile_are_not_told(
    connection: Connection, changed: list[Choice]
) -> None:
    make_current(connection, changed)
    set_current(connection, "c-1", "old-c-1")
    assert dropped_answers(connection, changed) == (("c-2", "tone"),)


def test_answers_that_are_blind_or_to_a_score_long_past_are_not_told(
    connection: Connection, changed: list[Choice]
) -> None:
    past = score_of(asked("mood", asked="question-1:long-past"), call_id="c-1", score_id="past")
    old = score_of(asked(), asked("pace"), asked("mood"), call_id="c-1", score_id="before")
    others = (asked(each, asked="question-1:other") for each in ("greeting", "pace", "mood"))
    for each in (past, score_of(*others, call_id="c-1", score_id="last"), old):
        scored(connection, each)
    seen = (SessionCall(call_id="c-1", score_id="before"),)
    told: dict[str, Any] = {
        "rubric_id": "general",
        "reviewers": ("ben",),
        "expert": "ann",
        "started_by": "max",
        "started_at": NOW,
    }
    put_session(connection, CalibrationSession(session_id="cs-1", calls=seen, **told))
    put_review(connection, reviewed(past, "mood"))
    put_review(connection, replace(reviewed(old, "pace"), session_id="cs-1"))
    choice = Choice(call_id="c-1", score_id="last", instead_of="before")
    assert make_current(connection, [choice]) == 1
    assert dropped_answers(connection, [choice]) == (("c-1", "greeting"),)


@pytest.mark.parametrize(
    ("subject", "names"),
    [("queue", {"bank"}), ("team", set()), ("agent", {"agent of c-1", "agent of c-2"}), ("rubric", {"general"})],
)
@pytest.mark.usefixtures("changed")
def test_known_names_are_those_that_calls_bear(connection: Connection, subject: Subject, names: set[str]) -> None:
    assert known_names(connection, subject) == names
