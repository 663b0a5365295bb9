"""Shares and means with intervals that stay honest when there are few calls."""

from __future__ import annotations

import functools
import hashlib
import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from pipeline.records import Interval

RESAMPLES = 2000
DRAWN_BELOW = 100
"""From so many values on, the bootstrap's quantiles are worked out: closer than 2000 draws come, and in no time."""
DECIMALS = 6  # of the 0..1 scale: keeps reports equal where floating point differs in its last bits


def wilson(successes: float, n: float, level: float = 0.95) -> Interval | None:
    """Return a share with its Wilson score interval (Wilson 1927, without continuity correction).

    Args:
        successes: How many of the ``n``.
        n: Number of trials; no whole number where trials that hang together are counted for fewer.
        level: Confidence level, 0..1.

    Returns:
        None where ``n`` is 0: the share of nothing is unknown.

    Raises:
        ValueError: ``successes`` is not within 0..n.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes of {n} are not possible")
    if n == 0:
        return None
    share = successes / n
    z = NormalDist().inv_cdf((1 + level) / 2)
    spread = 1 + z * z / n
    centre = (share + z * z / (2 * n)) / spread
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / spread
    return _interval(share, centre - half, centre + half, level)


def bootstrap_mean(values: Sequence[float], level: float = 0.95) -> Interval | None:
    """Return the mean of shares (0..1) with a percentile bootstrap interval.

    A few calls do not show the auto-fail that the next one may bring, and equal scores would resample to an interval of
    no width. So the resamples, not the mean, are drawn from the values and one call at either end of the scale (as in
    Agresti and Coull's adjusted intervals): with 5 to 200 calls of which 0 to 15 % are auto-fails, at least 94 % of
    nominal 95 % intervals then hold the true mean; plain resampling of 5 calls gets 60 to 78 %.

    Resampling is seeded by the values themselves: equal values in any order give equal intervals. Of 100 values and
    more, the quantiles of the resampled means are worked out instead of drawn (`_expanded`).

    Args:
        values: Shares, 0..1.
        level: Confidence level, 0..1.

    Returns:
        None without values. One value has an interval too: most of the scale.

    Raises:
        ValueError: A value is not within 0..1, or is NaN.
    """
    if not len(values):
        return None
    shares = np.sort(np.round(np.asarray(values, dtype=np.float64), DECIMALS))
    if not np.all((shares >= 0) & (shares <= 1)):
        raise ValueError("shares must be within 0..1")
    if len(shares) < DRAWN_BELOW:
        low, high = _resampled(shares.tobytes(), level)
    else:
        low, high = _expanded(np.concatenate([[0.0], shares, [1.0]]), level)
    return _interval(math.fsum(values) / len(values), low, high, level)


@functools.lru_cache(maxsize=16_384)
def _resampled(shares_as_bytes: bytes, level: float) -> tuple[float, float]:
    """Return the interval of sorted shares. The same calls are asked for again and again: by week, card and summary."""
    shares = np.frombuffer(shares_as_bytes, dtype=np.float64)
    distinct, counts = np.unique(np.concatenate([[0.0], shares, [1.0]]), return_counts=True)
    generator = np.random.default_rng(int.from_bytes(hashlib.sha256(shares_as_bytes).digest()[:8], "big"))
    n = int(counts.sum())
    # Drawing how often each distinct value comes up is the same as drawing every call, at a cost that depends on the
    # number of distinct scores; in portions, so that many distinct scores do not fill the memory.
    means = np.concatenate(
        [generator.multinomial(n, counts / n, size=RESAMPLES // 20) @ distinct / n for _ in range(20)]
    )
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _expanded(pool: NDArray[np.float64], level: float) -> tuple[float, float]:
    """Return the quantiles of the mean of as many draws from a pool as it has values, by its mean, spread and skewness.

    The Cornish-Fisher expansion to the first order: mean + spread / sqrt(n) * (z + skewness * (z^2 - 1) / (6 sqrt(n)))
    (Cornish and Fisher 1937; for the bootstrap: Hall, "The Bootstrap and Edgeworth Expansion", 1992, section 3.3).
    """
    n, mean, spread = len(pool), float(pool.mean()), float(pool.std())
    skewness = float(((pool - mean) ** 3).mean()) / spread**3
    z = NormalDist().inv_cdf((1 + level) / 2)
    bent = skewness * (z * z - 1) / (6 * math.sqrt(n))
    return mean + spread / math.sqrt(n) * (bent - z), mean + spread / math.sqrt(n) * (bent + z)


def _interval(estimate: float, low: float, high: float, level: float) -> Interval:
    """Return an interval within 0..1 that holds its estimate."""
    estimate = round(estimate, DECIMALS)
    low = min(estimate, max(0.0, round(low, DECIMALS)))
    high = max(estimate, min(1.0, round(high, DECIMALS)))
    return Interval(estimate=estimate, low=low, high=high, level=level)
