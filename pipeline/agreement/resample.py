"""Bootstrap intervals over calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipeline.agreement.coefficients import Tables

RESAMPLES = 2000
LEVEL = 0.95
ONE_ANSWER = "every answer is the same, so there is no agreement beyond chance to measure (0/0)"
DECIMALS = 6  # keeps reports equal where floating point differs in its last bits
_PORTIONS = 20  # of the resamples, so that many calls do not fill the memory
_MOST_UNDEFINED = 0.05


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """A figure with its 95 % interval. What there is not is None, and ``why`` says why."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    why: str = ""


def resampled(by_call: Tables, *, seed: int) -> Tables:
    """Return 2,000 tables, each the sum of as many calls drawn with replacement.

    A few pairs that all agree would resample to an interval of no width, as if the next pair could not disagree. So
    what is drawn from is the calls and, once more, one pair that agrees and one that does not, in any of the cells (as
    in Agresti and Coull's adjusted intervals). Of nominal 95 % intervals of kappa and AC1 over 20 pairs, 94 to 100 %
    then hold the true value, where plain resampling gets 23 to 92 % (`benchmarks/AGREEMENT.md`).

    Args:
        by_call: Counts of each call, shape (calls, k, k) with k > 1.
        seed: Equal calls, in any order, and equal seeds give equal tables.

    Returns:
        Shape (2000, k, k).
    """
    calls, categories, _ = by_call.shape
    rows, counts = np.unique(by_call.reshape(calls, -1), axis=0, return_counts=True)
    agreeing = np.eye(categories).ravel()
    each = np.where(agreeing > 0, 1 / categories, 1 / (categories * (categories - 1)))
    drawn_from = np.concatenate([rows, np.eye(categories * categories)])
    chances = np.concatenate([counts, each]) / (calls + 2)
    generator = np.random.default_rng(seed)
    drawn = [generator.multinomial(calls, chances, size=RESAMPLES // _PORTIONS) @ drawn_from for _ in range(_PORTIONS)]
    return np.concatenate(drawn).reshape(RESAMPLES, categories, categories)


def figure(value: float | None, statistic: Callable[[Tables], Tables], tables: Tables, *, undefined: str) -> Figure:
    """Return a figure with its percentile interval.

    Args:
        value: The figure itself; None where it is not defined.
        statistic: Gives it for resampled tables, nan where it is not defined.
        tables: From `resampled`.
        undefined: What to say where it is not defined.
    """
    if value is None:
        return Figure(why=undefined)
    values = statistic(tables)
    defined = values[~np.isnan(values)]
    estimate = round(float(value), DECIMALS)
    if len(defined) < (1 - _MOST_UNDEFINED) * len(values):
        return Figure(value=estimate, why="answers vary too little for an interval")
    low, high = np.quantile(defined, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Figure(
        value=estimate,
        low=min(estimate, round(float(low), DECIMALS)),
        high=max(estimate, round(float(high), DECIMALS)),
    )
