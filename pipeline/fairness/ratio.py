"""The ratio of two rates with an interval that holds for small groups and for rates of 0 and 1."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist

from pipeline.records import Interval

FOUR_FIFTHS = (4, 5)
"""29 CFR 1607.4(D): a rate under four fifths of the highest group's is generally taken for a sign of adverse impact."""


def rate_ratio(
    successes: float, n: float, best_successes: float, best_n: float, level: float = 0.95
) -> Interval | None:
    """Return a group's rate over the best group's, with the asymptotic score interval (Koopman 1984, Biometrics 40).

    The interval is the set of ratios that a chi-squared test would not reject. It needs no correction where a rate is 0
    or 1, where the interval on the logarithm (Katz and others 1978) breaks down.

    Args:
        successes: Of the group.
        n: Calls of the group; no whole number where calls that hang together are counted for fewer.
        best_successes: Of the group with the highest rate.
        best_n: Its calls.
        level: Confidence level, 0..1.

    Returns:
        None where the best rate is 0: nothing is a share of that.
    """
    if not best_successes:
        return None
    estimate = successes * best_n / (best_successes * n)
    critical = NormalDist().inv_cdf((1 + level) / 2) ** 2

    def excess(ratio: float) -> float:
        return _score_statistic(ratio, successes, n, best_successes, best_n) - critical

    low = _root(excess, estimate, -1) if successes else 0.0
    return Interval(estimate=estimate, low=low, high=_root(excess, estimate, 1), level=level)


def below_four_fifths(successes: int, n: int, best_successes: int, best_n: int) -> bool:
    """Tell whether a rate is under four fifths of the best one, in whole numbers: 48 of 100 of 60 of 100 is not."""
    part, whole = FOUR_FIFTHS
    return successes * best_n * whole < part * best_successes * n


def _score_statistic(ratio: float, x: float, m: float, y: float, n: float) -> float:
    """Return the chi-squared statistic of x/m against ``ratio`` times y/n, at the likeliest rates that have it."""
    total = ratio * (m + y) + x + n
    root = math.sqrt(max(total * total - 4 * ratio * (m + n) * (x + y), 0.0))
    first = min((total - root) / (2 * (m + n)), ratio, 1.0)
    second = min(first / ratio, 1.0)
    statistic = 0.0
    for count, trials, rate in ((x, m, first), (y, n, second)):
        spread = trials * rate * (1 - rate)
        off = count - trials * rate
        if abs(off) > 1e-9 * trials:
            statistic += off * off / spread if spread > 0 else math.inf
    return statistic


def _root(excess: Callable[[float], float], estimate: float, side: int) -> float:
    """Return where the statistic leaves the interval, going down (-1) or up (1) from the estimate."""
    inside = estimate or 1e-9
    outside = inside * 2.0**side
    while excess(outside) < 0:
        inside, outside = outside, outside * 2.0**side
    for _ in range(80):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if excess(middle) < 0 else (inside, middle)
    return inside
