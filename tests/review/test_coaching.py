"""What may be sent to coaching, and what a session says."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.errors import ReviewError
from pipeline.records import CoachedQuestion, CoachingItem, CoachingSession, Span
from pipeline.review.coaching import acknowledged_by, make_item, make_session
from tests.factories import recording
from tests.review.made import NOW

CLOSING = CoachedQuestion(rubric_id="general", criterion_id="closing")


def _item(**changes: Any) -> CoachingItem:
    call = recording(call_id="c-1", agent_id=changes.pop("agent_id", "tom.becker"))
    return make_item(call, **{"note": "hear the pace", "sent_by": "ann", "now": NOW, **changes})


def _session(**changes: Any) -> CoachingSession:
    given = {"notes": "we heard it", "action": "sum up", "questions": [CLOSING], "items": [], "held_by": "max"}
    return make_session("tom.becker", **{**given, "now": NOW, **changes})


def test_item_keeps_whose_call_it_is_and_the_moment() -> None:
    item = _item(criterion_id="closing", span=Span(start_ms=1000, end_ms=2000), note="  hear the pace ")
    assert (item.agent_id, item.call_id, item.criterion_id) == ("tom.becker", "c-1", "closing")
    assert (item.start_ms, item.end_ms, item.note) == (1000, 2000, "hear the pace")


@pytest.mark.parametrize(
    "changes",
    [
        {"agent_id": None},
        {"note": "  "},
        {"sent_by": ""},
        {"span": Span(start_ms=2000, end_ms=2000)},
        {"span": Span(start_ms=0, end_ms=100_000_000)},
        {"span": Span(start_ms=-1, end_ms=5)},
    ],
)
def test_item_that_cannot_be_kept_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ReviewError):
        _item(**changes)


def test_session_keeps_each_question_and_item_once() -> None:
    item = _item()
    session = _session(questions=[CLOSING, CLOSING], items=[item, item], notes="")
    assert (session.questions, session.item_ids, session.notes) == ((CLOSING,), (item.item_id,), "")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"questions": []}, "at least one"),
        ({"action": " "}, "agreed on"),
        ({"notes": "x" * 2001}, "at most 2000"),
        ({"notes": "a\x00b"}, "text only"),
        ({"held_by": "TOM.becker"}, "nobody coaches themselves"),
        ({"items": [_item(agent_id="maria.lopez")]}, "somebody else's"),
        ({"items": [_item(note=f"number {number}") for number in range(21)]}, "at most 20"),
    ],
)
def test_session_that_cannot_be_kept_is_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ReviewError, match=told):
        _session(**changes)


def test_only_the_coached_agent_says_to_have_read_a_session() -> None:
    session = _session()
    assert acknowledged_by(session, agent_id="tom.becker", name="tom", now=NOW).acknowledged_by == "tom"
    for other in ("maria.lopez", None):
        with pytest.raises(ReviewError):
            acknowledged_by(session, agent_id=other, name="tom", now=NOW)
