"""A person's answer to a question."""

from __future__ import annotations

import pytest

from pipeline.errors import ReviewError, UnknownNameError
from pipeline.records import Status
from pipeline.review.answers import confirmed, latest_answers, result_of, universal_answer
from tests.review.made import NOW, after, asked, reviewed, score_of


@pytest.mark.parametrize(
    ("typed", "status", "share"),
    [
        ("pass", "pass", 1.0),
        (" FAIL ", "fail", 0.0),
        ("partial", "partial", 0.5),
        ("not-applicable", "not_applicable", None),
        ("not applicable", "not_applicable", None),
        ("N/A", "not_applicable", None),
        ("cannot_assess", "cannot_assess", None),
        ("50%", "partial", 0.5),
        ("12,5 %", "partial", 0.125),
        ("0%", "fail", 0.0),
        ("100%", "pass", 1.0),
    ],
)
def test_answer_in_words_for_any_question(typed: str, status: str, share: float | None) -> None:
    assert universal_answer(typed) == (Status(status), share)


@pytest.mark.parametrize(
    "typed", ["", "%", "50", "-5%", "half", "1e2%", "٥٠%", "nan%", "passed", "1.2.3%", "50---%", "5.%"]
)
def test_what_is_no_answer_is_none(typed: str) -> None:
    assert universal_answer(typed) is None


def test_share_of_more_than_all_is_refused() -> None:
    with pytest.raises(ReviewError, match="from 0% to 100%"):
        universal_answer("101%")


def test_question_is_found_by_a_title_that_only_one_has() -> None:
    score = score_of(asked(title="Says hello"), asked("closing", title="Ends"), asked("thanks", title="Ends"))
    assert result_of(score, " says HELLO ").criterion_id == "greeting"
    with pytest.raises(UnknownNameError):
        result_of(score, "Ends")


def test_review_keeps_what_the_machine_said() -> None:
    result = asked(confidence=0.7, raw_confidence=0.9)
    made = reviewed(score_of(result))
    assert (made.status, made.share, made.asked) == (Status.FAIL, 0.0, result.asked)
    assert (made.machine_status, made.machine_confidence) == (Status.PASS, 0.9)


@pytest.mark.parametrize(
    ("result", "machine", "confidence"),
    [
        (asked(status="cannot_assess"), None, None),
        (asked(status="cannot_assess", leaning=Status.FAIL, leaning_share=0.0, confidence=0.4), Status.FAIL, 0.4),
        (asked(status="not_applicable"), Status.NOT_APPLICABLE, None),
    ],
)
def test_review_of_what_the_machine_left_open(result: object, machine: Status | None, confidence: float | None) -> None:
    made = reviewed(score_of(result), status="pass")  # type: ignore[arg-type]
    assert (made.machine_status, made.machine_confidence) == (machine, confidence)


def test_review_twice_in_one_instant_is_one_and_later_another() -> None:
    score = score_of()
    assert reviewed(score) == reviewed(score)
    ids = {
        reviewed(score).review_id,
        reviewed(score, now=after(seconds=1)).review_id,
        reviewed(score, reviewer="bob").review_id,
        reviewed(score, reason="other").review_id,
        reviewed(score, status="pass").review_id,
        reviewed(score, session_id="cal-1").review_id,
    }
    assert len(ids) == 6


@pytest.mark.parametrize(("status", "share"), [("pass", None), ("not_applicable", 0.0), ("cannot_assess", 1.0)])
def test_review_whose_share_does_not_fit_its_answer_is_refused(status: str, share: float | None) -> None:
    with pytest.raises(ReviewError, match="share"):
        reviewed(score_of(), status=status, share=share)


def test_question_that_a_score_does_not_ask_is_told_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'greeting'"):
        result_of(score_of(), "greetings")


def test_score_that_does_not_tell_what_it_asks_takes_no_answers() -> None:
    with pytest.raises(ReviewError, match="earmark run"):
        result_of(score_of(asked(asked="")), "greeting")


@pytest.mark.parametrize(
    ("result", "answer"),
    [
        (asked(), (Status.PASS, 1.0, None)),
        (asked(answer="yes"), (Status.PASS, 1.0, "yes")),
        (asked(status="partial", points_earned=2.5), (Status.PARTIAL, 0.25, None)),
        (asked(status="not_applicable"), (Status.NOT_APPLICABLE, None, None)),
        (asked(points_possible=0.0, points_earned=0.0), (Status.PASS, 1.0, None)),
        (asked(status="cannot_assess", leaning=Status.PARTIAL, leaning_share=0.75), (Status.PARTIAL, 0.75, None)),
        (
            asked(status="cannot_assess", leaning=Status.FAIL, leaning_share=0.0, leaning_answer="no"),
            (Status.FAIL, 0.0, "no"),
        ),
    ],
)
def test_to_agree_is_to_give_the_machines_answer(
    result: object, answer: tuple[Status, float | None, str | None]
) -> None:
    score = score_of(result)  # type: ignore[arg-type]
    made = confirmed(score, score.results[0], reviewer="ann", now=NOW)
    assert (made.status, made.share, made.answer) == answer
    assert made.machine_status is made.status


def test_to_agree_with_no_answer_is_refused() -> None:
    score = score_of(asked(status="cannot_assess"))
    with pytest.raises(ReviewError, match="earmark reviews answer c-0001 greeting ANSWER"):
        confirmed(score, score.results[0], reviewer="ann", now=NOW)


def test_latest_answer_counts_and_blind_ones_do_not() -> None:
    score = score_of(asked(), asked("closing"))
    early, late = reviewed(score), reviewed(score, status="pass", now=after(days=1))
    other, blind = reviewed(score, "closing"), reviewed(score, now=after(days=9), session_id="cal-1")
    counting = latest_answers([late, blind, other, early])
    assert counting == {("greeting", early.asked): late, ("closing", other.asked): other}
