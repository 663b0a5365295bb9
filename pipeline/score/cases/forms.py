"""The authored form of the cases of a rubric, which `docs/writing-rubrics.md` explains and a test holds to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from pipeline.dialogue import AuthoredLine
from pipeline.records import FindingKind, Recovery, Status
from pipeline.score.authored.scalars import Language, NotEmpty, Number, Share, Text, refusal

DOES_NOT_APPLY = "does_not_apply"
_HIGHEST = 2  # nobody doubles a score by bonus points; 80 is a percentage
_TIME = re.compile(r"(\d{1,3}):([0-5]\d)")
_OUTCOMES = (*(kind.value for kind in FindingKind), DOES_NOT_APPLY)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What came of a rule or of a phrase. ``kind`` None: it was not looked for. ``at_ms``: when it was heard."""

    kind: FindingKind | None
    at_ms: int | None = None


def _outcome(given: Any) -> Outcome:
    if isinstance(given, Outcome):
        return given
    if given in _OUTCOMES:
        return Outcome(kind=None if given == DOES_NOT_APPLY else FindingKind(given))
    match = _TIME.fullmatch(given) if isinstance(given, str) else None
    if match is None:
        raise PydanticCustomError(
            "case_outcome",
            "{given} is no outcome; write one of {known}, or the time at which it was said, such as 0:40",
            {"given": repr(given), "known": ", ".join(_OUTCOMES)},
        )
    return Outcome(kind=FindingKind.PRESENT, at_ms=(int(match[1]) * 60 + int(match[2])) * 1000)


def _total(value: float) -> float:
    if not 0 <= value <= _HIGHEST:
        message = f"{value:g} is not allowed: 80 percent is 0.8, and with bonus points a total may pass 1"
        raise refusal("not_a_share", message)
    return value


def _answer(given: Any) -> Any:
    """Take 3 for "3"; a decimal or ``true`` is left to be refused."""
    return str(given) if isinstance(given, int) and not isinstance(given, bool) else given


def _lines(given: Any) -> Any:
    """Take a pasted dialogue, one line for each turn, for a list of lines."""
    return [line for line in given.splitlines() if line.strip()] if isinstance(given, str) else given


Total = Annotated[Number, AfterValidator(_total)]
Outcomes = dict[str, Annotated[Outcome, BeforeValidator(_outcome)]]
Answers = dict[str, Annotated[Text, BeforeValidator(_answer)]]
Listed = tuple[str, ...]
Sentiment = Annotated[float, Field(ge=-1, le=1)]


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CallForm(_Form):
    """What is known about the call before anybody listens."""

    queue: Text | None = Field(default=None, description="Left out: the rubric's first queue.")
    direction: Literal["inbound", "outbound"] | None = Field(default=None, description="Left out: `inbound`.")
    team: Text | None = Field(default=None, description="Left out: not known.")
    metadata: dict[str, Text] = Field(default={}, description='Other fields, such as `{first_contact: "yes"}`.')
    language: Language = Field(default="en", description="Code of the language that is spoken.")
    confidence: Share = Field(default=0.9, description="How well the words were recognised, 0 to 1.")
    duration_s: Annotated[float, Field(gt=0)] = Field(default=60, description="Length of the call.")


class MoodForm(_Form):
    """How a party sounds, from -1 to +1; what is left out follows from the quarters, and those are neutral."""

    quarters: tuple[Sentiment | None, Sentiment | None, Sentiment | None, Sentiment | None] = Field(
        default=(0.0, 0.0, 0.0, 0.0), description="The four quarters of the call; `null` where little was said."
    )
    overall: Sentiment | None = Field(default=None, description="The mean over the call.")
    change: Annotated[float, Field(ge=-2, le=2)] | None = Field(default=None, description="Last quarter minus first.")
    trend: Sentiment | None = Field(default=None, description="Half of (second half minus first half).")
    longest_negative_turns: Annotated[int, Field(ge=0)] | None = Field(
        default=0, description="As in docs/sentiment.md."
    )
    longest_negative_ms: Annotated[int, Field(ge=0)] | None = Field(default=0, description="As in docs/sentiment.md.")
    recovery: Recovery | None = Field(default=Recovery.NEVER_NEGATIVE, description="As in docs/sentiment.md.")


class ExpectForm(_Form):
    """What must come out; only what is named is checked."""

    share: Total | None = Field(default=None, description="The score, 0 to 1, to three decimals; `null`: none.")
    raw_share: Total | None = Field(default=None, description="The score before auto-fail and caps.")
    critical_share: Total | None = Field(default=None, description="The score over the critical questions alone.")
    passed: bool | None = Field(default=None, strict=True, description="Whether the call passes; `null`: no score.")
    sections: dict[str, Share | None] = Field(default={}, description="Score by section; others may be anything.")
    questions: dict[str, Literal["pass", "partial", "fail", "not_applicable", "cannot_assess"]] = Field(
        default={}, description="Answer by question; others may be anything."
    )
    failed: Listed = Field(default=(), description="All questions that fail, and no other.")
    partial: Listed = Field(default=(), description="All that earn a part, and no other.")
    not_applicable: Listed = Field(default=(), description="All that do not apply, and no other.")
    cannot_assess: Listed = Field(default=(), description="All that nobody can tell, and no other.")
    flags: Listed = Field(default=(), description="All flags in order, and no other.")

    @model_validator(mode="after")
    def _something(self) -> ExpectForm:
        if not self.model_fields_set:
            raise PydanticCustomError("case_expects_nothing", "write what must come out, such as `passed: true`")
        return self

    def statuses(self) -> Iterator[tuple[str, Status, tuple[str | int, ...]]]:
        """Yield every question that is named with the answer it must get, and where that stands."""
        for question, answer in self.questions.items():
            yield question, Status(answer), ("questions", question)
        for key, status in LISTS.items():
            for i, question in enumerate(getattr(self, key)):
                yield question, status, (key, i)


LISTS = {
    "failed": Status.FAIL,
    "partial": Status.PARTIAL,
    "not_applicable": Status.NOT_APPLICABLE,
    "cannot_assess": Status.CANNOT_ASSESS,
}
"""The keys that list all questions with an answer."""


class CaseForm(_Form):
    """One case: either the words of a small call (`lines`), or what was found in one."""

    case: Text = Field(description="What it shows, in a sentence.")
    call: CallForm = Field(default=CallForm(), description="What is known about the call; adds to the file's `call`.")
    lines: Annotated[tuple[AuthoredLine, ...], BeforeValidator(_lines), NotEmpty] = Field(
        default=(), description="The words: `agent: ...`, `customer: ...`, one for each turn."
    )
    findings: Outcomes = Field(default={}, description="Rule by rule, what came of it.")
    other_rules: Literal["kept", "do_not_apply"] = Field(default="kept", description="What came of the other rules.")
    phrases: Outcomes = Field(default={}, description="What came of the rubric's own phrases, by question.")
    measures: dict[str, Number | None] = Field(default={}, description="Numbers about the call; left out: a calm call.")
    customer: MoodForm = Field(default=MoodForm(), description="How the customer sounds; left out: neutral.")
    agent: MoodForm = Field(default=MoodForm(), description="How the agent sounds; left out: neutral.")
    roles: Literal["known", "unknown"] = Field(default="known", description="Whether it is known who speaks.")
    model_answers: Answers = Field(default={}, description="What a language model answers, by question.")
    answers: Answers = Field(default={}, description="What a person answers, by question.")
    expect: ExpectForm = Field(description="What must come out.")

    @model_validator(mode="after")
    def _words_or_findings(self) -> CaseForm:
        both = sorted(_FOUND & self.model_fields_set) if self.lines else []
        if both:
            raise PydanticCustomError(
                "case_words_and_findings",
                "a case has `lines`, in which Earmark looks itself, or it says what was found; leave out {both}",
                {"both": ", ".join(both)},
            )
        return self


_FOUND = frozenset({"findings", "other_rules", "phrases", "measures", "customer", "agent", "roles"})


class CaseFileForm(_Form):
    """One file of cases, all of one rubric."""

    rubric: Text = Field(description="Id of a rubric in the folder above, or a file beside this one (`small.yaml`).")
    call: CallForm = Field(default=CallForm(), description="What is known about all calls of this file.")
    cases: Annotated[tuple[CaseForm, ...], NotEmpty] = Field(description="The cases, in order.")
