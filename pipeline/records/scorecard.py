"""What many scored calls say about an agent or a team."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from pipeline.records.basics import Severity
from pipeline.records.facts import Evidence

SubjectKind = Literal["agent", "team", "queue"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    """An estimate with its confidence interval; ``level`` such as 0.95."""

    estimate: float
    low: float
    high: float
    level: float = 0.95


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """Whole days in the site's zone: ``first <= day <= last``. ``label`` is ``2026-W41``, ``2026-10`` or ``all``.

    The days of ``all`` are those of its calls; None where no call has a start time.
    """

    label: str
    first: date | None
    last: date | None


@dataclass(frozen=True, kw_only=True, slots=True)
class CriterionSummary:
    """How one criterion went over the calls of a scorecard; counts by status.

    ``pass_rate`` and ``points_share`` are over pass, partial and fail only; None where it was never assessed.
    ``change`` is by how much the pass rate of the later half of the assessed calls exceeds that of the earlier half,
    -1..+1; None where a half has too few calls.
    """

    criterion_id: str
    title: str
    section_id: str
    passed: int
    partial: int
    failed: int
    not_applicable: int
    cannot_assess: int
    pass_rate: Interval | None
    points_share: float | None
    critical: bool = False
    change: Interval | None = None

    @property
    def assessed(self) -> int:
        """Calls in which the criterion could be answered."""
        return self.passed + self.partial + self.failed


@dataclass(frozen=True, kw_only=True, slots=True)
class FlagReason:
    """One reason for which a call was flagged, with the words that show it."""

    code: str
    severity: Severity
    reason: str
    criterion_id: str | None = None
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class CallToHear:
    """A call that a scorecard names: to coach on (it has ``flags``, worst first) or as a good example (it has a note).

    ``raw_share`` is the score before auto-fail.
    """

    call_id: str
    started_at: datetime | None
    share: float | None
    severity: Severity | None
    raw_share: float | None = None
    agent_id: str | None = None
    team: str | None = None
    queue: str | None = None
    media_uri: str | None = None
    flags: tuple[FlagReason, ...] = ()
    note: str = ""

    @property
    def reasons(self) -> tuple[str, ...]:
        """The flags' reasons in words."""
        return tuple(flag.reason for flag in self.flags)

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Every quote of every flag."""
        return tuple(quote for flag in self.flags for quote in flag.evidence)


@dataclass(frozen=True, kw_only=True, slots=True)
class TrendPoint:
    """Mean score of one ISO week such as ``2026-W41``; mean and interval are None where no call was scored."""

    label: str
    calls: int
    mean_share: float | None
    interval: Interval | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CoachingTopic:
    """A criterion missed again and again: failed in ``missed`` of the last ``assessed`` that could be assessed."""

    criterion_id: str
    title: str
    missed: int
    assessed: int
    call_ids: tuple[str, ...]
    critical: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ReviewedFigures:
    """The calls that people reviewed: the machine's mean score of these calls beside their mean with people's answers.

    Reviewed calls are mostly those that were flagged or drawn, so that neither mean stands for all calls.
    """

    calls: int
    machine_mean_share: Interval
    mean_share: Interval


@dataclass(frozen=True, kw_only=True, slots=True)
class PooledFigure:
    """A figure drawn toward that of the peers, as far as few calls and small differences between peers require.

    Attributes:
        figure: The drawn figure with its interval.
        own_weight: How much the subject's own calls count in it, 0..1; the rest is the peers' mean.
        peers_mean: Toward what it was drawn.
        peers: How many subjects, this one among them.
    """

    figure: Interval
    own_weight: float
    peers_mean: float
    peers: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CorrectedMean:
    """The machine's mean score of all calls, corrected by what people answered on calls drawn at random.

    Attributes:
        mean_share: The corrected mean; None where too few such calls were reviewed.
        bias: By how much people's scores exceed the machine's over all calls, -1..+1; None likewise.
        pairs: Calls that were drawn at random and reviewed; all calls where people reviewed every one.
        missing: How many more such calls are needed; 0 where there are enough.
    """

    mean_share: Interval | None
    bias: Interval | None
    pairs: int
    missing: int


@dataclass(frozen=True, kw_only=True, slots=True)
class MeasureComparison:
    """One measure of a subject's calls beside that of its peers' calls in the same queues.

    Attributes:
        measure: Which, such as ``agent_talk_share``; its unit is that of `pipeline.scorecards.measures`.
        value: Mean over the ``calls`` in which it is known.
        peers_value: What the peers' calls have in the subject's mix of queues; None without peers.
        peers: How many other agents or teams.
        difference: ``value`` minus ``peers_value`` with its interval; None where either side has too few calls.
    """

    measure: str
    value: float
    calls: int
    peers_value: float | None = None
    peers_calls: int = 0
    peers: int = 0
    difference: Interval | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """Place among ``compared`` subjects: group 1 of ``groups`` is best. Intervals of two groups do not overlap.

    With one group nobody can be told apart, and there is no rank.
    """

    group: int
    groups: int
    compared: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Scorecard:
    """One agent's or team's calls of one period under one rubric fingerprint.

    Attributes:
        subject_kind: ``agent``, ``team`` or ``queue``.
        team: The team; an agent's is that of the latest call, and a queue has none.
        calls_scored: Calls that have a score.
        excluded: Why calls do not count, with how many, such as ``{"nothing could be assessed": 1}``.
        enough_calls: False below the minimum sample: then no rank and no colour.
        mean_share: Mean of call scores with a bootstrap interval; None where no call has a score.
        pass_rate: Share of passed calls with a Wilson interval.
        auto_fails: Calls whose score an auto-fail criterion set to 0.
        customer_sentiment: Mean over the calls in which it could be read, -1..+1.
        trend: Every ISO week from the first call to the last.
        topics: Repeated misses to coach on; agents only.
        standing: Among the subjects of this rubric fingerprint and period; None where the calls are too few.
        reviewed: What people's answers make of the calls that they reviewed; None where they reviewed none.
        pooled_mean: The mean drawn toward the peers' of the same period and rubrics; None where they are too few.
        pooled_pass_rate: The pass rate likewise.
        corrected: The mean corrected by a random sample that people reviewed; None where no call has a score.
    """

    subject_kind: SubjectKind
    subject: str
    team: str | None
    period: Period
    rubric_id: str
    rubric_version: int
    rubric_fingerprint: str
    calls_scored: int
    excluded: Mapping[str, int]
    enough_calls: bool
    mean_share: Interval | None
    pass_rate: Interval | None
    auto_fails: int
    critical_errors: int
    customer_sentiment: float | None
    criteria: tuple[CriterionSummary, ...]
    trend: tuple[TrendPoint, ...]
    calls_to_hear: tuple[CallToHear, ...]
    best_calls: tuple[CallToHear, ...] = ()
    flagged: int = 0
    topics: tuple[CoachingTopic, ...] = ()
    standing: Standing | None = None
    reviewed: ReviewedFigures | None = None
    pooled_mean: PooledFigure | None = None
    pooled_pass_rate: PooledFigure | None = None
    corrected: CorrectedMean | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SubjectSummary:
    """One agent's or team's calls of one period over all rubrics; each call counts once.

    A call scored under several rubrics counts with the mean of their shares, and passes where it passed under all of
    them. Of several versions of one rubric the newest counts.

    Attributes:
        calls: All calls of the subject and period; ``calls_scored`` of them have a score, the rest are in ``excluded``.
        flagged: Calls that a person should hear.
        rubric_ids: The rubrics that scored the calls.
        standing: Among subjects scored under the same rubrics only, since rubrics are not equally hard; None where the
            calls are too few.
        reviewed: What people's answers make of the calls that they reviewed; None where they reviewed none.
        pooled_mean: The mean drawn toward the peers' of the same period and rubrics; None where they are too few.
        pooled_pass_rate: The pass rate likewise.
        corrected: The mean corrected by a random sample that people reviewed; None where no call has a score.
        measures: Conversation and sentiment beside the peers'; empty where none is known.
    """

    subject_kind: SubjectKind
    subject: str
    team: str | None
    period: Period
    calls: int
    calls_scored: int
    excluded: Mapping[str, int]
    enough_calls: bool
    mean_share: Interval | None
    pass_rate: Interval | None
    auto_fails: int
    critical_errors: int
    flagged: int
    customer_sentiment: float | None
    rubric_ids: tuple[str, ...]
    trend: tuple[TrendPoint, ...]
    standing: Standing | None = None
    reviewed: ReviewedFigures | None = None
    pooled_mean: PooledFigure | None = None
    pooled_pass_rate: PooledFigure | None = None
    corrected: CorrectedMean | None = None
    measures: tuple[MeasureComparison, ...] = ()

    @property
    def calls_judged(self) -> int:
        """Calls that were scored or tried: all but those that wait, which nobody can have flagged."""
        return self.calls - self.excluded.get("not scored", 0)
