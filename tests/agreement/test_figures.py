"""Figures against published values, against the libraries, and their intervals against the truth."""

from __future__ import annotations

from collections.abc import Callable

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from benchmarks.agreement import held, two_by_two
from pipeline.agreement.alpha import both_ways, coincidences
from pipeline.agreement.coefficients import (
    Tables,
    accuracy,
    cohen_kappa,
    gwet_ac1,
    interval_distances,
    krippendorff_alpha,
    nominal_distances,
    ordinal_distances,
)
from pipeline.agreement.figures import FEWEST_PAIRS, agreement_of
from pipeline.agreement.resample import RESAMPLES, resampled
from tests.agreement.builders import pair, pairs_from, scale_pairs

# Gwet's irrCAC (R), vignette "Calculating Chance-corrected Agreement Coefficients", data cont3x3abstractors:
# 100 pregnant women by two abstractors (ectopic, abnormal intrauterine, normal intrauterine).
ABSTRACTORS = {
    ("fail", "fail"): 13,
    ("partial", "partial"): 20,
    ("partial", "pass"): 7,
    ("pass", "partial"): 4,
    ("pass", "pass"): 56,
}

# Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), section C: four observers, twelve units, gaps.
OBSERVERS = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, np.nan, np.nan, np.nan],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, np.nan, 3],
        [np.nan, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, np.nan],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, np.nan],
    ]
)


def test_figures_of_two_raters_are_the_published_ones() -> None:
    found = agreement_of(pairs_from(ABSTRACTORS), seed=0)
    assert (found.pairs, found.agreed, found.calls) == (100, 89, 100)
    assert found.accuracy.value == 0.89
    assert found.kappa.value == pytest.approx(0.7964094, abs=1e-6)
    assert found.ac1.value == pytest.approx(0.8493305, abs=1e-6)
    assert found.alpha.value == pytest.approx(0.7972585, abs=1e-6)


@pytest.mark.parametrize(
    ("counts", "kappa", "ac1"),
    [
        # Feinstein and Cicchetti 1990 (J. Clin. Epidemiol. 43:543), tables 1 and 2: the same 85 % agreement
        ((40, 9, 6, 45), 0.70, 0.70),
        ((80, 10, 5, 5), 0.32, 0.81),
    ],
)
def test_kappa_falls_where_nearly_all_answers_are_the_same_and_ac1_does_not(
    counts: tuple[int, int, int, int], kappa: float, ac1: float
) -> None:
    cells = dict(zip([("pass", "pass"), ("pass", "fail"), ("fail", "pass"), ("fail", "fail")], counts, strict=True))
    found = agreement_of(pairs_from(cells), seed=0)
    assert found.accuracy.value == 0.85
    assert found.kappa.value == pytest.approx(kappa, abs=0.005)
    assert found.ac1.value == pytest.approx(ac1, abs=0.005)


@pytest.mark.parametrize(("level", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_alpha_of_several_raters_with_gaps_is_the_published_one(level: str, published: float) -> None:
    values = np.arange(1.0, 6.0)
    counts = (OBSERVERS.T[:, :, None] == values).sum(1).astype(float)
    total = coincidences(counts).sum(0)
    distances = {
        "nominal": nominal_distances(5),
        "ordinal": ordinal_distances(total),
        "interval": interval_distances(values),
    }[level]
    ours = krippendorff_alpha(total, distances)
    assert ours == pytest.approx(published, abs=0.0006)
    library = krippendorff.alpha(value_counts=counts, value_domain=values, level_of_measurement=level)
    assert ours == pytest.approx(library, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(2, 5).flatmap(
        lambda k: st.lists(st.lists(st.integers(0, 9), min_size=k, max_size=k), min_size=k, max_size=k)
    )
)
def test_formulas_for_many_tables_give_what_the_libraries_give_for_one(rows: list[list[int]]) -> None:
    table = np.array(rows, dtype=float)
    places = np.arange(len(rows))
    used = np.flatnonzero(table.sum(0) + table.sum(1))
    if len(used) < 2 or table.sum() < 2:
        return
    machine, human = (np.repeat(np.indices(table.shape)[axis].ravel(), table.ravel().astype(int)) for axis in (0, 1))
    squared = interval_distances(places)
    for weights, distances in ((None, nominal_distances(len(rows))), ("quadratic", squared)):
        library = cohen_kappa_score(machine, human, labels=places, weights=weights)
        assert cohen_kappa(table, distances) == pytest.approx(library, abs=1e-9)
    both = both_ways(table)
    counts = (np.stack([machine, human], axis=1)[:, :, None] == places).sum(1)
    for level, distances in (
        ("nominal", nominal_distances(len(rows))),
        ("ordinal", ordinal_distances(both)),
        ("interval", squared),
    ):
        library = krippendorff.alpha(value_counts=counts, value_domain=places, level_of_measurement=level)
        assert krippendorff_alpha(both, distances) == pytest.approx(library, abs=1e-9)


def test_figures_need_twenty_pairs() -> None:
    few = agreement_of(pairs_from({("pass", "pass"): 12, ("fail", "pass"): 7}), seed=0)
    assert (few.pairs, few.agreed, few.accuracy.value) == (19, 12, None)
    assert few.kappa.why == "19 pairs; figures need 20"
    assert agreement_of(pairs_from({("pass", "pass"): 12, ("fail", "pass"): 8}), seed=0).accuracy.value == 0.6


def test_figures_that_are_not_defined_say_why_and_the_others_stand() -> None:
    found = agreement_of(pairs_from({("pass", "pass"): 30}), seed=0)
    assert (found.accuracy.value, found.ac1.value) == (1.0, 1.0)
    assert (found.kappa.value, found.alpha.value) == (None, None)
    assert "0/0" in found.kappa.why
    assert "0/0" in found.alpha.why


def test_intervals_of_perfect_agreement_have_a_width() -> None:
    found = agreement_of(pairs_from({("pass", "pass"): 15, ("fail", "fail"): 10}), seed=0)
    for each in (found.accuracy, found.kappa, found.ac1, found.alpha):
        assert each.value == each.high == 1.0
        assert each.low is not None
        assert 0.3 < each.low < 0.95


def test_withheld_and_incomparable_answers_are_no_pairs() -> None:
    given = pairs_from({("pass", "pass"): 20})
    others = [pair(90, withheld=True, human="fail"), pair(91, machine=None), pair(92, human="cannot_assess")]
    assert agreement_of([*given, *others], seed=0) == agreement_of(given, seed=0)


def test_answers_with_steps_are_weighed_by_how_far_they_are_apart() -> None:
    near = {(0.0, 0.0): 8, (0.25, 0.5): 6, (0.75, 0.5): 6, (1.0, 1.0): 8}
    far = {(0.0, 0.0): 8, (0.0, 1.0): 6, (1.0, 0.0): 6, (1.0, 1.0): 8}
    close, apart = (agreement_of(scale_pairs(cells), seed=0) for cells in (near, far))
    assert close.accuracy.value == apart.accuracy.value
    for name in ("weighted_kappa", "alpha_ordinal", "alpha_interval"):
        assert getattr(close, name).value > 0.9
        assert getattr(apart, name).why == "for answers with at least three steps"
    without = agreement_of(scale_pairs(near), seed=0, ordered=False)
    assert without.weighted_kappa.value is None


def test_equal_seeds_give_equal_intervals_whatever_the_order_of_the_pairs() -> None:
    pairs = pairs_from(ABSTRACTORS)
    assert agreement_of(pairs, seed=5) == agreement_of(pairs[::-1], seed=5)
    assert agreement_of(pairs, seed=5).kappa != agreement_of(pairs, seed=6).kappa


def test_pairs_of_the_same_calls_give_wider_intervals() -> None:
    answers = [("pass", "pass")] * 60 + [("fail", "pass")] * 20 + [("fail", "fail")] * 20
    apart = [pair(number, *both) for number, both in enumerate(answers)]
    together = [pair(number // 20, *both, criterion_id=f"q{number}") for number, both in enumerate(answers)]
    widths = [
        found.high - found.low
        for found in (agreement_of(pairs, seed=0).accuracy for pairs in (apart, together))
        if found.high is not None and found.low is not None
    ]
    assert widths[1] > 1.5 * widths[0]


@pytest.mark.parametrize("statistic", [accuracy, gwet_ac1, lambda tables: cohen_kappa(tables, nominal_distances(2))])
@pytest.mark.parametrize("shares", [(0.8, 0.99, 0.97), (0.5, 0.9, 0.9)])
def test_intervals_of_twenty_pairs_hold_the_truth_as_often_as_they_say(
    statistic: Callable[[Tables], Tables], shares: tuple[float, float, float]
) -> None:
    chances = two_by_two(*shares)
    assert held(statistic, chances, FEWEST_PAIRS, count=100) >= 0.92
    assert held(statistic, chances, FEWEST_PAIRS, count=100, plain=True) < 0.92


def test_resampled_tables_hold_as_many_calls_as_there_are() -> None:
    by_call = np.array([[[2.0, 0.0], [0.0, 0.0]], [[0.0, 1.0], [0.0, 0.0]], [[0.0, 0.0], [1.0, 0.0]]])
    drawn = resampled(by_call, seed=0)
    assert drawn.shape == (RESAMPLES, 2, 2)
    assert drawn.sum((-2, -1)).min() >= 3
    assert drawn.sum((-2, -1)).max() <= 6
