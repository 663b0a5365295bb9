"""Means, shares and net promoter scores against hand-computed tables and scipy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from pipeline.intervals import wilson
from pipeline.kpis.estimates import mean_figure, promoter_score, rating_figure, share_figure


def test_mean_figure_is_the_mean_with_the_interval_that_scipy_gives() -> None:
    lengths = [60.0, 75.0, 240.0, 31.0, 500.0, 42.0]
    figure = mean_figure(pd.Series([*lengths, np.nan]))
    assert figure is not None
    assert figure.low is not None
    low, high = stats.t.interval(0.95, len(lengths) - 1, loc=np.mean(lengths), scale=stats.sem(lengths))
    assert low < 0 == figure.low  # nothing takes less than no time
    assert (figure.mean, figure.high, figure.n) == (158.0, pytest.approx(high), 6)
    narrow = mean_figure(pd.Series([100.0, 110.0, 120.0]))
    assert narrow is not None
    assert (narrow.low, narrow.high) == pytest.approx((110 - 4.302653 * 10 / 3**0.5, 110 + 4.302653 * 10 / 3**0.5))


def test_mean_figure_of_one_value_has_no_interval_and_of_none_is_unknown() -> None:
    one = mean_figure(pd.Series([60.0]))
    assert one is not None
    assert (one.mean, one.low, one.high, one.n) == (60.0, None, None, 1)
    assert mean_figure(pd.Series([np.nan])) is None


def test_share_figure_counts_the_known_only() -> None:
    figure = share_figure(pd.Series([True, True, False, None], dtype="boolean"))
    assert figure is not None
    assert (figure.count, figure.n) == (2, 3)
    assert figure.interval == wilson(2, 3)
    reference = stats.binomtest(2, 3).proportion_ci(method="wilson")
    assert (figure.interval.low, figure.interval.high) == pytest.approx(tuple(reference), abs=1e-6)
    assert share_figure(pd.Series([None], dtype="boolean")) is None


def test_promoter_score_is_promoters_less_detractors() -> None:
    score = promoter_score([10, 9, 9, 8, 7, 6, 0, 3])  # 3 promoters, 2 passives, 3 detractors
    assert score is not None
    assert score.estimate == 0.0
    score = promoter_score([10, 9, 9, 9, 8, 6])
    assert score is not None
    assert score.estimate == 0.5


def test_promoter_score_has_the_interval_of_rocks_by_hand() -> None:
    # 40 promoters, 30 passives, 30 detractors of 100: p = 40.75/103, d = 30.75/103
    score = promoter_score([10] * 40 + [8] * 30 + [2] * 30)
    assert score is not None
    assert score.estimate == pytest.approx(0.1)
    p, d = 40.75 / 103, 30.75 / 103
    half = 1.959964 * ((p + d - (p - d) ** 2) / 103) ** 0.5
    assert (score.low, score.high) == pytest.approx((p - d - half, p - d + half), abs=1e-5)
    assert (score.low, score.high) == pytest.approx((-0.0629, 0.2571), abs=2e-3)


def test_promoter_score_of_a_few_promoters_claims_no_certainty() -> None:
    score = promoter_score([10, 10, 9])
    assert score is not None
    assert score.estimate == score.high == 1.0
    assert score.low < 0.2
    assert promoter_score([]) is None


def test_promoter_scores_interval_holds_the_truth_as_often_as_it_says() -> None:
    draws = np.random.default_rng(4).choice([10, 8, 2], p=[0.5, 0.3, 0.2], size=(1500, 20))
    intervals = [promoter_score(draw.tolist()) for draw in draws]
    assert np.mean([each.low <= 0.3 <= each.high for each in intervals if each]) >= 0.93


def test_rating_figure_stays_on_its_scale() -> None:
    figure = rating_figure(pd.Series([7.0, 7.0, np.nan, 4.0]), low=1, high=7)
    assert figure is not None
    assert (figure.mean, figure.n) == (6.0, 3)
    assert figure.low is not None
    assert figure.high is not None
    assert 1.0 <= figure.low < 6.0 < figure.high <= 7.0
    assert rating_figure(pd.Series([np.nan]), low=1, high=7) is None
