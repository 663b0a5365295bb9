"""How sure answers turn out to be: what was learnt from reviewed answers, per question."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Calibration:
    """What reviewed answers tell about one question's confidence.

    Attributes:
        criterion_id: The question, with ``asked``: the fingerprint of what it asks.
        method: ``isotonic`` or ``platt``.
        knots: (raw, calibrated) confidences, ascending; between them it is linear, beyond them flat.
        threshold: An answer whose calibrated confidence is below this is withheld; 0 withholds none, more than 1 all.
        pairs: So many reviewed answers it was learnt from.
        error: Share of wrong answers among those that are not withheld, by cross-validation; None without any.
        calibration_error: Expected calibration error after calibration, by cross-validation.
        raw_calibration_error: Before it.
    """

    criterion_id: str
    asked: str
    method: str
    knots: tuple[tuple[float, float], ...]
    threshold: float
    pairs: int
    error: float | None = None
    calibration_error: float | None = None
    raw_calibration_error: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Trust:
    """All that was learnt for one rubric, as one version. ``fingerprint`` stands for it in the ids of scores."""

    rubric_id: str
    target_error: float
    calibrations: tuple[Calibration, ...]
    fingerprint: str

    def of(self, criterion_id: str, asked: str) -> Calibration | None:
        """Return what is known about a question, or None where it was not reviewed enough, or asks something else."""
        return next((c for c in self.calibrations if (c.criterion_id, c.asked) == (criterion_id, asked)), None)
