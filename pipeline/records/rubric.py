"""A rubric as authored."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from pipeline.records.answers import YES_NO, AnswerForm, Band
from pipeline.records.basics import Role
from pipeline.records.facts import Expectation
from pipeline.records.language import DEFAULT_LANGUAGES, covered


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleTest:
    """Passes when the outcome of every (``all``) or any (``any``) of these rules is what the rule expects."""

    rules: tuple[str, ...]
    require: str = "all"
    kind: str = "rule"


@dataclass(frozen=True, kw_only=True, slots=True)
class PhraseTest:
    """Passes when one of these phrases was said (``present``) or none was (``absent``); rule language, `docs/rules.md`.

    Looked for like a rule, under the id that `Rubric.own_rule_id` gives. Windows are in seconds, as authored.
    """

    phrases: tuple[str, ...]
    speaker: str = "agent"
    expect: Expectation = Expectation.PRESENT
    unless: tuple[str, ...] = ()
    within_first_s: float | None = None
    within_last_s: float | None = None
    min_similarity: float | None = None
    kind: str = "phrase"


@dataclass(frozen=True, kw_only=True, slots=True)
class MeasureTest:
    """Points by the value of one field of Measures."""

    measure: str
    bands: tuple[Band, ...]
    kind: str = "measure"


@dataclass(frozen=True, kw_only=True, slots=True)
class SentimentTest:
    """Points by one figure of a party's sentiment, by the name in `pipeline.score.readings.FIGURES`."""

    role: Role
    reading: str
    bands: tuple[Band, ...]
    kind: str = "sentiment"


@dataclass(frozen=True, kw_only=True, slots=True)
class SequenceTest:
    """Passes when what these rules look for was said in this order; with ``partial``, steps in order earn a part."""

    rules: tuple[str, ...]
    partial: bool = False
    kind: str = "sequence"


@dataclass(frozen=True, kw_only=True, slots=True)
class CombinationTest:
    """Several tests as one: the worst (``all``), the best (``any``) or the mean (``average``) of those that apply."""

    tests: tuple[CriterionTest, ...]
    require: str = "all"
    kind: str = "combination"


@dataclass(frozen=True, kw_only=True, slots=True)
class ManualTest:
    """A question that only a person can answer: always ``cannot_assess`` until somebody has."""

    question: str
    answers: AnswerForm = YES_NO
    kind: str = "manual"


@dataclass(frozen=True, kw_only=True, slots=True)
class LlmTest:
    """A question that a language model answers from the redacted transcript, citing turns (`pipeline.judge`).

    Attributes:
        question: What is asked.
        answers: How it can be answered.
        look_for: What makes a good answer, for the model.
        not_applicable_when: When the question does not arise; empty leaves that to the model.
    """

    question: str
    answers: AnswerForm = YES_NO
    look_for: str = ""
    not_applicable_when: str = ""
    kind: str = "llm"


CriterionTest = (
    RuleTest | PhraseTest | MeasureTest | SentimentTest | SequenceTest | CombinationTest | ManualTest | LlmTest
)


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerIs:
    """Holds where another criterion was answered so: a status, or an answer of its form such as ``yes``."""

    criterion_id: str
    answers: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class MetadataIs:
    """Holds where a field of the call's metadata has one of these values."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class AppliesIf:
    """When a criterion applies; an empty tuple does not restrict. ``rules_present``: rules whose words were said."""

    queues: tuple[str, ...] = ()
    directions: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    rules_present: tuple[str, ...] = ()
    metadata: tuple[MetadataIs, ...] = ()
    answers: tuple[AnswerIs, ...] = ()


class AutoFailEffect(StrEnum):
    """What failing an auto-fail criterion does; the raw score is kept beside it."""

    ZERO_CALL = "zero_call"
    ZERO_SECTION = "zero_section"
    CAP = "cap"


@dataclass(frozen=True, kw_only=True, slots=True)
class Criterion:
    """One question of a rubric.

    Attributes:
        critical: Counts into the critical score, shown beside the total.
        auto_fail: Failing it fails the call, and does what ``auto_fail_effect`` says to the total.
        auto_fail_cap: With ``cap``: the total is at most this share.
        min_confidence: An answer less sure than this is withheld, for a person to give; None asks for none.
    """

    id: str
    title: str
    points: float
    test: CriterionTest
    critical: bool = False
    auto_fail: bool = False
    auto_fail_effect: AutoFailEffect = AutoFailEffect.ZERO_CALL
    auto_fail_cap: float | None = None
    min_confidence: float | None = None
    applies_if: AppliesIf = AppliesIf()
    guidance: str = ""
    coaching: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A group of criteria with one weight.

    Attributes:
        bonus: Its points are earned on top: they count among those earned, not among those possible.
        critical_below: A share of its points under this sets the total to 0; its own share stays (Zendesk QA).
    """

    id: str
    title: str
    weight: float
    criteria: tuple[Criterion, ...]
    bonus: bool = False
    critical_below: float | None = None


class Weighting(StrEnum):
    """How sections make up a total: every point by its section's weight, or every section's share by its weight."""

    POINTS = "points"
    SECTIONS = "sections"


class RubricStatus(StrEnum):
    """Whether calls are scored by it unasked: a draft is only used where it is named, a retired one no more."""

    DRAFT = "draft"
    ACTIVE = "active"
    RETIRED = "retired"


@dataclass(frozen=True, kw_only=True, slots=True)
class Rubric:
    """A rubric as authored. ``fingerprint`` covers the scoring fields only, so that wording may change freely.

    Attributes:
        languages: Codes of the languages that calls may be in; others are not scored by it.
        weighting: How sections make up the total.
        max_share: The total is at most this, where bonus points would pass it; None sets no bound.
        effective_from: First day, in the site's zone, of the calls that it scores unasked; None: always has been.
        effective_to: Last day of them; None: until a later version takes effect.
        file: Where it was read from; None where it was made in code. Two rubrics that say the same are equal anywhere.
    """

    id: str
    version: int
    title: str
    sections: tuple[Section, ...]
    fingerprint: str
    queues: tuple[str, ...] = ()
    pass_share: float = 0.8
    description: str = ""
    languages: tuple[str, ...] = DEFAULT_LANGUAGES
    weighting: Weighting = Weighting.POINTS
    max_share: float | None = None
    status: RubricStatus = RubricStatus.ACTIVE
    effective_from: date | None = None
    effective_to: date | None = None
    file: str | None = field(default=None, compare=False)

    def criteria(self) -> tuple[Criterion, ...]:
        """Return every criterion in order."""
        return tuple(criterion for section in self.sections for criterion in section.criteria)

    def covers(self, language: str) -> bool:
        """Tell whether a call in this language can be scored; where nothing was said there is nothing to misread."""
        return covered(language, self.languages)

    def own_rule_id(self, criterion_id: str, position: int = 0) -> str:
        """Return the id under which the phrases of a criterion are looked for; no rule of a pack can have such an id.

        Args:
            criterion_id: The criterion.
            position: Of its phrase tests, in order, inside a combination.
        """
        return f"{self.id}/{criterion_id}" + (f"/{position}" if position else "")
