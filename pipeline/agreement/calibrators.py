"""From raw confidence to the probability of being right: isotonic regression, and Platt's logistic curve."""

from __future__ import annotations

import warnings

import numpy as np

from pipeline.agreement.reliability import Numbers
from pipeline.importing import importing

Knots = tuple[tuple[float, float], ...]
"""(raw, calibrated), ascending in both; linear in between, flat beyond."""

FEWEST_FOR_PLATT = 20
FEWEST_FOR_ISOTONIC = 50
_PLATT_KNOTS = 33
_DECIMALS = 6
_ALMOST = 1e-3  # logit(0) and logit(1) are infinite


def method_for(pairs: int) -> str | None:
    """Return ``isotonic`` from 50 pairs on, ``platt`` from 20, None under that."""
    if pairs < FEWEST_FOR_PLATT:
        return None
    return "isotonic" if pairs >= FEWEST_FOR_ISOTONIC else "platt"


def fit(method: str, raw: Numbers, right: Numbers) -> Knots:
    """Return the knots of a calibration curve that never falls.

    No calibrated confidence is nearer to 0 or 1 than n answers can show: 1 / (n + 2), Laplace's rule of succession.
    Beyond the raw confidences that were seen it stays flat.

    Args:
        method: ``isotonic`` or ``platt``.
        raw: Raw confidences, 0..1.
        right: 1 where a person answered the same, else 0.
    """
    knots = _isotonic(raw, right) if method == "isotonic" else _platt(raw, right)
    least = 1 / (len(raw) + 2)  # a fitted curve comes near it, to the solver's tolerance, from both sides
    return tuple((float(x), round(min(1 - least, max(least, float(y))), _DECIMALS)) for x, y in knots)


def calibrated(knots: Knots, raw: Numbers) -> Numbers:
    """Return calibrated confidences, as scoring works them out, rounded to what is told apart."""
    xs, ys = zip(*knots, strict=True)
    heights: Numbers = np.round(np.interp(raw, xs, ys), _DECIMALS)
    return heights


def _isotonic(raw: Numbers, right: Numbers) -> list[tuple[float, float]]:
    """Pool adjacent violators (Zadrozny and Elkan 2002)."""
    with importing:
        from sklearn.isotonic import IsotonicRegression  # noqa: PLC0415

    least = 1 / (len(raw) + 2)
    curve = IsotonicRegression(y_min=least, y_max=1 - least).fit(raw, right)
    return list(zip(curve.X_thresholds_, curve.y_thresholds_, strict=True))


def _platt(raw: Numbers, right: Numbers) -> list[tuple[float, float]]:
    """Fit ``1 / (1 + exp(-(a * logit(raw) + b)))`` to Platt's targets (Platt 1999).

    The targets ``(n_right + 1) / (n_right + 2)`` and ``1 / (n_wrong + 2)`` keep the curve off 0 and 1 where all answers
    are right, or all wrong. Where it would fall (surer answers are oftener wrong), confidence tells nothing and the
    curve is the mean.
    """
    with importing:
        from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    n_right = float(right.sum())
    targets = np.where(right > 0, (n_right + 1) / (n_right + 2), 1 / (len(right) - n_right + 2))
    logits = _logit(raw)[:, None]
    model = LogisticRegression(C=1e4, max_iter=1000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # to the digits that are kept it has converged by then
        # each answer once as right and once as wrong, by its target: that is what a soft target is
        model.fit(
            np.concatenate([logits, logits]),
            np.repeat([1, 0], len(right)),
            sample_weight=np.concatenate([targets, 1 - targets]),
        )
    if model.coef_[0, 0] <= 0 or np.ptp(logits) == 0:
        return [(float(raw.mean()), float(targets.mean()))]
    between = np.linspace(logits.min(), logits.max(), _PLATT_KNOTS)
    heights = model.predict_proba(between[:, None])[:, 1]
    return list(zip(1 / (1 + np.exp(-between)), np.maximum.accumulate(heights), strict=True))


def _logit(raw: Numbers) -> Numbers:
    inside = np.clip(raw, _ALMOST, 1 - _ALMOST)
    return np.log(inside / (1 - inside))
