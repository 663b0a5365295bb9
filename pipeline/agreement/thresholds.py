"""From which confidence on answers may be given, for so many of them to be right."""

from __future__ import annotations

import math

import numpy as np

from pipeline.agreement.reliability import Numbers

ASSURANCE = 0.8
"""How sure it is to be that the error of what is given is within the target."""

NONE_GIVEN = 2.0
"""A threshold that no confidence reaches."""

_MOST_NEEDED = 5000
_BELOW = 1e-6


def error_bound(wrong: Numbers, answers: Numbers, assurance: float = ASSURANCE) -> Numbers:
    """Return what the true share of wrong answers is below, with the given assurance (Clopper and Pearson 1934).

    The one-sided exact bound: the ``assurance`` quantile of Beta(wrong + 1, answers - wrong).
    """
    from scipy.stats import beta  # noqa: PLC0415

    some_right = np.maximum(answers - wrong, 1e-9)
    return np.where(wrong < answers, beta.ppf(assurance, wrong + 1, some_right), 1.0)


def lowest_threshold(
    confidences: Numbers, right: Numbers, *, target_error: float, assurance: float = ASSURANCE
) -> float:
    """Return the lowest calibrated confidence from which on the error of what is given is within the target.

    Within: not the counted share of wrong answers, but its upper bound. Of many thresholds the lowest that looks good
    on a few dozen answers is often one that was lucky there. Where confidence tells nothing, more than half of the
    thresholds by the counted share miss a target of 10 % by more than three points; by the bound 3 to 4 % of them do
    (`benchmarks/AGREEMENT.md`).

    Calibration never falls, so a threshold takes the answers with the highest raw confidences, whatever the curve.

    Args:
        confidences: Calibrated, 0..1.
        right: 1 where a person answered the same, else 0.
        target_error: Share of wrong answers, 0..1, that is put up with.
        assurance: 0..1.

    Returns:
        0 where nothing has to be withheld, `NONE_GIVEN` where everything has to be. Else just below the lowest
        confidence that may be given, so that rounding withholds none of those.
    """
    order = np.argsort(-confidences, kind="stable")
    sorted_confidences, wrong = confidences[order], np.cumsum(1 - right[order])
    last = np.append(sorted_confidences[1:] != sorted_confidences[:-1], True)  # equal ones are given or withheld as one
    answers = np.arange(1.0, len(order) + 1)
    within = np.flatnonzero(last & (error_bound(wrong, answers, assurance) <= target_error))
    if not within.size:
        return NONE_GIVEN
    if within[-1] == len(order) - 1:
        return 0.0
    return round(max(0.0, float(sorted_confidences[within[-1]]) - _BELOW), 6)


def answers_needed(error: float, target_error: float, assurance: float = ASSURANCE) -> int | None:
    """Return how many reviewed answers would show the target, if this share of them is wrong; None where none would."""
    if error >= target_error:
        return None
    numbers = np.arange(1.0, _MOST_NEEDED + 1)
    enough = error_bound(error * numbers, numbers, assurance) <= target_error
    first = np.flatnonzero(enough)
    return math.ceil(numbers[first[0]]) if first.size else None
