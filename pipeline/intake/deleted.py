"""A recording of a call that was deleted: it is held back, so that no run brings the call back unnoticed."""

from __future__ import annotations

from dataclasses import replace

from pipeline.intake.defects import defect
from pipeline.intake.outcome import IntakeOutcome


def held_back_as_deleted(outcome: IntakeOutcome) -> IntakeOutcome:
    """Return what becomes of a file whose call was deleted. Nothing of its sound and metadata is kept."""
    return replace(outcome, recording=None, defects=(defect("deleted"),), sound=None, sound_is_known=False)
