from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from pipeline.records import PooledFigure
from pipeline.scorecards.shrinkage import between_variance, overdispersion, pooled_means, pooled_rates

CALLS = [10, 10, 10, 10]
MEANS = [0.6, 0.7, 0.8, 0.9]
SQUARES = [0.09, 0.09, 0.09, 0.09]  # a variance of 0.01 within each; 0.001 of each mean


def _all(figures: list[PooledFigure | None]) -> list[PooledFigure]:
    known = [figure for figure in figures if figure is not None]
    assert len(known) == len(figures)
    return known


def test_between_variance_is_that_of_dersimonian_and_laird() -> None:
    # Q = 1000 * (0.15**2 + 0.05**2 + 0.05**2 + 0.15**2) = 50; scale = 4000 - 4 * 1000**2 / 4000 = 3000
    assert between_variance(np.array(MEANS), np.full(4, 0.001)) == pytest.approx((50 - 3) / 3000)


def test_means_are_drawn_as_reckoned_by_hand() -> None:
    figures = _all(pooled_means(CALLS, MEANS, SQUARES))

    between = 47 / 3000
    own = between / (between + 0.001)  # 0.94
    assert [figure.own_weight for figure in figures] == pytest.approx([own] * 4, abs=1e-6)
    assert [figure.figure.estimate for figure in figures] == pytest.approx(
        [own * mean + (1 - own) * 0.75 for mean in MEANS], abs=1e-6
    )
    assert {(figure.peers_mean, figure.peers) for figure in figures} == {(0.75, 4)}
    assert all(figure.figure.low < figure.figure.estimate < figure.figure.high for figure in figures)


def test_fewer_calls_are_drawn_further_and_told_less_surely() -> None:
    few, many, *_ = _all(pooled_means([4, 40, 10, 10], [0.95, 0.95, 0.7, 0.6], [0.03, 0.39, 0.09, 0.09]))

    assert few.own_weight < many.own_weight
    assert few.figure.estimate < many.figure.estimate < 0.95
    assert few.figure.high - few.figure.low > many.figure.high - many.figure.low


def test_means_that_differ_by_chance_only_are_all_the_peers() -> None:
    figures = _all(pooled_means(CALLS, [0.80, 0.81, 0.79, 0.80], [0.9] * 4))

    assert {figure.figure.estimate for figure in figures} == {0.8}
    assert {figure.own_weight for figure in figures} == {0.0}


def test_a_great_many_calls_keep_their_own_mean() -> None:
    figures = _all(pooled_means([10**7] * 4, MEANS, [0.01 * 10**7] * 4))

    assert [figure.figure.estimate for figure in figures] == pytest.approx(MEANS, abs=1e-5)
    assert all(figure.own_weight > 0.9999 for figure in figures)


@pytest.mark.parametrize("subjects", [0, 1, 3])
def test_too_few_peers_draw_nothing(subjects: int) -> None:
    assert pooled_means(CALLS[:subjects], MEANS[:subjects], SQUARES[:subjects]) == [None] * subjects
    assert pooled_rates(CALLS[:subjects], [5] * subjects) == [None] * subjects


def test_subjects_without_calls_have_no_figure_and_change_nobodys() -> None:
    alone = pooled_means(CALLS, MEANS, SQUARES)

    assert pooled_means([0, *CALLS], [0.0, *MEANS], [0.0, *SQUARES]) == [None, *alone]
    assert pooled_rates([0, *CALLS], [0, 2, 5, 8, 10]) == [None, *pooled_rates(CALLS, [2, 5, 8, 10])]


def test_too_few_calls_of_all_subjects_draw_nothing() -> None:
    # 13 calls of four subjects leave 9 degrees of freedom, 14 leave 10
    assert pooled_means([3, 3, 3, 4], MEANS, SQUARES) == [None] * 4
    assert None not in pooled_means([3, 3, 4, 4], MEANS, SQUARES)


def test_equal_scores_tell_of_no_spread() -> None:
    assert pooled_means(CALLS, [1.0] * 4, [0.0] * 4) == [None] * 4
    assert pooled_rates(CALLS, CALLS) == [None] * 4


def test_overdispersion_is_that_of_kleinman() -> None:
    # mean 0.5; found 10 * (0.09 + 0.01 + 0.01 + 0.09) = 2; expected 0.25 * 3; scale 0.25 * (40 * 0.75 - 3)
    assert overdispersion(np.full(4, 10.0), np.array([0.2, 0.4, 0.6, 0.8])) == pytest.approx((2 - 0.75) / 6.75)


def test_rates_are_drawn_as_reckoned_by_hand() -> None:
    figures = _all(pooled_rates(CALLS, [2, 4, 6, 8]))

    spread = 1.25 / 6.75
    size = 1 / spread - 1  # a + b = 4.4
    drawn = [(size / 2 + passed) / (size + 10) for passed in (2, 4, 6, 8)]  # the posterior mean of a beta-binomial
    assert [figure.figure.estimate for figure in figures] == pytest.approx(drawn, abs=1e-6)
    assert {figure.own_weight for figure in figures} == {round(10 / (10 + size), 6)}


def test_rates_that_differ_by_chance_only_are_all_the_peers() -> None:
    figures = _all(pooled_rates(CALLS, [5, 5, 6, 4]))

    assert {(figure.figure.estimate, figure.own_weight) for figure in figures} == {(0.5, 0.0)}
    assert all(0 < figure.figure.low < 0.5 < figure.figure.high < 1 for figure in figures)


@pytest.mark.parametrize(
    ("calls", "passed"), [([8, 8, 8, 8, 8, 8], [8, 8, 8, 0, 8, 7]), ([3, 40, 40, 40], [0, 40, 39, 40])]
)
def test_one_peer_far_from_the_others_makes_nobody_certain(calls: list[int], passed: list[int]) -> None:
    figures = _all(pooled_rates(calls, passed))

    mean = sum(passed) / sum(calls)  # by moments the peers would count for nothing; they count for one call
    drawn = [(mean + x) / (1 + n) for n, x in zip(calls, passed, strict=True)]
    assert [figure.figure.estimate for figure in figures] == pytest.approx(drawn, abs=1e-6)
    assert [figure.own_weight for figure in figures] == pytest.approx([n / (n + 1) for n in calls], abs=1e-6)
    for figure, n, x in zip(figures, calls, passed, strict=True):
        low, high = stats.beta.ppf((0.025, 0.975), max(mean, 0.5) + x, max(1 - mean, 0.5) + n - x)
        assert figure.figure.low <= low + 1e-3  # never narrower than the posterior
        assert figure.figure.high >= high - 1e-3
        assert figure.figure.high - figure.figure.low > 0.04


def test_intervals_of_rates_are_quantiles_of_the_posterior_where_the_own_calls_are_many() -> None:
    calls, passed = [400, 400, 400, 400], [40, 150, 250, 360]
    figures = _all(pooled_rates(calls, passed))

    size = 1 / overdispersion(np.array(calls, dtype=float), np.array(passed) / 400) - 1
    for figure, x in zip(figures, passed, strict=True):
        posterior = stats.beta(size / 2 + x, size / 2 + 400 - x)
        assert figure.figure.low == pytest.approx(posterior.ppf(0.025), abs=2e-3)
        assert figure.figure.high == pytest.approx(posterior.ppf(0.975), abs=2e-3)


@pytest.mark.parametrize(("agents", "most_calls"), [(5, 11), (20, 11), (5, 40)])
def test_intervals_of_rates_hold_the_truth_where_one_agent_of_five_seldom_passes(agents: int, most_calls: int) -> None:
    random = np.random.default_rng(7)
    truth = np.where(np.arange(agents) % 5 == 0, 0.15, 0.95)
    held, widths = [], []
    for _ in range(200):
        calls = random.integers(4, most_calls + 1, agents)
        for figure, rate in zip(
            pooled_rates(calls.tolist(), random.binomial(calls, truth).tolist()), truth, strict=True
        ):
            if figure is not None:
                held.append(figure.figure.low <= rate <= figure.figure.high)
                widths.append(figure.figure.high - figure.figure.low)

    assert np.mean(held) > 0.93
    assert min(widths) > 0.05


@pytest.mark.parametrize("spread", [0.03, 0.08])
def test_drawn_figures_err_less_and_their_intervals_hold_the_truth(spread: float) -> None:
    random = np.random.default_rng(8)
    plain, drawn, plain_rate, drawn_rate, held = [], [], [], [], []
    for _ in range(60):
        truth = np.clip(random.normal(0.8, spread, 20), 0.05, 0.95)
        calls = random.integers(3, 40, 20)
        scores = [random.beta(6 * mean, 6 * (1 - mean), n) for mean, n in zip(truth, calls, strict=True)]
        means = [float(own.mean()) for own in scores]
        squares = [float(((own - own.mean()) ** 2).sum()) for own in scores]
        passed = random.binomial(calls, truth)
        pooled = _all(pooled_means(calls.tolist(), means, squares))
        rates = _all(pooled_rates(calls.tolist(), passed.tolist()))
        plain += list((np.array(means) - truth) ** 2)
        drawn += list((np.array([each.figure.estimate for each in pooled]) - truth) ** 2)
        plain_rate += list((passed / calls - truth) ** 2)
        drawn_rate += list((np.array([each.figure.estimate for each in rates]) - truth) ** 2)
        held += [
            each.figure.low <= mean <= each.figure.high
            for figures in (pooled, rates)
            for each, mean in zip(figures, truth, strict=True)
        ]

    assert np.mean(drawn) < 0.8 * np.mean(plain)
    assert np.mean(drawn_rate) < 0.5 * np.mean(plain_rate)
    assert np.mean(held) > 0.88
