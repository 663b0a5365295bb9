from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, bootstrap

from pipeline.records import Interval
from pipeline.scorecards.statistics import bootstrap_mean, difference, distinguishable, wilson

SHARES = st.lists(st.floats(0, 1), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(4, 5, 0.38, 0.96), (8, 10, 0.49, 0.94), (80, 100, 0.71, 0.87), (0, 300, 0.0, 0.013)],
)
def test_wilson_gives_the_published_values(successes: int, n: int, low: float, high: float) -> None:
    interval = wilson(successes, n)

    assert interval is not None
    assert interval.estimate == pytest.approx(successes / n)
    assert interval.low == pytest.approx(low, abs=0.005)
    assert interval.high == pytest.approx(high, abs=0.0005 if n == 300 else 0.005)


@settings(deadline=None)
@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.sampled_from([0.8, 0.95]))
def test_wilson_agrees_with_scipy(trial: tuple[int, int], level: float) -> None:
    expected = binomtest(*trial).proportion_ci(confidence_level=level, method="wilson")

    interval = wilson(*trial, level)

    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high), abs=1e-6)


def test_wilson_of_nothing_is_unknown() -> None:
    assert wilson(0, 0) is None


@pytest.mark.parametrize(("successes", "n"), [(3, 2), (-1, 2)])
def test_wilson_refuses_impossible_counts(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match="not possible"):
        wilson(successes, n)


def test_bootstrap_of_nothing_is_unknown() -> None:
    assert bootstrap_mean([]) is None


@pytest.mark.parametrize("values", [[1.2], [-0.1, 0.5], [math.nan]])
def test_bootstrap_refuses_what_is_no_share(values: list[float]) -> None:
    with pytest.raises(ValueError, match=r"within 0\.\.1"):
        bootstrap_mean(values)


def test_bootstrap_agrees_with_scipy_on_the_values_and_both_ends_of_the_scale() -> None:
    values = [0.9, 0.4, 0.75, 0.75, 1.0, 0.0, 0.62, 0.88]
    pool = (np.array([*values, 0.0, 1.0]),)
    expected = bootstrap(pool, np.mean, method="percentile", n_resamples=20_000, rng=1).confidence_interval

    interval = bootstrap_mean(values)

    assert interval is not None
    assert interval.estimate == pytest.approx(sum(values) / len(values), abs=1e-6)
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high), abs=0.02)


@pytest.mark.parametrize("auto_fails", [0.0, 0.03, 0.15])
@pytest.mark.parametrize("n", [100, 400, 3000])
def test_bootstrap_of_many_is_what_resampling_comes_to(n: int, auto_fails: float) -> None:
    generator = np.random.default_rng(n)
    values = generator.binomial(20, 0.9, size=n) / 20 * (generator.random(n) >= auto_fails)
    pool = np.array([*values, 0.0, 1.0])
    means = np.array([generator.choice(pool, size=len(pool)).mean() for _ in range(20_000)])
    expected = np.quantile(means, [0.025, 0.975])

    interval = bootstrap_mean(values.tolist())

    assert interval is not None
    # 20,000 draws have an error of their own: 0.02 spreads of the mean
    assert (interval.low, interval.high) == pytest.approx(tuple(expected), abs=0.06 * means.std())


def test_bootstrap_of_equal_scores_still_has_a_width() -> None:
    five, fifty = bootstrap_mean([1.0] * 5), bootstrap_mean([1.0] * 50)

    assert five is not None
    assert fifty is not None
    assert five.high == fifty.high == 1.0
    assert five.low < 0.65
    assert five.low < fifty.low < 1.0


def test_bootstrap_of_one_call_covers_most_of_the_scale() -> None:
    interval = bootstrap_mean([0.8])

    assert interval is not None
    assert interval.estimate == 0.8
    assert interval.high - interval.low > 0.9


def test_bootstrap_holds_the_true_mean_about_as_often_as_it_says() -> None:
    generator = np.random.default_rng(3)
    hits = 0
    for _ in range(200):  # five calls, 15 % of them auto-fails: where plain resampling holds it in 60 %
        shares = generator.binomial(8, 0.88, size=5) / 8 * (generator.random(5) > 0.15)
        interval = bootstrap_mean(shares.tolist())
        assert interval is not None
        hits += interval.low <= 0.88 * 0.85 <= interval.high

    assert hits >= 0.93 * 200


@settings(deadline=None)
@given(SHARES)
def test_bootstrap_holds_its_estimate_within_the_scale(values: list[float]) -> None:
    interval = bootstrap_mean(values)

    assert interval is not None
    assert 0 <= interval.low <= interval.estimate <= interval.high <= 1


@settings(deadline=None)
@given(SHARES, st.randoms(use_true_random=False))
def test_bootstrap_does_not_depend_on_the_order(values: list[float], random: object) -> None:
    shuffled = list(values)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert bootstrap_mean(values) == bootstrap_mean(shuffled)


def _interval(low: float, high: float) -> Interval:
    return Interval(estimate=(low + high) / 2, low=low, high=high)


@pytest.mark.parametrize(
    ("bounds", "groups"),
    [
        ([], ()),
        ([(0.2, 0.4)], ((0,),)),
        ([(0.1, 0.2), (0.8, 0.9)], ((1,), (0,))),
        ([(0.1, 0.5), (0.5, 0.9)], ((0, 1),)),
        # the outer two do not overlap, but the middle one cannot be told apart from either
        ([(0.1, 0.4), (0.35, 0.7), (0.65, 0.9)], ((0, 1, 2),)),
        ([(0.6, 0.9), (0.1, 0.3), (0.7, 0.8), (0.2, 0.5)], ((0, 2), (1, 3))),
        ([(0.0, 1.0), (0.1, 0.2), (0.8, 0.9)], ((0, 1, 2),)),
    ],
)
def test_distinguishable_groups_only_where_nothing_overlaps(
    bounds: list[tuple[float, float]], groups: tuple[tuple[int, ...], ...]
) -> None:
    assert distinguishable([_interval(*pair) for pair in bounds]) == groups


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted), max_size=12))
def test_distinguishable_never_separates_overlapping_intervals(bounds: list[list[float]]) -> None:
    intervals = [_interval(*pair) for pair in bounds]
    groups = distinguishable(intervals)

    assert sorted(position for group in groups for position in group) == list(range(len(intervals)))
    for better, worse in itertools.pairwise(groups):
        assert min(intervals[i].low for i in better) > max(intervals[i].high for i in worse)


def test_difference_is_newcombes_hybrid_score_interval() -> None:
    later, earlier = wilson(56, 70), wilson(48, 80)
    assert later is not None
    assert earlier is not None
    found = difference(later, earlier)
    # Newcombe 1998, table II, example (a), method 10: 56/70 - 48/80 = 0.2000, 95 % interval 0.0524 to 0.3339
    assert (found.estimate, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


@given(st.integers(0, 20), st.integers(0, 20))
def test_difference_of_equal_samples_holds_zero_and_turns_its_sign(first: int, second: int) -> None:
    one, other = wilson(first, 20), wilson(second, 20)
    assert one is not None
    assert other is not None
    there, back = difference(one, other), difference(other, one)
    assert (there.estimate, there.low, there.high) == pytest.approx((-back.estimate, -back.high, -back.low), abs=2e-6)
    assert -1 <= there.low <= there.estimate <= there.high <= 1
    if first == second:
        assert there.low <= 0 <= there.high
