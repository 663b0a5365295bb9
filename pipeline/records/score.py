"""The answers to a rubric's criteria, what they add up to, and the flags they raise."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from pipeline.records.basics import Severity, Span
from pipeline.records.facts import Evidence, NearestMiss
from pipeline.records.rubric import AnswerIs, AutoFailEffect, Weighting


class Status(StrEnum):
    """The answer to one criterion. Unknown is not zero: the last two count neither for nor against."""

    PASS = "pass"  # noqa: S105
    PARTIAL = "partial"
    FAIL = "fail"
    NOT_APPLICABLE = "not_applicable"
    CANNOT_ASSESS = "cannot_assess"


@dataclass(frozen=True, kw_only=True, slots=True)
class CriterionResult:
    """The answer to one criterion, with its reason and its evidence.

    ``points_earned`` is None for ``not_applicable`` and ``cannot_assess``. ``weight`` is the section's. ``rule_ids``
    are the rules that the criterion names. ``searched`` is where it looked; of a measure, the stretch that stands out.
    ``confidence`` is calibrated on reviewed answers where there is a `Calibration`; ``raw_confidence`` is what it was
    made from. ``answer`` is what was answered in the words of the question's form ("yes", "3"). Where the machine was
    not sure enough, ``leaning`` and ``leaning_share`` keep the answer that it would have given. ``asked`` is the
    fingerprint of the question: equal ones may be compared over versions and rubrics. ``depends_on`` are the answers
    on which it hangs whether the question applies.
    """

    criterion_id: str
    section_id: str
    title: str
    status: Status
    reason: str
    points_possible: float
    points_earned: float | None
    weight: float
    critical: bool = False
    auto_fail: bool = False
    auto_fail_effect: AutoFailEffect = AutoFailEffect.ZERO_CALL
    auto_fail_cap: float | None = None
    confidence: float | None = None
    raw_confidence: float | None = None
    answer: str | None = None
    leaning: Status | None = None
    leaning_share: float | None = None
    asked: str = ""
    depends_on: tuple[AnswerIs, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    searched: Span | None = None
    nearest_miss: NearestMiss | None = None
    rule_ids: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class SectionTerms:
    """What a section adds to the making of the total beside its weight, which stands with each result."""

    section_id: str
    title: str = ""
    bonus: bool = False
    critical_below: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoreTerms:
    """How a rubric makes a total of answers."""

    weighting: Weighting = Weighting.POINTS
    max_share: float | None = None
    sections: tuple[SectionTerms, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class CallScore:
    """A call's answers under one rubric. Totals are derived, never stored as truth."""

    score_id: str
    call_id: str
    rubric_id: str
    rubric_version: int
    rubric_fingerprint: str
    pass_share: float
    results: tuple[CriterionResult, ...]
    terms: ScoreTerms = ScoreTerms()

    def _ratio(self, results: list[CriterionResult]) -> float | None:
        answered = [(result, result.points_earned) for result in results if result.points_earned is not None]
        possible = math.fsum(result.points_possible * result.weight for result, _ in answered)
        if possible <= 0:
            return None
        # rounded, because 1.2 / 1.5 is 0.7999999999999999 and would miss a pass mark of 0.8
        return round(math.fsum(earned * result.weight for result, earned in answered) / possible, 12)

    @property
    def raw_share(self) -> float | None:
        """Weighted share of points before auto-fail: sum(earned * weight) / sum(possible * weight) (Genesys Cloud).

        None where nothing could be assessed.
        """
        return self._ratio(list(self.results))

    @property
    def auto_failed_by(self) -> tuple[str, ...]:
        """Criteria whose failure sets the total to 0."""
        return tuple(r.criterion_id for r in self.results if r.auto_fail and r.status is Status.FAIL)

    @property
    def share(self) -> float | None:
        """The call's score 0..1: 0 after an auto-fail, else ``raw_share``."""
        return 0.0 if self.auto_failed_by else self.raw_share

    @property
    def critical_share(self) -> float | None:
        """Weighted share over critical criteria only; None where none could be assessed."""
        return self._ratio([result for result in self.results if result.critical])

    @property
    def passed(self) -> bool | None:
        """At or above the pass mark, no critical error and no auto-fail; None where there is no score."""
        if self.share is None:
            return None
        if self.auto_failed_by:
            return False
        critical_error = any(result.critical and result.status is Status.FAIL for result in self.results)
        return self.share >= self.pass_share and not critical_error

    @property
    def assessed_share(self) -> float | None:
        """Share of the applicable weighted points that could be assessed; None where nothing applies."""
        applicable = [result for result in self.results if result.status is not Status.NOT_APPLICABLE]
        possible = math.fsum(result.points_possible * result.weight for result in applicable)
        if possible <= 0:
            return None
        assessed = math.fsum(r.points_possible * r.weight for r in applicable if r.points_earned is not None)
        return round(assessed / possible, 12)


@dataclass(frozen=True, kw_only=True, slots=True)
class Flag:
    """Why a person should hear a call. ``state`` is ``open`` until somebody closes it."""

    flag_id: str
    call_id: str
    score_id: str
    code: str
    severity: Severity
    reason: str
    criterion_id: str | None = None
    rule_id: str | None = None
    evidence: tuple[Evidence, ...] = ()
    state: str = "open"
