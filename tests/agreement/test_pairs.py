"""Which answers stand beside which."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.agreement.pairs import category, pairs_of
from pipeline.records import Status
from tests.agreement.builders import pair, result, review

KEY = ("c-1", "greeting", "question-1:a")


def test_pairs_of_puts_answers_to_the_same_question_of_the_same_call_together() -> None:
    (made,) = pairs_of({KEY: result(status="partial", points_earned=2.5)}, [review("fail")])
    assert (made.machine, made.machine_share, made.machine_confidence) == (Status.PARTIAL, 0.25, 0.9)
    assert (made.human, made.human_share, made.withheld, made.changed) == (Status.FAIL, 0.0, False, False)
    assert (made.comparable, made.given, made.agree) == (True, True, False)


@pytest.mark.parametrize("other", [{"call_id": "c-2"}, {"criterion_id": "close"}, {"asked": "question-1:b"}])
def test_pairs_of_leaves_out_answers_to_anything_else(other: dict[str, Any]) -> None:
    assert pairs_of({KEY: result()}, [review(**other)]) == ()


@pytest.mark.parametrize("reverse", [False, True])
def test_pairs_of_counts_the_latest_review_whatever_their_order(reverse: bool) -> None:
    reviews = [review("fail", minute=1), review("pass", minute=2), review("partial", minute=0)]
    (made,) = pairs_of({KEY: result()}, reversed(reviews) if reverse else reviews)
    assert made.human is Status.PASS


def test_pairs_of_takes_what_the_machine_leaned_to_where_it_withheld() -> None:
    withheld = result(status="cannot_assess", leaning=Status.FAIL, leaning_share=0.0)
    (made,) = pairs_of({KEY: withheld}, [review("fail")])
    assert (made.machine, made.withheld, made.agree, made.given) == (Status.FAIL, True, True, False)


def test_pairs_of_keeps_questions_that_the_machine_could_not_answer_but_not_manual_ones() -> None:
    (made,) = pairs_of({KEY: result(status="cannot_assess")}, [review()])
    assert (made.machine, made.comparable, made.agree) == (None, False, False)
    assert pairs_of({KEY: result(status="cannot_assess")}, [review()], manual={"greeting"}) == ()


def test_pairs_of_takes_earlier_reviews_only_where_nobody_answered_the_question_as_it_is() -> None:
    old = review("fail", minute=9, asked="question-1:old")
    (made,) = pairs_of({KEY: result()}, [], earlier=[old])
    assert (made.human, made.changed, made.asked) == (Status.FAIL, True, "question-1:a")
    (made,) = pairs_of({KEY: result()}, [review("pass")], earlier=[old])
    assert (made.human, made.changed) == (Status.PASS, False)


def test_pairs_of_takes_the_confidence_before_calibration() -> None:
    assert pairs_of({KEY: result(confidence=0.4)}, [review()])[0].machine_confidence == 0.9
    older = result(confidence=0.4, raw_confidence=None)
    assert pairs_of({KEY: older}, [review()])[0].machine_confidence == 0.4


@pytest.mark.parametrize(
    ("machine", "human", "agree"),
    [
        (("pass", 1.0), ("pass", 1.0), True),
        (("pass", None), ("pass", 1.0), True),
        (("fail", None), ("fail", 0.0), True),
        (("partial", 0.5), ("partial", 0.25), False),
        (("partial", 1 / 3), ("partial", 0.333333), True),
        (("not_applicable", None), ("not_applicable", None), True),
        (("not_applicable", None), ("fail", 0.0), False),
        (("pass", 1.0), ("cannot_assess", None), False),
        ((None, None), ("cannot_assess", None), False),
    ],
)
def test_answers_agree_where_they_earn_the_same(machine: Any, human: Any, agree: bool) -> None:
    made = pair(machine=machine[0], machine_share=machine[1], human=human[0], human_share=human[1])
    assert made.agree is agree


def test_categories_sort_as_their_shares() -> None:
    shares = [0.0, 0.05, 0.3333, 0.5, 1.0]
    assert sorted(category(Status.PARTIAL, share) for share in reversed(shares)) == [
        category(Status.PARTIAL, share) for share in shares
    ]
