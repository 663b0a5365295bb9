"""The authored forms of tests: one for each kind of criterion."""

from __future__ import annotations

import dataclasses
import math
from typing import Annotated, Any, Literal, get_type_hints

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from pipeline.errors import did_you_mean
from pipeline.records import Measures
from pipeline.score.authored.answer_forms import AnswersForm, YesNoForm
from pipeline.score.authored.band_forms import Bands, Form, check_edges
from pipeline.score.authored.scalars import AllDifferent, Identifier, NotEmpty, Positive, Share, Text, YesNo, refusal

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
_DAY_S = 86_400
_FROM_PEOPLE = ("manual", "llm")


def _at_least_two(value: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(value) == 1:
        raise refusal("too_few", "one alone is no order and no combination; list two or more, or use its own kind")
    return value


def _within_a_day(value: float) -> float:
    if value > _DAY_S:
        raise refusal("too_long", f"{value:g} is not allowed: a call lasts less than a day, {_DAY_S} seconds")
    return value


TwoOrMore = AfterValidator(_at_least_two)
Seconds = Annotated[Positive, AfterValidator(_within_a_day)]


class RuleForm(Form):
    """Passes when what the rules look for was said, or was not said, as each rule wants it."""

    kind: Literal["rule"]
    rules: Annotated[tuple[Identifier, ...], NotEmpty, AllDifferent] = Field(
        description="Ids of rules from `rubrics/rules/`."
    )
    require: Literal["all", "any"] = Field(
        default="all", description="Whether all rules must be kept or one is enough."
    )


class PhraseForm(Form):
    """Passes when one of these phrases was said, or none was, without a rule of its own in a pack."""

    kind: Literal["phrase"]
    phrases: Annotated[tuple[Text, ...], NotEmpty, AllDifferent] = Field(
        description="What counts as said, in the language of rules (`docs/rules.md`); any one of them."
    )
    speaker: Literal["agent", "customer", "system", "company", "anyone"] = Field(
        default="agent", description="Whose words count; `company` is the agent or the telephone system."
    )
    expect: Literal["present", "absent"] = Field(
        default="present", description="Whether one of them must be said, or none may be."
    )
    unless: Annotated[tuple[Text, ...], NotEmpty, AllDifferent] = Field(
        default=(), description="Phrases around a hit that make it none."
    )
    within_first_s: Seconds | None = Field(default=None, description="Only in the first so many seconds of the call.")
    within_last_s: Seconds | None = Field(default=None, description="Only in the last so many seconds of the call.")
    min_similarity: Share | None = Field(
        default=None, description="How near misheard words must come, 0 to 1; left out, as for rules."
    )

    @model_validator(mode="after")
    def _one_window(self) -> PhraseForm:
        if self.within_first_s is not None and self.within_last_s is not None:
            raise refusal("two_windows", "say within_first_s or within_last_s, not both; for both, write two questions")
        return self

    @model_validator(mode="after")
    def _may_count(self) -> PhraseForm:
        undone = {phrase.casefold() for phrase in self.unless}
        for phrase in self.phrases:
            if phrase.casefold() in undone:
                message = f"{phrase!r} stands in phrases and in unless, so it never counts; leave it out of one of them"
                raise refusal("phrase_undone", message)
        return self


class MeasureForm(Form):
    """Points by a number about the shape of the call."""

    kind: Literal["measure"]
    measure: Text = Field(description="Which number; the list is below.")
    bands: Bands = Field(description="Which values earn which share of the points; together they hold every value.")

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
            check_edges(self.bands, (0.0, 1.0), self.measure)
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

    @model_validator(mode="after")
    def _reachable(self) -> SentimentForm:
        check_edges(self.bands, SENTIMENT_RANGES[self.reading], self.reading)
        return self


class SequenceForm(Form):
    """Passes when what these rules look for was said in this order."""

    kind: Literal["sequence"]
    rules: Annotated[tuple[Identifier, ...], NotEmpty, TwoOrMore] = Field(
        description="Ids of rules from `rubrics/rules/`, first to last."
    )
    partial: YesNo = Field(default=False, description="`true`: steps in order earn a part where not all are.")


class CombinationForm(Form):
    """Several tests as one question."""

    kind: Literal["combination"]
    require: Literal["all", "any", "average"] = Field(
        default="all", description="The worst of the tests (`all`), the best (`any`) or their mean (`average`)."
    )
    tests: Annotated[tuple[PartForm, ...], NotEmpty, TwoOrMore] = Field(
        description="The tests: any kind but `manual` and `llm`."
    )


class ManualForm(Form):
    """A question that only a person can answer; it counts neither for nor against until somebody has."""

    kind: Literal["manual"]
    question: Text = Field(description="What the reviewer is asked.")
    answers: AnswersForm = Field(
        default=YesNoForm(kind="yes_no"), description="How it can be answered; left out, yes or no, and yes is good."
    )


class LlmForm(Form):
    """A question that a language model answers from the redacted transcript, citing turns."""

    kind: Literal["llm"]
    question: Text = Field(description="What is asked.")
    answers: AnswersForm = Field(
        default=YesNoForm(kind="yes_no"), description="How it can be answered; left out, yes or no, and yes is good."
    )
    look_for: Text = Field(default="", description="What makes a good answer, for the model.")
    not_applicable_when: Text = Field(default="", description="When the question does not arise.")


def _no_people(part: Any) -> Any:
    kind = part.get("kind") if isinstance(part, dict) else None
    if kind in _FROM_PEOPLE:
        raise refusal(
            "person_in_combination",
            f"kind {kind!r} cannot stand in a combination: nobody could correct its part alone; make it a question of"
            " its own, and let one hang on the other with applies_if.answers",
        )
    return part


PartForm = Annotated[
    RuleForm | PhraseForm | MeasureForm | SentimentForm | SequenceForm | CombinationForm,
    Field(discriminator="kind"),
    BeforeValidator(_no_people),
]

TestForm = Annotated[
    RuleForm | PhraseForm | MeasureForm | SentimentForm | SequenceForm | CombinationForm | ManualForm | LlmForm,
    Field(discriminator="kind"),
]
