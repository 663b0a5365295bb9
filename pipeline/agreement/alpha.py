"""Krippendorff's alpha with its interval, for any number of raters of whom some may be missing."""

from __future__ import annotations

from functools import partial
from typing import Literal

import numpy as np

from pipeline.agreement.coefficients import (
    Tables,
    interval_distances,
    krippendorff_alpha,
    nominal_distances,
    ordinal_distances,
)
from pipeline.agreement.resample import ONE_ANSWER, Figure, figure

Level = Literal["nominal", "ordinal", "interval"]


def alpha_figure(counts: Tables, drawn: Tables, *, level: Level, values: Tables | None = None) -> Figure:
    """Return alpha of what was rated.

    Args:
        counts: How often each category was given to each thing that was rated, shape (things, k); categories ascend.
            What only one rater rated says nothing, and is left out of the figure.
        drawn: Resampled coincidences, shape (resamples, k, k).
        level: Whether categories are names, ranks, or numbers.
        values: The numbers, for ``interval``.
    """
    import krippendorff  # noqa: PLC0415

    paired = counts[counts.sum(1) > 1]
    if np.count_nonzero(paired.sum(0)) < 2:
        return Figure(why=ONE_ANSWER)
    domain = np.arange(float(counts.shape[1])) if values is None else values
    value = krippendorff.alpha(value_counts=paired, value_domain=domain, level_of_measurement=level)
    if level == "ordinal":
        statistic = _ordinal
    else:
        distances = nominal_distances(len(domain)) if level == "nominal" else interval_distances(domain)
        statistic = partial(krippendorff_alpha, distances=distances)
    return figure(float(value), statistic, drawn, undefined=ONE_ANSWER)


def both_ways(tables: Tables) -> Tables:
    """Return the coincidences of two raters, shape (..., k, k): each pair counts in both orders."""
    return tables + np.swapaxes(tables, -1, -2)


def coincidences(counts: Tables) -> Tables:
    """Return each thing's coincidences, shape (things, k, k): all its pairs of ratings, over the number of others.

    ``o_ck = n_c * (n_k - [c = k]) / (m - 1)`` for the m ratings of the thing (Krippendorff 2011); none where m is 1.
    """
    ratings = counts.sum(1)
    pairs = counts[:, :, None] * counts[:, None, :] - counts[:, :, None] * np.eye(counts.shape[1])
    shared: Tables = pairs / np.maximum(ratings - 1, 1)[:, None, None]
    return shared


def _ordinal(coincidence: Tables) -> Tables:
    return krippendorff_alpha(coincidence, ordinal_distances(coincidence))
