"""What moved between two ways to say a call; what was not measured is told as not measured."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from pipeline.counterfactual.movements import Movement, ScoredFacts, movement
from pipeline.counterfactual.report import ChangeFigures, add_up
from pipeline.records import Rubric
from pipeline.score.evaluate import evaluate
from tests.factories import facts, sentiment

EMPTY = Rubric(id="r", version=1, title="R", sections=(), fingerprint="rubric-1:0")


def side(overall: float | None) -> ScoredFacts:
    """A call whose customer sounds so; None where nothing tells."""
    told = facts(sentiment=sentiment(customer={"overall": overall}))
    return ScoredFacts(facts=told, score=evaluate(told, EMPTY, score_id=""))


def moved(before: float | None, after: float | None) -> Movement:
    given: dict[str, Any] = {"change": "names", "reference": "as it stands", "words": 1}
    return movement(side(before), side(after), EMPTY, **given)


def figures(*movements: Movement) -> ChangeFigures:
    (change,) = add_up(movements, seed=0, sampled=len(movements), left_out=Counter()).changes
    return change


@pytest.mark.parametrize(
    ("before", "after", "change", "came_or_went"),
    [(0.2, -0.1, -0.3, False), (0.0, 0.0, 0.0, False), (None, None, None, False), (0.4, None, None, True)],
)
def test_change_of_sentiment_is_unknown_where_either_side_is(
    before: float | None, after: float | None, change: float | None, came_or_went: bool
) -> None:
    for one, other, sign in ((before, after, 1), (after, before, -1)):
        found = moved(one, other)
        assert found.customer_sentiment_change == (None if change is None else pytest.approx(sign * change))
        assert found.customer_sentiment_came_or_went is came_or_went


@pytest.mark.parametrize(
    ("pairs", "largest", "came_or_went"),
    [
        ([(None, None)], None, 0),
        ([(0.0, 0.0)], 0.0, 0),
        ([(0.3, None), (None, -0.5)], None, 2),
        ([(None, None), (0.1, -0.4), (0.1, 0.2), (0.3, None)], 0.5, 1),
    ],
)
def test_report_tells_never_measured_from_did_not_move(
    pairs: list[tuple[float | None, float | None]], largest: float | None, came_or_went: int
) -> None:
    found = figures(*(moved(*pair) for pair in pairs))
    assert found.largest_customer_change == (None if largest is None else pytest.approx(largest))
    assert found.customers_came_or_went == came_or_went
