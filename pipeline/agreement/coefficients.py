"""Coefficients of agreement over tables of counts, many tables at once. None of them is defined everywhere: nan there.

Of a single table, scikit-learn and `krippendorff` give kappa and alpha (`pipeline.agreement.figures`); these are the
same formulas for 2,000 resampled tables in one go, and a test holds the two against each other.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Tables = NDArray[np.float64]
"""Counts of shape (..., k, k): row the machine's category, column the person's, in ascending order."""


def accuracy(tables: Tables) -> Tables:
    """Return the share of pairs that agree, shape (...)."""
    agreeing: Tables = np.trace(tables, axis1=-2, axis2=-1)
    return _ratio(agreeing, tables.sum((-2, -1)))


def cohen_kappa(tables: Tables, distances: Tables) -> Tables:
    """Return Cohen's kappa, shape (...): ``1 - sum(observed * d) / sum(expected * d)`` (Cohen 1960, weighted 1968).

    Args:
        tables: Counts.
        distances: How far categories are apart, shape (k, k): `nominal_distances` for kappa as such, squared
            differences for the quadratically weighted one.
    """
    expected = tables.sum(-1)[..., :, None] * tables.sum(-2)[..., None, :]
    observed = tables * tables.sum((-2, -1), keepdims=True)
    return 1 - _ratio((observed * distances).sum((-2, -1)), (expected * distances).sum((-2, -1)))


def gwet_ac1(tables: Tables) -> Tables:
    """Return Gwet's AC1, shape (...): ``(p_a - p_e) / (1 - p_e)`` with ``p_e = sum(p_k * (1 - p_k)) / (q - 1)``.

    ``p_k`` is the mean of both raters' shares of category k, q the number of categories that can be given, whether or
    not somebody gave them (Gwet 2008, Br. J. Math. Stat. Psychol. 61:29-48).
    """
    n = tables.sum((-2, -1))
    given = _ratio(tables.sum(-1) + tables.sum(-2), 2 * n[..., None])
    by_chance = (given * (1 - given)).sum(-1) / (tables.shape[-1] - 1)
    return _ratio(accuracy(tables) - by_chance, 1 - by_chance)


def krippendorff_alpha(coincidences: Tables, distances: Tables) -> Tables:
    """Return Krippendorff's alpha, shape (...): ``1 - (n - 1) * sum(o * d) / sum(n_c * n_k * d)`` (Krippendorff 2011).

    Args:
        coincidences: Shape (..., k, k), symmetric; two raters' are ``table + table.T``.
        distances: Squared differences of categories, shape (k, k) or (..., k, k).
    """
    given = coincidences.sum(-1)
    expected = (given[..., :, None] * given[..., None, :] * distances).sum((-2, -1))
    observed = (coincidences * distances).sum((-2, -1))
    return 1 - _ratio((given.sum(-1) - 1) * observed, expected)


def nominal_distances(categories: int) -> Tables:
    """Return squared differences of names: 1 between any two."""
    return 1 - np.eye(categories)


def interval_distances(values: NDArray[Any]) -> Tables:
    """Return squared differences of numbers, shape (k, k)."""
    squared: Tables = (values[:, None] - values[None, :]) ** 2.0
    return squared


def ordinal_distances(coincidences: Tables) -> Tables:
    """Return squared differences of ranks, shape (..., k, k): how many values lie between, and half of both ends."""
    given = coincidences.sum(-1)
    middles = np.cumsum(given, axis=-1) - given / 2
    squared: Tables = (middles[..., :, None] - middles[..., None, :]) ** 2
    return squared


def _ratio(above: Tables, below: Tables) -> Tables:
    """Return a quotient, nan where it is something over nothing."""
    undefined = np.abs(below) < 1e-12
    quotient: Tables = np.where(undefined, np.nan, above / np.where(undefined, 1.0, below))
    return quotient
