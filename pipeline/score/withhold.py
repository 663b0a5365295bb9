"""Whether an answer is sure enough to be given, or is withheld for a person to give."""

from __future__ import annotations

import bisect
import dataclasses
from collections.abc import Sequence

from pipeline.records import Calibration, Criterion, CriterionResult, Status, Trust
from pipeline.score.wording import percent

_LEANS_TO = {
    Status.PASS: "pass",
    Status.PARTIAL: "a part of the points",
    Status.FAIL: "fail",
    Status.NOT_APPLICABLE: "not applicable",
}


def withhold_unsure(result: CriterionResult, criterion: Criterion, trust: Trust | None) -> CriterionResult:
    """Return a result with its calibrated confidence; `cannot_assess` where that is too low, with what it leans to.

    Where reviewed answers to this question were learnt from, their threshold decides over the calibrated confidence;
    where not, the criterion's `min_confidence` over the raw one. An answer without a confidence is not withheld, for
    nothing says that it is unsure, unless the threshold is above 1: no answer to the question has earned trust then.
    """
    by_rule = result.status is Status.NOT_APPLICABLE and result.raw_confidence is None  # by metadata, or other answers
    if result.status is Status.CANNOT_ASSESS or by_rule:
        return result
    learnt = None if trust is None else trust.of(criterion.id, result.asked)
    asked = criterion.min_confidence if learnt is None else learnt.threshold
    if learnt is not None and result.raw_confidence is not None:
        result = dataclasses.replace(result, confidence=calibrated(learnt, result.raw_confidence))
    if asked is None or not _is_below(result.confidence, asked):
        return result
    return dataclasses.replace(
        result,
        status=Status.CANNOT_ASSESS,
        reason=f"{_how_unsure(result.confidence, asked)}; leans to {_LEANS_TO[result.status]}: {result.reason}",
        points_earned=None,
        answer=None,
        leaning=result.status,
        leaning_share=result.share,
        leaning_answer=result.answer,
    )


def calibrated(learnt: Calibration, raw: float) -> float:
    """Return the calibrated confidence 0..1 of a raw one: linear between the knots, flat beyond them."""
    return min(1.0, max(0.0, interpolated(learnt.knots, raw))) if learnt.knots else raw


def interpolated(knots: Sequence[tuple[float, float]], x: float) -> float:
    """Return the height of a line through knots (ascending) at a place, and beyond them that of the nearest knot."""
    right = bisect.bisect_right(knots, x, key=lambda knot: knot[0])
    if right == 0:
        return knots[0][1]
    if right == len(knots):
        return knots[-1][1]
    (x0, y0), (x1, y1) = knots[right - 1], knots[right]
    return y0 + (y1 - y0) * (x - x0) / (x1 - x0)


def _is_below(confidence: float | None, asked: float) -> bool:
    return asked > 1 if confidence is None else confidence < asked


def _how_unsure(confidence: float | None, asked: float) -> str:
    if asked > 1:
        return "Reviewed answers do not show yet that few enough are wrong"
    return f"Not sure enough: {percent(confidence or 0.0)} sure, {percent(asked)} is asked"
