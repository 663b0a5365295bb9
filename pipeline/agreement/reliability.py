"""Whether a confidence of 80 % is right 80 times in 100: the reliability curve, and how far off it is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]

_MOST_BINS = 10
_FEWEST_PER_BIN = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class ReliabilityBin:
    """Answers of about the same confidence: ``confidence`` their mean, ``right`` the share people confirmed."""

    low: float
    high: float
    answers: int
    confidence: float
    right: float


def reliability_curve(confidences: Numbers, right: NDArray[Any]) -> tuple[ReliabilityBin, ...]:
    """Return the reliability curve, in bins of about equally many answers, by rising confidence.

    At most ten bins, of at least ten answers on average: in smaller ones the share that is right says little. Equal
    confidences are in one bin.

    Args:
        confidences: 0..1, one per answer.
        right: Whether a person answered the same.
    """
    bins = max(1, min(_MOST_BINS, len(confidences) // _FEWEST_PER_BIN))
    edges = np.unique(np.quantile(confidences, np.linspace(0, 1, bins + 1)[1:-1]))
    places = np.searchsorted(edges, confidences, side="right")
    return tuple(
        ReliabilityBin(
            low=float(confidences[inside].min()),
            high=float(confidences[inside].max()),
            answers=int(inside.sum()),
            confidence=float(confidences[inside].mean()),
            right=float(right[inside].mean()),
        )
        for inside in (places == place for place in range(len(edges) + 1))
        if inside.any()
    )


def calibration_error(curve: tuple[ReliabilityBin, ...]) -> float:
    """Return the expected calibration error, 0..1: ``sum(n_b / n * |right_b - confidence_b|)`` over the bins.

    As in Guo et al. 2017 (On Calibration of Modern Neural Networks, ICML), in bins of equal mass as in Nguyen and
    O'Connor 2015 (Posterior calibration and exploratory analysis for natural language processing models, EMNLP).
    """
    answers = sum(part.answers for part in curve)
    return math.fsum(part.answers / answers * abs(part.right - part.confidence) for part in curve)
