"""Blind calibration sessions."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ReviewError, UnknownNameError
from pipeline.records import CalibrationSession, Review, SessionCall, SessionClosing, Status
from pipeline.review.sessions import (
    differences,
    member,
    require_open,
    session_call,
    start_session,
    summaries,
    visible,
)
from tests.review.made import NOW, after, asked, reviewed, score_of

CALLS = [SessionCall(call_id=f"c-000{n}", score_id=f"s-000{n}") for n in (1, 2)]
SCORES = {
    call.call_id: score_of(asked(), asked("closing"), call_id=call.call_id, score_id=call.score_id) for call in CALLS
}


def session(**changes: Any) -> CalibrationSession:
    given: dict[str, Any] = {
        "calls": CALLS,
        "rubric_id": "general",
        "reviewers": ["ann", "bob"],
        "expert": "eve",
        "started_by": "lead",
        "now": NOW,
    }
    return start_session(**{**given, **changes})


SESSION = session()
CLOSED = SessionClosing(session_id=SESSION.session_id, closed_by="lead", closed_at=after(days=1))


def said(who: str, status: str, *, call_id: str = "c-0001", criterion_id: str = "greeting", **changes: Any) -> Review:
    given: dict[str, Any] = {"reviewer": who, "session_id": SESSION.session_id}
    return reviewed(SCORES[call_id], criterion_id, status, **{**given, **changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"calls": []}, "needs calls"),
        ({"calls": [CALLS[0], CALLS[0]]}, "a call is named twice"),
        ({"calls": [SessionCall(call_id=f"c-{n}", score_id="s") for n in range(101)]}, "at most 100 calls"),
        ({"reviewers": []}, "needs reviewers"),
        ({"reviewers": ["ann", "Ann"]}, "a person is named twice"),
        ({"expert": "bob"}, "the expert is not among the reviewers"),
        ({"reviewers": ["ann", " "]}, "a name is needed"),
        ({"expert": "e\x1bve"}, "control characters"),
    ],
)
def test_session_that_makes_no_sense_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ReviewError, match=message):
        session(**changes)


def test_member_and_call_are_found_as_they_are_spelled_in_the_session() -> None:
    assert (member(SESSION, " ANN "), member(SESSION, "eve")) == ("ann", "eve")
    with pytest.raises(UnknownNameError, match="did you mean 'ann'"):
        member(SESSION, "anna")
    assert session_call(SESSION, "c-0002") == CALLS[1]
    for unknown in ("c-9", "c-000", ""):
        with pytest.raises(UnknownNameError, match="call of this session"):
            session_call(SESSION, unknown)


def test_closed_session_takes_nothing_more() -> None:
    require_open(SESSION, None)
    with pytest.raises(ReviewError, match="was closed by lead on 2026-11-03"):
        require_open(SESSION, CLOSED)


_ANSWERS = st.builds(
    said,
    st.sampled_from(["ann", "bob", "eve"]),
    st.sampled_from(["pass", "partial", "fail", "not_applicable"]),
    call_id=st.sampled_from(sorted(SCORES)),
    criterion_id=st.sampled_from(["greeting", "closing"]),
    now=st.integers(0, 99).map(lambda minutes: after(minutes=minutes)),
)


@given(st.lists(_ANSWERS, max_size=20), st.sampled_from(["ann", "bob", "eve", None]))
def test_nobody_sees_anothers_answer_before_the_end(answers: list[Review], looks: str | None) -> None:
    before = visible(SESSION, None, answers, by=looks)
    assert {review.reviewer for review in before} <= {looks}
    behind = visible(SESSION, CLOSED, answers, by=looks)
    assert {review.reviewer for review in behind} == {review.reviewer for review in answers}
    assert [review for review in behind if review.reviewer == looks] == before
    assert visible(SESSION, CLOSED, list(reversed(answers)), by=None) == behind


def test_later_answer_of_the_same_person_counts_and_other_sessions_do_not() -> None:
    first, second = said("ann", "pass"), said("ann", "fail", now=after(hours=1))
    elsewhere = said("ann", "pass", now=after(hours=2), session_id="cal-other")
    ordinary = said("ann", "pass", now=after(hours=3), session_id=None)
    assert visible(SESSION, None, [second, first, elsewhere, ordinary], by="ann") == [second]


@pytest.mark.parametrize(
    ("reviewer", "expert", "apart", "far"),
    [
        (("pass", 1.0), ("pass", 1.0), 0.0, False),
        (("partial", 0.6), ("partial", 0.5), 10.0, False),
        (("partial", 0.61), ("partial", 0.5), 11.0, True),
        (("fail", 0.0), ("pass", 1.0), 100.0, True),
        (("not_applicable", None), ("not_applicable", None), None, False),
        (("not_applicable", None), ("fail", 0.0), None, True),
    ],
)
def test_answers_are_compared_with_the_experts(
    reviewer: tuple[str, float | None], expert: tuple[str, float | None], apart: float | None, far: bool
) -> None:
    answers = [said("ann", reviewer[0], share=reviewer[1]), said("eve", expert[0], share=expert[1])]
    (compared,) = differences(SESSION, answers, points_apart=10)
    assert (compared.reviewer, compared.points_apart, compared.far) == ("ann", apart, far)
    assert compared.same is (reviewer == expert)
    assert (compared.answer, compared.expert) == (Status(reviewer[0]), Status(expert[0]))


def test_reviewers_are_summed_up_over_what_the_expert_answered_too() -> None:
    answers = [
        said("eve", "pass"),
        said("eve", "pass", criterion_id="closing"),
        said("ann", "pass"),
        said("ann", "partial", criterion_id="closing"),
        said("ann", "fail", call_id="c-0002"),
    ]
    compared = differences(SESSION, answers, points_apart=10)
    ann, bob = summaries(SESSION, answers, compared)
    assert (ann.answered, ann.compared, ann.same, ann.far, ann.mean_points_apart) == (3, 2, 1, 1, 25.0)
    assert (bob.answered, bob.compared, bob.mean_points_apart) == (0, 0, None)
