"""What every mapping of a rubric file shares, and bands, which several of them hold."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from pipeline.score.authored.scalars import NotEmpty, Number, Share, refusal
from pipeline.score.bands import coverage_problems
from pipeline.score.wording import percent


class Form(BaseModel):
    """A mapping of a rubric file; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class BandForm(Form):
    """Values ``at_least <= value < below`` earn ``share`` of the points."""

    share: Share = Field(description="Part of the points that values in this band earn: 1 is all, 0 is none.")
    at_least: Number | None = Field(default=None, description="Lowest value of the band; left out, it is open below.")
    below: Number | None = Field(default=None, description="First value above the band; left out, it is open above.")


def _check_coverage(bands: tuple[BandForm, ...]) -> tuple[BandForm, ...]:
    problems = coverage_problems(bands)
    if problems:
        raise refusal("bands", "; ".join(problems))
    worth = {band.share for band in bands}
    if len(worth) == 1:
        every = "the one band" if len(bands) == 1 else "every band"
        message = f"{every} earns {percent(*worth)} of the points, so the value makes no difference; give the bands"
        raise refusal("bands", f"{message} different shares")
    return bands


Bands = Annotated[tuple[BandForm, ...], NotEmpty, AfterValidator(_check_coverage)]
"""Bands that together hold every value, and do not all earn the same."""


def check_edges(bands: tuple[BandForm, ...], allowed: tuple[float, float], what: str) -> None:
    """Refuse an edge that no value can reach."""
    for edge in (edge for band in bands for edge in (band.at_least, band.below) if edge is not None):
        if not allowed[0] <= edge <= allowed[1]:
            raise refusal("band_edge", f"{edge:g} cannot be reached: {what} runs from {allowed[0]:g} to {allowed[1]:g}")
