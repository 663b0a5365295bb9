"""Means, shares and net promoter scores with intervals that stay honest when there is little to go by."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
import pandas as pd

from pipeline.intervals import DECIMALS, bootstrap_mean, wilson
from pipeline.records import Interval
from pipeline.records.kpis import MeanFigure, ShareFigure

LEVEL = 0.95


def mean_figure(values: pd.Series[float]) -> MeanFigure | None:
    """Return the mean of lengths in seconds with Student's t interval, not below 0; None without a value.

    mean +- t(n - 1) s / sqrt(n) (Student 1908). Lengths of calls are skewed: with a dozen calls the interval is rough.
    """
    known = values.dropna().to_numpy(dtype=np.float64)
    if not len(known):
        return None
    mean = float(known.mean())
    if len(known) == 1:
        return MeanFigure(mean=round(mean, DECIMALS), low=None, high=None, n=1)
    from scipy.special import stdtrit  # noqa: PLC0415 - stats takes half a second to import

    half = float(stdtrit(len(known) - 1, (1 + LEVEL) / 2)) * float(known.std(ddof=1)) / math.sqrt(len(known))
    return MeanFigure(
        mean=round(mean, DECIMALS),
        low=round(max(0.0, mean - half), DECIMALS),
        high=round(mean + half, DECIMALS),
        n=len(known),
    )


def share_figure(yes: pd.Series[bool]) -> ShareFigure | None:
    """Return the share of yes among the known with its Wilson interval; None without any."""
    known = yes.dropna()
    count = int(known.sum())
    interval = wilson(count, len(known))
    return None if interval is None else ShareFigure(interval=interval, count=count, n=len(known))


def rating_figure(answers: pd.Series[float], *, low: int, high: int) -> MeanFigure | None:
    """Return the mean of answers on a scale, with the bootstrap interval of scores (`intervals.bootstrap_mean`)."""
    known = answers.dropna().to_numpy(dtype=np.float64)
    interval = bootstrap_mean([float(share) for share in (known - low) / (high - low)])
    if interval is None:
        return None
    lower, upper = (round(low + share * (high - low), DECIMALS) for share in (interval.low, interval.high))
    return MeanFigure(mean=round(float(known.mean()), DECIMALS), low=lower, high=upper, n=len(known))


def promoter_score(answers: Sequence[float]) -> Interval | None:
    """Return the net promoter score, -1..+1: promoters (9, 10) less detractors (0 to 6), of all answers.

    Reichheld, "The One Number You Need to Grow", HBR 2003. Its variance is that of a difference of two shares of one
    multinomial sample, (p + d - (p - d)^2) / n. The interval is the adjusted Wald interval of Rocks, "Interval
    Estimation for the Net Promoter Score", The American Statistician 70 (2016): with three quarters of a promoter, as
    much of a detractor and one and a half passives added, so that a dozen promoters do not claim to be certain.

    Args:
        answers: 0 to 10.

    Returns:
        None without answers.
    """
    n = len(answers)
    if not n:
        return None
    promoters = sum(answer >= 9 for answer in answers)
    detractors = sum(answer <= 6 for answer in answers)
    estimate = (promoters - detractors) / n
    n_added = n + 3.0
    p, d = (promoters + 0.75) / n_added, (detractors + 0.75) / n_added
    half = NormalDist().inv_cdf((1 + LEVEL) / 2) * math.sqrt((p + d - (p - d) ** 2) / n_added)
    return Interval(
        estimate=round(estimate, DECIMALS),
        low=round(min(estimate, max(-1.0, p - d - half)), DECIMALS),
        high=round(max(estimate, min(1.0, p - d + half)), DECIMALS),
        level=LEVEL,
    )
