"""How scores go with other figures: Spearman's rank correlation. A relation is not a cause."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pandas as pd

from pipeline.intervals import DECIMALS
from pipeline.records.kpis import Relation

LEVEL = 0.95
AGENTS_TO_RESAMPLE = 8
RESAMPLES = 2000
BY_AGENTS = "agents resampled"
BY_FISHER = "Fisher's z"


def relation_of_calls(pairs: pd.DataFrame, figure: str) -> Relation:
    """Return how scores of calls go with a figure of the same calls.

    Calls of one agent are alike, so that the interval is a percentile bootstrap over whole agents; the ranks are those
    of all calls (a resample's own would be nearly the same, and take minutes). Where fewer than `AGENTS_TO_RESAMPLE`
    agents have calls, it is Fisher's with the variance (1 + rho^2 / 2) / (n - 3) of Bonett and Wright, Psychometrika 65
    (2000), as though calls did not hang together.

    Args:
        pairs: agent_id, share and value, all known but for agents.
        figure: What ``value`` is.
    """
    agents = pairs["agent_id"].nunique()
    rho = _spearman(pairs)
    low, high, method = _of_fisher(rho, len(pairs))
    if rho is not None and agents >= AGENTS_TO_RESAMPLE:
        low, high, method = _of_agents(pairs)
    return Relation(figure=figure, of="calls", n=len(pairs), agents=agents, rho=rho, low=low, high=high, method=method)


def relation_of_agents(means: pd.DataFrame, figure: str) -> Relation:
    """Return how agents' mean scores go with their figures; one line per agent with share and value."""
    rho = _spearman(means)
    low, high, method = _of_fisher(rho, len(means))
    return Relation(
        figure=figure, of="agents", n=len(means), agents=len(means), rho=rho, low=low, high=high, method=method
    )


def too_few(figure: str, *, n: int, agents: int) -> Relation:
    """Return that nothing is told, and of how many calls it would be."""
    return Relation(figure=figure, of=None, n=n, agents=agents, rho=None, low=None, high=None, method=None)


def _spearman(pairs: pd.DataFrame) -> float | None:
    """Return the correlation of the ranks, ties at their middle; None where all of either are equal."""
    if pairs["share"].nunique() < 2 or pairs["value"].nunique() < 2:
        return None
    from scipy.stats import spearmanr  # noqa: PLC0415 - half a second

    found = float(spearmanr(pairs["share"].to_numpy(np.float64), pairs["value"].to_numpy(np.float64)).statistic)
    return round(max(-1.0, min(1.0, found)), DECIMALS)


def _of_fisher(rho: float | None, n: int) -> tuple[float | None, float | None, str | None]:
    if rho is None or n < 4 or abs(rho) == 1:
        return None, None, None
    half = NormalDist().inv_cdf((1 + LEVEL) / 2) * math.sqrt((1 + rho * rho / 2) / (n - 3))
    middle = math.atanh(rho)
    return round(math.tanh(middle - half), DECIMALS), round(math.tanh(middle + half), DECIMALS), BY_FISHER


def _of_agents(pairs: pd.DataFrame) -> tuple[float | None, float | None, str | None]:
    """Return the interval over resampled agents; each is six sums, so that the number of calls costs nothing."""
    x = pairs["share"].rank().to_numpy(np.float64)
    y = pairs["value"].rank().to_numpy(np.float64)
    x, y = x - x.mean(), y - y.mean()
    agents, _ = pd.factorize(pairs["agent_id"].fillna(""))
    sums = np.stack([np.bincount(agents, part) for part in (np.ones_like(x), x, y, x * x, y * y, x * y)], axis=1)
    count = len(sums)
    draws = np.random.default_rng(0).multinomial(count, np.full(count, 1 / count), size=RESAMPLES) @ sums
    n, sx, sy, sxx, syy, sxy = draws.T
    spread = (sxx - sx * sx / n) * (syy - sy * sy / n)
    usable = spread > 1e-9
    if usable.mean() < LEVEL:
        return None, None, None
    found = ((sxy - sx * sy / n)[usable]) / np.sqrt(spread[usable])
    low, high = np.quantile(found, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return round(float(low), DECIMALS), round(float(high), DECIMALS), BY_AGENTS
