"""The answers to a rubric's criteria, what they add up to, and the flags they raise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pipeline.records import totals
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


LEFT_TO_PEOPLE = "manual"
"""The ``kind`` of a result that no machine was there to answer: it puts no call on the review queue by itself."""

SHARES = {Status.PASS: 1.0, Status.PARTIAL: 0.5, Status.FAIL: 0.0}
"""What an answer earns of its points where nothing more is said of it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CriterionResult:
    """The answer to one criterion, with its reason and its evidence.

    ``points_earned`` is None for ``not_applicable`` and ``cannot_assess``. ``weight`` is the section's. ``rule_ids``
    are the rules that the criterion names. ``searched`` is where it looked; of a measure, the stretch that stands out.
    ``confidence`` is calibrated on reviewed answers where there is a `Calibration`; ``raw_confidence`` is what it was
    made from. ``answer`` is what was answered in the words of the question's form ("yes", "3"). Where the machine was
    not sure enough, ``leaning``, ``leaning_share`` and ``leaning_answer`` keep the answer that it would have given.
    ``asked`` is the fingerprint of the question: equal ones may be compared over versions and rubrics. ``kind`` is what
    answered: the kind of its test, or ``manual`` where no machine was there to answer, as with a question for a
    language model that is switched off; empty in scores of before that was kept. ``depends_on`` are the answers on
    which it hangs whether the question applies.
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
    leaning_answer: str | None = None
    asked: str = ""
    kind: str = ""
    depends_on: tuple[AnswerIs, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    searched: Span | None = None
    nearest_miss: NearestMiss | None = None
    rule_ids: tuple[str, ...] = ()

    @property
    def share(self) -> float | None:
        """Share 0..1 of its points that it earned; of a question without points, what its status says. None: none."""
        if self.points_earned is None:
            return None
        if self.points_possible <= 0:
            return SHARES.get(self.status)
        return round(self.points_earned / self.points_possible, 12)

    @property
    def machine_status(self) -> Status | None:
        """What the machine answered or, where it withheld that, leaned to; None where it did neither."""
        return self.leaning if self.status is Status.CANNOT_ASSESS else self.status

    @property
    def machine_share(self) -> float | None:
        """The share 0..1 that goes with ``machine_status``; None where that has none."""
        if self.machine_status not in SHARES:
            return None
        share = self.leaning_share if self.status is Status.CANNOT_ASSESS else self.share
        return SHARES[self.machine_status] if share is None else share

    @property
    def machine_answer(self) -> str | None:
        """The words that go with ``machine_status``."""
        return self.leaning_answer if self.status is Status.CANNOT_ASSESS else self.answer


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

    @property
    def raw_share(self) -> float | None:
        """The total before auto-fails and critical sections, at most ``terms.max_share``.

        By points: sum(earned * weight) / sum(possible * weight) (Genesys Cloud). By sections: sum(weight * share of the
        section) / sum(weight). Bonus sections count above the line only. None where nothing but bonus was answered.
        """
        return self._total(zeroed=())

    def section_shares(self, *, raw: bool = False) -> dict[str, float | None]:
        """Return each section's share of its points 0..1, in order; None where nothing in it was answered.

        Args:
            raw: As answered. Otherwise a section that an auto-fail sets to 0 has 0; one that is critical keeps its own.
        """
        sums = totals.sum_sections(self.results, zeroed=() if raw else self._zeroed)
        return {each.section_id: each.share if each.share is None else round(each.share, 12) for each in sums}

    @property
    def auto_failed_by(self) -> tuple[str, ...]:
        """Criteria whose failure fails the call, whatever it does to the total."""
        return tuple(result.criterion_id for result in self._auto_failed)

    @property
    def sections_below_mark(self) -> tuple[str, ...]:
        """Sections whose share is under their ``critical_below``, which sets the total to 0 (Zendesk QA)."""
        shares = self.section_shares()
        return tuple(
            section.section_id
            for section in self.terms.sections
            if section.critical_below is not None
            and (share := shares.get(section.section_id)) is not None
            and share < section.critical_below
        )

    @property
    def share(self) -> float | None:
        """The call's score: ``raw_share`` after what auto-fails and critical sections do to it; None where that is."""
        total = self._total(zeroed=self._zeroed)
        effects = {result.auto_fail_effect for result in self._auto_failed}
        if total is None:
            return None
        if AutoFailEffect.ZERO_CALL in effects or self.sections_below_mark:
            return 0.0
        caps = [r.auto_fail_cap or 0.0 for r in self._auto_failed if r.auto_fail_effect is AutoFailEffect.CAP]
        return min([total, *caps])

    @property
    def critical_share(self) -> float | None:
        """Weighted share of points over critical criteria only (Genesys Cloud); None where none could be assessed."""
        return totals.by_points(totals.sum_sections(result for result in self.results if result.critical))

    @property
    def passed(self) -> bool | None:
        """At or above the pass mark, no critical error, auto-fail or section below its mark; None without a score."""
        share = self.share
        if share is None:
            return None
        critical_error = any(result.critical and result.status is Status.FAIL for result in self.results)
        failed = critical_error or self._auto_failed or self.sections_below_mark
        return share >= self.pass_share and not failed

    @property
    def assessed_share(self) -> float | None:
        """Share of what applies and counts into the total that could be assessed; None where nothing applies.

        By points it is a share of the weighted points, by sections of the weights: each section by its own points.
        Bonus sections, which only add, are left out.
        """
        on_top = self._bonus_sections
        assessed = [
            totals.Assessed(
                section_id=result.section_id,
                points_possible=result.points_possible,
                points_earned=0.0 if result.points_earned is None else result.points_possible,
                weight=result.weight,
            )
            for result in self.results
            if result.status is not Status.NOT_APPLICABLE and result.section_id not in on_top
        ]
        return self._by_weighting(totals.sum_sections(assessed))

    @property
    def _auto_failed(self) -> tuple[CriterionResult, ...]:
        return tuple(result for result in self.results if result.auto_fail and result.status is Status.FAIL)

    @property
    def _zeroed(self) -> tuple[str, ...]:
        return tuple(r.section_id for r in self._auto_failed if r.auto_fail_effect is AutoFailEffect.ZERO_SECTION)

    @property
    def _bonus_sections(self) -> frozenset[str]:
        return frozenset(section.section_id for section in self.terms.sections if section.bonus)

    def _total(self, *, zeroed: Iterable[str]) -> float | None:
        total = self._by_weighting(totals.sum_sections(self.results, bonus=self._bonus_sections, zeroed=zeroed))
        return total if total is None or self.terms.max_share is None else min(total, self.terms.max_share)

    def _by_weighting(self, sections: Sequence[totals.SectionSum]) -> float | None:
        in_sections = self.terms.weighting is Weighting.SECTIONS
        return totals.by_sections(sections) if in_sections else totals.by_points(sections)


class FlagState(StrEnum):
    """How a flag stands: open until somebody closes it."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Flag:
    """Why a person should hear a call."""

    flag_id: str
    call_id: str
    score_id: str
    code: str
    severity: Severity
    reason: str
    criterion_id: str | None = None
    rule_id: str | None = None
    evidence: tuple[Evidence, ...] = ()
    state: FlagState = FlagState.OPEN
