"""The authored form of a rubric: what may stand in the YAML file. `rubrics/README.md` explains it and a test holds it.

The frozen records of `pipeline.records` are made from it in `pipeline.score.rubrics`.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Annotated, Literal, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from pipeline.errors import did_you_mean
from pipeline.records import Measures
from pipeline.records.language import DEFAULT_LANGUAGES
from pipeline.score.bands import coverage_problems
from pipeline.score.scalars import (
    Counted,
    Identifier,
    Language,
    NotEmpty,
    Number,
    Positive,
    Share,
    Text,
    YesNo,
    refusal,
)

_HINTS = get_type_hints(Measures)
MEASURES = tuple(f.name for f in dataclasses.fields(Measures) if not str(_HINTS[f.name]).startswith("tuple"))
"""The fields of Measures that are single numbers."""

SENTIMENT_RANGES = {
    "overall": (-1.0, 1.0),
    "first_quarter": (-1.0, 1.0),
    "last_quarter": (-1.0, 1.0),
    "change": (-2.0, 2.0),
    "trend": (-1.0, 1.0),
    "longest_negative_turns": (0.0, math.inf),
    "longest_negative_ms": (0.0, math.inf),
    "recovery": (0.0, 1.0),
}


class Form(BaseModel):
    """A mapping of a rubric file; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class BandForm(Form):
    """Values ``at_least <= value < below`` earn ``share`` of the points."""

    share: Share = Field(description="Part of the points that values in this band earn: 1 is all, 0 is none.")
    at_least: Number | None = Field(default=None, description="Lowest value of the band; left out, it is open below.")
    below: Number | None = Field(default=None, description="First value above the band; left out, it is open above.")


Bands = Annotated[tuple[BandForm, ...], NotEmpty]


def _check_bands(bands: tuple[BandForm, ...]) -> tuple[BandForm, ...]:
    problems = coverage_problems(bands)
    if problems:
        raise refusal("bands", "; ".join(problems))
    return bands


def _check_edges(bands: tuple[BandForm, ...], allowed: tuple[float, float], what: str) -> None:
    for edge in (edge for band in bands for edge in (band.at_least, band.below) if edge is not None):
        if not allowed[0] <= edge <= allowed[1]:
            raise refusal("band_edge", f"{edge:g} cannot be reached: {what} runs from {allowed[0]:g} to {allowed[1]:g}")


class RuleForm(Form):
    """Passes when what the rules look for was said, or was not said, as each rule wants it."""

    kind: Literal["rule"]
    rules: Annotated[tuple[Identifier, ...], NotEmpty] = Field(description="Ids of rules from `rubrics/rules/`.")
    require: Literal["all", "any"] = Field(
        default="all", description="Whether all rules must be kept or one is enough."
    )


class MeasureForm(Form):
    """Points by a number about the shape of the call."""

    kind: Literal["measure"]
    measure: Text = Field(description="Which number; the list is below.")
    bands: Bands = Field(description="Which values earn which share of the points; together they hold every value.")

    _bands = field_validator("bands")(_check_bands)

    @field_validator("measure")
    @classmethod
    def _known(cls, measure: str) -> str:
        if measure not in MEASURES:
            known = ", ".join(MEASURES)
            raise refusal(
                "unknown_measure", f"unknown measure {measure!r}{did_you_mean(measure, MEASURES)}; there are: {known}"
            )
        return measure

    @model_validator(mode="after")
    def _reachable(self) -> MeasureForm:
        if self.measure.endswith("_share"):
            _check_edges(self.bands, (0.0, 1.0), self.measure)
        return self


class SentimentForm(Form):
    """Points by how the words of one party sound, from -1 (bad) to +1 (good)."""

    kind: Literal["sentiment"]
    role: Literal["agent", "customer"] = Field(description="Whose words.")
    reading: Literal[
        "overall",
        "first_quarter",
        "last_quarter",
        "change",
        "trend",
        "longest_negative_turns",
        "longest_negative_ms",
        "recovery",
    ] = Field(description="Which figure; the list is below.")
    bands: Bands = Field(description="Which values earn which share of the points; together they hold every value.")

    _bands = field_validator("bands")(_check_bands)

    @model_validator(mode="after")
    def _reachable(self) -> SentimentForm:
        _check_edges(self.bands, SENTIMENT_RANGES[self.reading], self.reading)
        return self


class ManualForm(Form):
    """A question that only a person can answer; it counts neither for nor against until somebody has."""

    kind: Literal["manual"]
    question: Text = Field(description="What the reviewer is asked.")


TestForm = Annotated[RuleForm | MeasureForm | SentimentForm | ManualForm, Field(discriminator="kind")]


class AppliesIfForm(Form):
    """When a criterion applies: every key that is given must hold, by any one of its values."""

    queues: Annotated[tuple[Text, ...], NotEmpty] = Field(default=(), description="Only calls of these queues.")
    directions: Annotated[tuple[Literal["inbound", "outbound"], ...], NotEmpty] = Field(
        default=(), description="Only `inbound` or only `outbound` calls."
    )
    teams: Annotated[tuple[Text, ...], NotEmpty] = Field(default=(), description="Only calls of these teams.")
    rules_present: Annotated[tuple[Identifier, ...], NotEmpty] = Field(
        default=(), description="Only calls in which the words of all these rules were said."
    )


class CriterionForm(Form):
    """One question about the call."""

    id: Identifier = Field(description="Short name, unique in the file; scorecards follow a criterion by it.")
    title: Text = Field(description="What scorecards and reports call it.")
    points: Positive = Field(description="How much it counts inside its section.")
    test: TestForm = Field(description="How it is answered; see the kinds below.")
    critical: YesNo = Field(default=False, description="Failing it fails the call, whatever the total.")
    auto_fail: YesNo = Field(default=False, description="Failing it sets the total to 0; the raw score is kept.")
    applies_if: AppliesIfForm = Field(default=AppliesIfForm(), description="When it applies; otherwise not applicable.")
    guidance: Text = Field(default="", description="For reviewers: how to answer it by ear.")
    coaching: Text = Field(default="", description="For coaches: what to practise after a miss.")


class SectionForm(Form):
    """A group of criteria with one weight."""

    id: Identifier = Field(description="Short name, unique in the file.")
    title: Text = Field(description="What reports call it.")
    weight: Positive = Field(description="How much a point of this section counts beside a point of another.")
    criteria: Annotated[tuple[CriterionForm, ...], NotEmpty] = Field(description="Its questions, in order.")


class RubricForm(Form):
    """The whole file."""

    id: Identifier = Field(description="Short name; the same in every version.")
    version: Counted = Field(description="1, 2, 3 ...: raise it when the scoring changes.")
    title: Text = Field(description="What reports call it.")
    description: Text = Field(default="", description="What it is for, and who agreed to it.")
    queues: Annotated[tuple[Text, ...], NotEmpty] = Field(
        default=(), description="Calls of these queues are scored by it; left out, it serves where it is the default."
    )
    languages: Annotated[tuple[Language, ...], NotEmpty] = Field(
        default=DEFAULT_LANGUAGES, description="Codes of the languages that calls may be in; others are not scored."
    )
    pass_share: Share = Field(default=0.8, description="A call passes from this share of the points on.")
    sections: Annotated[tuple[SectionForm, ...], NotEmpty] = Field(description="Groups of criteria, in order.")
