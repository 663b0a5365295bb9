"""Agreement among several people."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.agreement.raters import Item, Rating, rater_agreement
from pipeline.records import Status
from tests.agreement.test_figures import OBSERVERS

_NAMES = ("ann", "bob", "eve", "max")


def rated(shares: dict[str, list[float | None]], *, calls: int = 1) -> dict[Item, dict[str, Rating]]:
    """What each person answered to each question, as shares of the points; None for nothing."""
    ratings: dict[Item, dict[str, Rating]] = {}
    for who, answers in shares.items():
        for number, share in enumerate(answers):
            if share is not None:
                status = Status.PASS if share == 1 else Status.FAIL if share == 0 else Status.PARTIAL
                ratings.setdefault((f"c-{number % calls:02}", f"q-{number:02}"), {})[who] = (status, share)
    return ratings


def test_alpha_among_people_is_the_published_one_with_gaps() -> None:
    twice = np.concatenate([OBSERVERS, OBSERVERS], axis=1)  # 22 things that two or more rated; alpha changes a little
    shares = {
        who: [None if np.isnan(value) else (value - 1) / 4 for value in row]
        for who, row in zip(_NAMES, twice, strict=True)
    }
    found = rater_agreement(rated(shares))
    assert (found.items, found.raters, dict(found.with_expert)) == (22, _NAMES, {})
    # n is 80 instead of 40: 1 - 79/78 * (1 - 0.743 ...) * 39/40, so nearly the published 0.743 and 0.815
    assert found.alpha.value == pytest.approx(0.743, abs=0.006)
    assert found.alpha_ordinal.value == pytest.approx(0.815, abs=0.006)
    assert found.alpha.low is not None
    assert found.alpha.low < 0.743 < (found.alpha.high or 0)


def test_people_are_compared_with_the_expert_over_what_both_answered() -> None:
    expert: list[float | None] = [1.0, 0.0] * 15
    ann: list[float | None] = [1.0, 0.0] * 12 + [0.0, 1.0] * 3
    bob: list[float | None] = [1.0] * 10 + [None] * 20
    found = rater_agreement(rated({"ann": ann, "bob": bob, "expert": expert}), expert="expert")
    assert set(found.with_expert) == {"ann", "bob"}
    assert found.with_expert["ann"].accuracy.value == 0.8
    assert found.with_expert["ann"].kappa.value == pytest.approx(0.6)
    assert (found.with_expert["bob"].pairs, found.with_expert["bob"].kappa.value) == (10, None)


def test_people_are_not_compared_by_fewer_than_twenty_questions() -> None:
    found = rater_agreement(rated({"ann": [1.0] * 19, "bob": [0.0] * 19, "eve": [None] * 19 + [1.0]}))
    assert (found.items, found.raters) == (19, ("ann", "bob"))
    assert found.alpha.why == "19 pairs; figures need 20"


def test_who_could_not_assess_is_missing_and_not_applicable_is_an_answer() -> None:
    ratings = rated({"ann": [1.0] * 10 + [0.0] * 14, "bob": [1.0] * 10 + [0.0] * 14})
    unsure = {item: {**each, "bob": (Status.CANNOT_ASSESS, None)} for item, each in list(ratings.items())[:4]}
    assert rater_agreement(ratings | unsure).items == 20
    other = {item: {**each, "bob": (Status.NOT_APPLICABLE, None)} for item, each in list(ratings.items())[:4]}
    found = rater_agreement(ratings | other)
    assert found.items == 24
    assert (found.alpha.value or 0) < 1 == found.alpha_ordinal.value


def test_intervals_are_over_calls_where_there_are_enough() -> None:
    same: list[float | None] = [1.0, 0.0] * 60
    other: list[float | None] = [1.0, 0.0] * 45 + [0.0, 1.0] * 15
    one_call, many = (rater_agreement(rated({"ann": same, "bob": other}, calls=calls)) for calls in (9, 120))
    assert one_call.alpha == many.alpha  # with nine calls, questions are drawn, as with a call for each question
    assert rater_agreement(rated({"ann": same, "bob": other}, calls=10)).alpha.value == many.alpha.value


def test_who_is_compared_is_there_also_without_an_answer() -> None:
    found = rater_agreement(rated({"ann": [1.0], "eve": [1.0]}), expert="eve", compared=("ann", "bob"))
    assert {who: agreement.pairs for who, agreement in found.with_expert.items()} == {"ann": 1, "bob": 0}
