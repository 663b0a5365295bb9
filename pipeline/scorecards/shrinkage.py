"""Figures of few calls, drawn toward those of their peers (partial pooling, empirical Bayes).

The mean of five calls is mostly luck. A better guess lies between it and the peers' mean: the nearer to the peers', the
fewer the calls and the less the peers differ from each other (Efron and Morris 1975, "Data analysis using Stein's
estimator and its generalizations"). How much they differ is told by moments from their own figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.records import Interval, PooledFigure
from pipeline.scorecards.statistics import DECIMALS

LEAST_PEERS = 4
"""With fewer, drawing toward a mean that is estimated as well need not be better (Efron and Morris 1973)."""

LEAST_FREEDOM = 10
"""With fewer degrees of freedom within subjects, how much calls of one of them differ is itself mostly luck: a single
failed call among a handful would make the peers differ so much that the own calls count for nearly all.
"""

LEAST_PRIOR_CALLS = 1.0
"""How many calls what is known from the peers counts for at least (a + b) in a pass rate.

By moments one peer far from the others makes it 0: then 8 of 8 would be 100 % without any doubt, and 0 of 3 be 0 %.
"""

LEAST_DOUBT = 0.5
"""What a and b are each at least where the interval is told: that of Jeffreys' prior, which is for calls alone.

Peers who nearly all pass leave almost nothing for b: then 40 of 40 would be 99 % at least.
"""

Numbers = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class _Drawn:
    """Drawn figures, one per subject, with the weight of the subject's own calls; what intervals are of, and spread."""

    figures: Numbers
    middles: Numbers
    variances: Numbers
    own_weights: Numbers
    centre: float


def pooled_means(
    calls: Sequence[int], means: Sequence[float], squares: Sequence[float], *, level: float = 0.95
) -> list[PooledFigure | None]:
    """Return the mean scores of subjects, each drawn toward the mean of all of them.

    Normal-normal model: a subject's true mean is spread about the peers' with variance t2, its mean of n calls about
    the true one with s2 / n. s2 is pooled over the subjects; t2 is the moment estimate of DerSimonian and Laird
    (Controlled Clinical Trials 7, 1986), 0 where the means differ no more than chance makes them. The weight of the own
    calls is t2 / (t2 + s2 / n).

    Args:
        calls: n, by subject; subjects of one period, scored by the same rubrics.
        means: Mean of the calls' shares, 0..1.
        squares: Sum of the squared deviations of the calls' shares from that mean.
        level: Confidence level, 0..1.

    Returns:
        By subject; None for all where fewer than `LEAST_PEERS` have calls, with fewer than `LEAST_FREEDOM` degrees of
        freedom, or no two calls of anybody differ, and for subjects without calls.
    """
    n = np.asarray(calls, dtype=np.float64)
    known = n > 0
    freedom = float(np.sum(np.maximum(n - 1, 0)))
    within = float(np.sum(np.asarray(squares)[known])) / freedom if freedom else 0.0
    if known.sum() < LEAST_PEERS or freedom < LEAST_FREEDOM or within <= 0:
        return [None] * len(n)
    figures = np.asarray(means, dtype=np.float64)[known]
    variances = within / n[known]
    between = between_variance(figures, variances)
    return _placed(known, _drawn_normal(figures, variances, between), level)


def pooled_rates(calls: Sequence[int], passed: Sequence[int], *, level: float = 0.95) -> list[PooledFigure | None]:
    """Return the pass rates of subjects, each drawn toward that of all of them.

    Beta-binomial model: true rates are spread as Beta(a, b), with a + b = 1 / g - 1. Mean and g are the moment
    estimates of Kleinman (Journal of the American Statistical Association 68, 1973) weighted by calls; g is 0 where the
    rates differ no more than chance makes them, and so bounded that a + b is at least `LEAST_PRIOR_CALLS`. The weight
    of the own calls is n / (n + a + b). Intervals are quantiles of the beta distribution that has the mean of the
    posterior Beta(a + x, b + n - x), with a and b at least `LEAST_DOUBT`, and its variance plus that of the estimated
    mean and g.

    Args:
        calls: n, by subject; subjects of one period, scored by the same rubrics.
        passed: How many of these passed.
        level: Confidence level, 0..1.

    Returns:
        As `pooled_means`; None for all where every call passed, or none.
    """
    n_all = np.asarray(calls, dtype=np.float64)
    known = n_all > 0
    n, x = n_all[known], np.asarray(passed, dtype=np.float64)[known]
    if known.sum() < LEAST_PEERS or not 0 < x.sum() < n.sum():
        return [None] * len(n_all)
    rates = x / n
    mean = float(x.sum() / n.sum())
    spread = min(overdispersion(n, rates), 1 / (1 + LEAST_PRIOR_CALLS))
    chance = mean * (1 - mean)
    own = n * spread / (1 - spread + n * spread)  # n / (n + a + b), which holds for g = 0 too
    centre_variance = chance * float(np.sum(n**2 * (spread + (1 - spread) / n))) / float(n.sum()) ** 2
    figures = own * rates + (1 - own) * mean
    middles, posterior = _posterior(n, x, mean, spread)
    variances = posterior + (1 - own) ** 2 * (centre_variance + _unsure_of_spread(rates, mean))
    drawn = _Drawn(figures=figures, middles=middles, variances=variances, own_weights=own, centre=mean)
    return _placed(known, drawn, level)


def between_variance(figures: Numbers, variances: Numbers) -> float:
    """Return by how much true figures vary between subjects: DerSimonian and Laird's moment estimate, at least 0.

    Args:
        figures: One per subject.
        variances: Of each about its true value.
    """
    weights = 1 / variances
    centre = float(np.sum(weights * figures) / np.sum(weights))
    excess = float(np.sum(weights * (figures - centre) ** 2)) - (len(figures) - 1)
    scale = float(np.sum(weights) - np.sum(weights**2) / np.sum(weights))
    return max(0.0, excess / scale)


def overdispersion(n: Numbers, rates: Numbers) -> float:
    """Return by how much rates vary beyond chance, 0..1: Kleinman's moment estimate with the weights ``n``."""
    total = float(n.sum())
    mean = float(np.sum(n * rates) / total)
    by_chance = mean * (1 - mean)
    found = float(np.sum(n * (rates - mean) ** 2))
    expected = by_chance * (len(n) - 1)
    scale = by_chance * float(np.sum(n * (1 - n / total)) - (len(n) - 1))
    return min(1.0, max(0.0, (found - expected) / scale)) if scale > 0 else 0.0


def _posterior(n: Numbers, x: Numbers, mean: float, spread: float) -> tuple[Numbers, Numbers]:
    """Return mean and variance of Beta(a + x, b + n - x) for each subject, a and b at least `LEAST_DOUBT`."""
    if spread == 0:  # a and b are without end
        return np.full_like(n, mean), np.zeros_like(n)
    size = 1 / spread - 1
    passed = x + max(mean * size, LEAST_DOUBT)
    failed = n - x + max((1 - mean) * size, LEAST_DOUBT)
    middles = passed / (passed + failed)
    return middles, middles * (1 - middles) / (passed + failed + 1)


def _drawn_normal(figures: Numbers, variances: Numbers, between: float) -> _Drawn:
    weights = 1 / (between + variances)
    centre = float(np.sum(weights * figures) / np.sum(weights))
    own = between / (between + variances)
    unsure = 1 / float(np.sum(weights)) + _unsure_of_spread(figures, centre)
    drawn = own * figures + (1 - own) * centre
    return _Drawn(
        figures=drawn,
        middles=drawn,
        variances=own * variances + (1 - own) ** 2 * unsure,
        own_weights=own,
        centre=centre,
    )


def _unsure_of_spread(figures: Numbers, centre: float) -> Numbers:
    """Return what the estimate of the spread adds to a figure's variance, by squared weight of the peers.

    After Morris (Journal of the American Statistical Association 78, 1983): few peers tell poorly how far they lie
    apart, and who lies far from the others is the most likely to be drawn too far.
    """
    spare: Numbers = 2 / max(len(figures) - 3, 1) * (figures - centre) ** 2
    return spare


def _placed(known: NDArray[np.bool_], drawn: _Drawn, level: float) -> list[PooledFigure | None]:
    """Return drawn figures at the places of their subjects, with intervals of a beta distribution: within 0..1."""
    from scipy import stats  # noqa: PLC0415 - slow to import, and not every command needs it

    mean = np.clip(drawn.middles, 1e-9, 1 - 1e-9)
    most = mean * (1 - mean)  # of any distribution within 0..1
    size = most / np.clip(drawn.variances, 1e-12, most * 0.999) - 1
    tail = (1 - level) / 2
    low, high = (np.asarray(stats.beta.ppf(part, mean * size, (1 - mean) * size)) for part in (tail, 1 - tail))
    placed: list[PooledFigure | None] = [None] * len(known)
    for at, position in enumerate(np.flatnonzero(known)):
        estimate = round(float(drawn.figures[at]), DECIMALS)
        placed[position] = PooledFigure(
            figure=Interval(
                estimate=estimate,
                low=min(estimate, round(float(low[at]), DECIMALS)),
                high=max(estimate, round(float(high[at]), DECIMALS)),
                level=level,
            ),
            own_weight=round(float(drawn.own_weights[at]), DECIMALS),
            peers_mean=round(drawn.centre, DECIMALS),
            peers=int(known.sum()),
        )
    return placed
