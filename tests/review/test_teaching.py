"""How much a review of a call would teach."""

from __future__ import annotations

import pytest

from pipeline.records import CriterionResult, Status
from pipeline.review.teaching import disagreement, weight
from tests.review.made import asked, reviewed, score_of


def test_disagreement_is_shrunk_towards_a_half() -> None:
    score = score_of(asked(), asked("closing", "fail"))
    reviews = [reviewed(score, status="pass") for _ in range(8)] + [reviewed(score, "closing", "pass")] * 3
    assert disagreement(reviews) == {"question-1:greeting": 1 / 10, "question-1:closing": 4 / 5}


def test_what_says_nothing_about_the_machine_does_not_count() -> None:
    score = score_of(asked(), asked("closing", "cannot_assess"))
    assert disagreement([reviewed(score, status="cannot_assess"), reviewed(score, "closing", "pass")]) == {}


WITHHELD = asked(status="cannot_assess", leaning=Status.PASS, leaning_share=1.0)


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ((), 0.01),
        ((asked(status="not_applicable"),), 0.01),
        ((asked(status="cannot_assess"),), 0.01),
        ((WITHHELD,), 0.5),
        ((asked(),), 0.375),
        ((asked(confidence=0.5),), 0.5),
        ((asked(confidence=0.75),), 0.25),
        ((asked(confidence=0.99),), 0.25),
        ((asked(confidence=0.99), asked("closing", confidence=0.8)), 0.8),
    ],
)
def test_weight_is_that_of_the_question_that_teaches_most(
    results: tuple[CriterionResult, ...], expected: float
) -> None:
    known = {"question-1:closing": 0.8}
    assert weight(results, known, {"question-1:closing": 0.8}) == pytest.approx(expected)


def test_weight_is_always_above_nothing() -> None:
    assert weight([asked(confidence=1.0)], {"question-1:greeting": 0.0}, {}) > 0
