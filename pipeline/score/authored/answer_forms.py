"""The authored forms of answers: how a question to a person or to a language model can be answered."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from pipeline.records import Status
from pipeline.score.authored.band_forms import Bands, Form
from pipeline.score.authored.scalars import Label, NotEmpty, Share, Text, Whole, YesNo, refusal

_STATUSES = {status.value for status in Status}


class YesNoForm(Form):
    """Yes or no."""

    kind: Literal["yes_no"]
    good: Literal["yes", "no"] = Field(default="yes", description="The answer that earns the points.")


class ScaleForm(Form):
    """A whole number between two; its share of the points is (chosen - lowest) / (highest - lowest)."""

    kind: Literal["scale"]
    lowest: Whole = Field(description="The worst answer; it earns nothing.")
    highest: Whole = Field(description="The best answer; it earns all points.")

    @model_validator(mode="after")
    def _rises(self) -> ScaleForm:
        if self.lowest >= self.highest:
            raise refusal("scale", f"a scale from {self.lowest} to {self.highest} rises nowhere; highest must be more")
        return self


class OptionForm(Form):
    """One answer of a choice."""

    answer: Label = Field(description="The answer, as reviewers are shown it.")
    share: Share | None = Field(default=None, description="Part of the points that it earns.")
    not_applicable: YesNo = Field(default=False, description="`true`: it says that the question does not apply.")

    @field_validator("answer")
    @classmethod
    def _no_status(cls, answer: str) -> str:
        if answer.casefold() in _STATUSES:
            raise refusal("option_named_as_status", f"{answer!r} is a name of Earmark's own; call the option otherwise")
        return answer

    @model_validator(mode="after")
    def _one_of_two(self) -> OptionForm:
        if (self.share is None) is not self.not_applicable:
            raise refusal("option_worth", "an option has either a share (0 to 1) or not_applicable: true")
        return self


class ChoiceForm(Form):
    """One of several named answers."""

    kind: Literal["choice"]
    options: Annotated[tuple[OptionForm, ...], NotEmpty] = Field(description="The answers, in the order shown.")

    @field_validator("options")
    @classmethod
    def _can_be_chosen(cls, options: tuple[OptionForm, ...]) -> tuple[OptionForm, ...]:
        seen: set[str] = set()
        for option in options:
            if option.answer.casefold() in seen:
                raise refusal("option_twice", f"the answer {option.answer!r} stands here twice; say each once")
            seen.add(option.answer.casefold())
        if len(options) < 2 or all(option.not_applicable for option in options):
            raise refusal("too_few_options", "a choice needs two options or more, and one of them with a share")
        return options


class NumericForm(Form):
    """A number, with points by bands."""

    kind: Literal["numeric"]
    unit: Text = Field(default="", description="What is counted, for who answers: `minutes`.")
    bands: Bands = Field(description="Which values earn which share of the points; together they hold every value.")


AnswersForm = Annotated[YesNoForm | ScaleForm | ChoiceForm | NumericForm, Field(discriminator="kind")]
