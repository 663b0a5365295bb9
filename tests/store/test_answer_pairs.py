"""Which answers of people count, and which of the machine's stand beside them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from pipeline.records import CalibrationSession, Review, SessionCall, SessionClosing, Status
from pipeline.store.answer_pairs import reviewed_results, reviews_that_count
from pipeline.store.calibration_sessions import put_closing, put_session
from pipeline.store.reviews import put_review
from tests.store.builders import NOW, result, score, scored, taken_in


def reviewed(connection: Connection, review_id: str, status: str = "pass", minute: int = 0, **changes: Any) -> Review:
    """A stored review of the greeting on the first call."""
    given: dict[str, Any] = {
        "review_id": review_id,
        "call_id": "c-1",
        "score_id": "s-1",
        "criterion_id": "greeting",
        "asked": "question-1:a",
        "status": Status(status),
        "share": 1.0 if status == "pass" else 0.0,
        "reviewer": "ann",
        "reason": "heard it",
        "made_at": NOW + timedelta(minutes=minute),
    }
    review = Review(**{**given, **changes})
    put_review(connection, review)
    return review


def _scored(connection: Connection, call_id: str, score_id: str, **changes: Any) -> None:
    answer = result("greeting", asked="question-1:a", raw_confidence=0.7, **changes)
    scored(connection, score(call_id, score_id, answer, result("close", asked="question-1:z")))


def _session(connection: Connection, session_id: str) -> None:
    calls = (SessionCall(call_id="c-1", score_id="s-1"),)
    session = CalibrationSession(
        session_id=session_id,
        rubric_id="general",
        calls=calls,
        reviewers=("ann", "bob"),
        expert="eve",
        started_by="max",
        started_at=NOW,
    )
    put_session(connection, session)


def test_reviews_of_the_rubric_count_oldest_first(connection: Connection) -> None:
    taken_in(connection, "c-1")
    _scored(connection, "c-1", "s-1")
    other = score("c-1", "s-2", result("greeting", asked="question-1:a"), rubric_id="sales")
    scored(connection, other)
    late, early = reviewed(connection, "r-1", minute=5), reviewed(connection, "r-2", "fail", minute=1)
    elsewhere = reviewed(connection, "r-3", score_id="s-2")
    assert reviews_that_count(connection, "general") == [early, late]
    assert reviews_that_count(connection, "sales") == [elsewhere]


def test_of_blind_sessions_only_the_experts_answers_count_and_only_once_they_are_closed(
    connection: Connection,
) -> None:
    taken_in(connection, "c-1")
    _scored(connection, "c-1", "s-1")
    for session_id in ("open", "closed"):
        _session(connection, session_id)
        for reviewer in ("ann", "eve"):
            reviewed(connection, f"{session_id}-{reviewer}", reviewer=reviewer, session_id=session_id)
    put_closing(connection, SessionClosing(session_id="closed", closed_by="max", closed_at=NOW))
    ordinary = reviewed(connection, "r-1", minute=9)
    counted = reviews_that_count(connection, "general")
    assert [review.review_id for review in counted] == ["closed-eve", ordinary.review_id]
    assert [review.review_id for review in reviews_that_count(connection, "general", blind_only=True)] == ["closed-eve"]


def test_results_are_those_of_the_score_that_was_reviewed_last(connection: Connection) -> None:
    taken_in(connection, "c-1")
    _scored(connection, "c-1", "s-1", status="fail")
    _scored(connection, "c-1", "s-2", status="pass")
    reviewed(connection, "r-1", minute=5, score_id="s-1")
    reviewed(connection, "r-2", minute=1, score_id="s-2")
    found = reviewed_results(connection, "general")
    assert list(found) == [("c-1", "greeting", "question-1:a")]
    (told,) = found.values()
    assert (told.status, told.points_earned, told.raw_confidence) == (Status.FAIL, 0.0, 0.7)


def test_results_keep_what_the_machine_leaned_to(connection: Connection) -> None:
    taken_in(connection, "c-1")
    _scored(connection, "c-1", "s-1", status="cannot_assess", leaning=Status.PARTIAL, leaning_share=0.25)
    reviewed(connection, "r-1")
    (told,) = reviewed_results(connection, "general").values()
    assert (told.status, told.leaning, told.leaning_share) == (Status.CANNOT_ASSESS, Status.PARTIAL, 0.25)
