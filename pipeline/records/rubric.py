"""A rubric as authored."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.records.basics import Role
from pipeline.records.language import DEFAULT_LANGUAGES, covered


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleTest:
    """Passes when the outcome of every (``all``) or any (``any``) of these rules is what the rule expects."""

    rules: tuple[str, ...]
    require: str = "all"
    kind: str = "rule"


@dataclass(frozen=True, kw_only=True, slots=True)
class Band:
    """Values ``at_least <= value < below`` earn ``share`` (0..1) of the points. None is open-ended."""

    share: float
    at_least: float | None = None
    below: float | None = None


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
class ManualTest:
    """A question that only a person can answer: always ``cannot_assess`` until somebody has."""

    question: str
    kind: str = "manual"


CriterionTest = RuleTest | MeasureTest | SentimentTest | ManualTest


@dataclass(frozen=True, kw_only=True, slots=True)
class AppliesIf:
    """When a criterion applies; an empty tuple does not restrict. ``rules_present``: rules whose words were said."""

    queues: tuple[str, ...] = ()
    directions: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    rules_present: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Criterion:
    """One question of a rubric.

    Attributes:
        critical: Counts into the critical score, shown beside the total.
        auto_fail: Failing it sets the call's total to 0; the raw score is kept.
    """

    id: str
    title: str
    points: float
    test: CriterionTest
    critical: bool = False
    auto_fail: bool = False
    applies_if: AppliesIf = AppliesIf()
    guidance: str = ""
    coaching: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A group of criteria with one weight."""

    id: str
    title: str
    weight: float
    criteria: tuple[Criterion, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rubric:
    """A rubric as authored. ``fingerprint`` covers the scoring fields only, so that wording may change freely.

    Attributes:
        languages: Codes of the languages that calls may be in; others are not scored by it.
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
    file: str | None = field(default=None, compare=False)

    def criteria(self) -> tuple[Criterion, ...]:
        """Return every criterion in order."""
        return tuple(criterion for section in self.sections for criterion in section.criteria)

    def covers(self, language: str) -> bool:
        """Tell whether a call in this language can be scored; where nothing was said there is nothing to misread."""
        return covered(language, self.languages)
