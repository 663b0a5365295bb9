"""The authored form of a rubric: what may stand in the YAML file. `rubrics/README.md` explains it and a test holds it.

`pipeline.score.authored.rubric_file` makes the frozen records of `pipeline.records` from it.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from pipeline.records.language import DEFAULT_LANGUAGES
from pipeline.score.authored.band_forms import Form
from pipeline.score.authored.kind_forms import TestForm
from pipeline.score.authored.scalars import (
    AllDifferent,
    AtLeastAll,
    Counted,
    Day,
    Identifier,
    Label,
    Language,
    Mark,
    NotEmpty,
    Points,
    Share,
    Text,
    Weight,
    YesNo,
    refusal,
)


class AppliesIfForm(Form):
    """When a criterion applies: every key that is given must hold, by any one of its values."""

    queues: Annotated[tuple[Text, ...], NotEmpty, AllDifferent] = Field(
        default=(), description="Only calls of these queues."
    )
    directions: Annotated[tuple[Literal["inbound", "outbound"], ...], NotEmpty, AllDifferent] = Field(
        default=(), description="Only `inbound` or only `outbound` calls."
    )
    teams: Annotated[tuple[Text, ...], NotEmpty, AllDifferent] = Field(
        default=(), description="Only calls of these teams."
    )
    rules_present: Annotated[tuple[Identifier, ...], NotEmpty, AllDifferent] = Field(
        default=(), description="Only calls in which the words of all these rules were said."
    )
    metadata: dict[Text, Annotated[tuple[Text, ...], NotEmpty, AllDifferent]] = Field(
        default={}, description="Only calls whose metadata fields have one of these values: `{brand: [north]}`."
    )
    answers: dict[Identifier, Annotated[tuple[Label, ...], NotEmpty, AllDifferent]] = Field(
        default={}, description="Only where other questions were answered so: `{asked-for-refund: [pass]}`."
    )


class AutoFailForm(Form):
    """What failing a criterion does to the total."""

    effect: Literal["zero_call", "zero_section", "cap"] = Field(
        description="`zero_call` sets the total to 0, `zero_section` the section; with `cap` the total is at most `at`."
    )
    at: Share | None = Field(default=None, description="With `cap`: the highest share that the total can have.")

    @model_validator(mode="after")
    def _cap_has_a_height(self) -> AutoFailForm:
        if (self.effect == "cap") is (self.at is None):
            raise refusal("cap", "effect: cap needs at, such as at: 0.5, and the other effects have none")
        return self


def _spelled_out(value: Any) -> Any:
    if isinstance(value, bool):
        return {"effect": "zero_call"} if value else None
    if value is None or isinstance(value, dict):
        return value
    raise refusal("auto_fail", f"write true, false or a mapping such as {{effect: cap, at: 0.5}}, not {value!r}")


class CriterionForm(Form):
    """One question about the call."""

    id: Identifier = Field(description="Short name, unique in the file; scorecards follow a criterion by it.")
    title: Text = Field(description="What scorecards and reports call it.")
    points: Points = Field(
        description="How much it counts inside its section; 0 only where it is critical or auto_fail.",
        json_schema_extra={"minimum": 0},
    )
    test: TestForm = Field(description="How it is answered; see the kinds below.")
    critical: YesNo = Field(default=False, description="Failing it fails the call, whatever the total.")
    auto_fail: Annotated[AutoFailForm | None, BeforeValidator(_spelled_out)] = Field(
        default=None, description="`true`: failing it sets the total to 0; or a mapping with another effect."
    )
    min_confidence: Share | None = Field(
        default=None, description="An answer less sure than this is withheld, for a person to give."
    )
    applies_if: AppliesIfForm = Field(default=AppliesIfForm(), description="When it applies; otherwise not applicable.")
    guidance: Text = Field(default="", description="For reviewers: how to answer it by ear.")
    coaching: Text = Field(default="", description="For coaches: what to practise after a miss.")

    @model_validator(mode="after")
    def _does_something(self) -> CriterionForm:
        if self.points == 0 and not self.critical and self.auto_fail is None:
            raise refusal(
                "no_points",
                "with points: 0 nothing hangs on it; write more than 0, or critical: true or auto_fail: true",
            )
        return self


class SectionForm(Form):
    """A group of criteria with one weight."""

    id: Identifier = Field(description="Short name, unique in the file.")
    title: Text = Field(description="What reports call it.")
    weight: Weight = Field(description="How much a point of this section counts beside a point of another.")
    bonus: YesNo = Field(default=False, description="Its points come on top: earned counts, possible does not.")
    critical_below: Mark | None = Field(
        default=None, description="A share of its points under this sets the total to 0; its own share stays."
    )
    criteria: Annotated[tuple[CriterionForm, ...], NotEmpty] = Field(description="Its questions, in order.")


class EffectiveForm(Form):
    """The days of the calls that a version scores."""

    from_: Day | None = Field(default=None, alias="from", description="First day; left out, it always has been.")
    to: Day | None = Field(default=None, description="Last day; left out, until a later version takes effect.")

    @model_validator(mode="after")
    def _in_order(self) -> EffectiveForm:
        if self.from_ is not None and self.to is not None and self.from_ > self.to:
            raise refusal("effective", f"it ends on {self.to}, before it begins on {self.from_}; no call lies between")
        return self


class RubricForm(Form):
    """The whole file."""

    id: Identifier = Field(description="Short name; the same in every version.")
    version: Counted = Field(description="1, 2, 3 ...: raise it when the scoring changes.")
    title: Text = Field(description="What reports call it.")
    description: Text = Field(default="", description="What it is for, and who agreed to it.")
    status: Literal["draft", "active", "retired"] = Field(
        default="active", description="Only an `active` version scores calls unasked."
    )
    effective: EffectiveForm = Field(default=EffectiveForm(), description="The days of the calls that it scores.")
    queues: Annotated[tuple[Text, ...], NotEmpty, AllDifferent] = Field(
        default=(), description="Calls of these queues are scored by it; left out, it serves where it is the default."
    )
    languages: Annotated[tuple[Language, ...], NotEmpty, AllDifferent] = Field(
        default=DEFAULT_LANGUAGES, description="Codes of the languages that calls may be in; others are not scored."
    )
    pass_share: Share = Field(default=0.8, description="A call passes from this share of the points on.")
    weighting: Literal["points", "sections"] = Field(
        default="points", description="Whether points or whole sections count by the weights."
    )
    max_share: AtLeastAll | None = Field(
        default=None, description="The total is at most this, however many bonus points there are."
    )
    sections: Annotated[tuple[SectionForm, ...], NotEmpty] = Field(description="Groups of criteria, in order.")
