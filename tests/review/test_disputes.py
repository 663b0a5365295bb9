"""Who may dispute what until when, and how it ends."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ReviewError
from pipeline.records import Dispute, DisputeState, Status
from pipeline.review.disputes import DisputeTerms, ended_already, open_dispute, rule_on, window_begins
from pipeline.score.effective import effective_score
from tests.review.made import NOW, after, asked, reviewed, score_of

TERMS = DisputeTerms(window_days=45, limit=5)
SCORE = score_of(*(asked(f"q{number}") for number in range(8)))


def dispute(criterion_id: str = "q0", now: datetime = NOW, **changes: Any) -> Dispute:
    result = next(result for result in SCORE.results if result.criterion_id == criterion_id)
    given: dict[str, Any] = {
        "opened_by": "maria",
        "reason": "I did say it",
        "stands_since": NOW,
        "others": (),
        "terms": TERMS,
        "now": now,
    }
    return open_dispute(SCORE, result, **{**given, **changes})


def test_dispute_keeps_to_its_question_and_ends_as_it_is_ruled_on() -> None:
    made = dispute()
    assert (made.call_id, made.score_id, made.asked) == ("c-0001", "s-0001", "question-1:q0")
    for outcome in (DisputeState.UPHELD, DisputeState.REJECTED):
        assert rule_on(made, outcome, ruled_by="bob", reason="heard it", now=NOW).outcome is outcome


@pytest.mark.parametrize(
    ("now", "refused"),
    [(NOW, False), (after(days=44, hours=23.99), False), (after(days=45), True), (after(days=400), True)],
)
def test_dispute_has_a_window(now: datetime, refused: bool) -> None:
    if not refused:
        assert dispute(now=now).opened_at == now
        return
    with pytest.raises(ReviewError, match=r"stands for \d+ days, since 2026-11-02; it could be disputed for 45 days"):
        dispute(now=now)


def test_window_begins_anew_with_a_review_of_the_question() -> None:
    blind = reviewed(SCORE, "q0", now=after(days=80), session_id="cal-1")
    reviews = [reviewed(SCORE, "q0", now=after(days=30)), reviewed(SCORE, "q1", now=after(days=60)), blind]
    begins = {
        result.criterion_id: window_begins(result, score_made_at=NOW, reviews=reviews) for result in SCORE.results[:3]
    }
    assert begins == {"q0": after(days=30), "q1": after(days=60), "q2": NOW}
    late = window_begins(SCORE.results[0], score_made_at=after(days=90), reviews=reviews)
    assert late == after(days=90)  # scored again since: the answer stands since then


def test_window_does_not_begin_anew_with_a_review_that_changes_nothing() -> None:
    agreed = reviewed(SCORE, "q0", "pass", now=after(days=30))
    corrected = reviewed(SCORE, "q0", "fail", now=after(days=40))
    again = reviewed(SCORE, "q0", "fail", now=after(days=50), reviewer="bob")
    assert window_begins(SCORE.results[0], score_made_at=NOW, reviews=[agreed]) == NOW
    assert window_begins(SCORE.results[0], score_made_at=NOW, reviews=[again, agreed, corrected]) == after(days=40)


def test_question_has_one_open_dispute() -> None:
    first = dispute()
    with pytest.raises(ReviewError, match=f"dispute {first.dispute_id} of this question is open"):
        dispute(others=[(first, DisputeState.OPEN)], now=after(days=1))
    assert dispute("q1", others=[(first, DisputeState.OPEN)])
    assert dispute(others=[(first, DisputeState.REJECTED)], now=after(days=1))


@given(st.lists(st.sampled_from(DisputeState), max_size=8), st.integers(0, 6))
def test_evaluation_has_so_many_disputes_and_withdrawn_ones_do_not_count(
    states: list[DisputeState], limit: int
) -> None:
    others = [(dispute(f"q{number}"), state) for number, state in enumerate(states[:7])]
    counted = sum(state is not DisputeState.WITHDRAWN for _, state in others)
    terms = DisputeTerms(window_days=45, limit=limit)
    if counted < limit:
        assert dispute("q7", others=others, terms=terms)
    else:
        with pytest.raises(ReviewError, match=f"has had {counted} disputes?, and {limit} is the most"):
            dispute("q7", others=others, terms=terms)


@pytest.mark.parametrize(
    ("outcome", "by", "said"),
    [
        (DisputeState.WITHDRAWN, "bob", "was opened by maria, who alone may withdraw it"),
        (DisputeState.UPHELD, "Maria", "somebody else has to rule on it"),
        (DisputeState.REJECTED, "maria", "somebody else has to rule on it"),
    ],
)
def test_nobody_rules_on_their_own_dispute_nor_withdraws_anothers(outcome: DisputeState, by: str, said: str) -> None:
    with pytest.raises(ReviewError, match=said):
        rule_on(dispute(), outcome, ruled_by=by, reason="because", now=NOW)


@pytest.mark.parametrize("reason", ["", " \n", "x" * 2001, "a\x00b"])
def test_dispute_and_ruling_need_a_reason(reason: str) -> None:
    with pytest.raises(ReviewError):
        dispute(reason=reason)
    with pytest.raises(ReviewError):
        rule_on(dispute(), DisputeState.REJECTED, ruled_by="bob", reason=reason, now=NOW)


def test_who_comes_second_is_told_by_whom_it_was_ruled() -> None:
    ruling = rule_on(dispute(), DisputeState.REJECTED, ruled_by="bob", reason="heard it", now=NOW)
    assert "was rejected by bob on 2026-11-02" in str(ended_already(ruling))


_STATUSES = st.sampled_from([Status.PASS, Status.PARTIAL, Status.FAIL, Status.NOT_APPLICABLE, Status.CANNOT_ASSESS])


@given(st.lists(_STATUSES, min_size=8, max_size=8), st.lists(_STATUSES, max_size=8), st.randoms(use_true_random=False))
def test_total_after_upheld_disputes_is_that_of_the_answers_that_count(
    machine: list[Status], granted: list[Status], random: Any
) -> None:
    score = score_of(*(asked(f"q{number}", status.value) for number, status in enumerate(machine)))
    upheld = [reviewed(score, f"q{n}", status.value, now=after(days=n)) for n, status in enumerate(granted)]
    shuffled = list(upheld)
    random.shuffle(shuffled)
    effective = effective_score(score, shuffled)
    counting = [*granted, *machine[len(granted) :]]
    earned = {Status.PASS: 10.0, Status.PARTIAL: 5.0, Status.FAIL: 0.0}
    points = [earned[status] for status in counting if status in earned]
    assert [result.status for result in effective.results] == counting
    assert effective.share == (round(sum(points) / (10 * len(points)), 12) if points else None)
    assert effective_score(effective, upheld).share == effective.share
    assert effective_score(score, []) == score
