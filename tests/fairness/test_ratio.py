"""Ratios of rates: check values that others have published."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.fairness.ratio import below_four_fifths, rate_ratio


@pytest.mark.parametrize(
    ("counts", "ratio", "low", "high"),
    [
        # Perondi and others 2004, in the tables of Fagerland, Lydersen and Laake's book on contingency tables
        ((7, 34, 1, 34), 7.0, 1.2209, 42.5757),
        ((36, 40, 16, 80), 4.5, 2.9396, 7.1522),  # Koopman 1984
        ((8, 15, 4, 15), 2.0, 0.8150, 5.3363),  # Gart and Nam 1988
    ],
)
def test_ratio_has_the_published_score_interval(
    counts: tuple[int, int, int, int], ratio: float, low: float, high: float
) -> None:
    found = rate_ratio(*counts)
    assert found is not None
    assert (found.estimate, found.low, found.high) == pytest.approx((ratio, low, high), abs=1e-4)


@pytest.mark.parametrize(
    ("group", "rate", "below"),
    [("American Indians", 45, True), ("Hispanics", 48, False), ("Blacks", 51, False)],
)
def test_four_fifths_rule_says_what_the_commissions_example_says(group: str, rate: int, below: bool) -> None:
    """Question 11 of the EEOC's questions and answers of 1979: rates of 45, 48 and 51 % beside a highest of 60 %."""
    found = rate_ratio(rate, 100, 60, 100)
    assert found is not None
    assert round(found.estimate, 2) == {45: 0.75, 48: 0.8, 51: 0.85}[rate]
    assert below_four_fifths(rate, 100, 60, 100) is below, group


def test_ratio_of_rates_of_nothing_and_of_everything_has_an_interval() -> None:
    none, everybody = rate_ratio(0, 30, 20, 30), rate_ratio(30, 30, 30, 30)
    assert none is not None
    assert (none.estimate, none.low) == (0, 0)
    assert 0.1 < none.high < 0.8
    assert everybody is not None
    assert everybody.low < 0.95
    assert everybody.high > 1.05
    assert rate_ratio(0, 30, 0, 30) is None


_COUNTS = st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(_COUNTS, _COUNTS)
def test_ratio_lies_in_its_interval_and_turns_over_with_the_groups(
    one: tuple[int, int], other: tuple[int, int]
) -> None:
    found, back = rate_ratio(*one, *other), rate_ratio(*other, *one)
    if found is None:
        assert other[0] == 0
        return
    assert 0 <= found.low <= found.estimate <= found.high
    if back is not None:
        assert (1 / back.high, 1 / back.estimate) == pytest.approx((found.low, found.estimate), rel=1e-6)
