"""The immutable records that every part of Earmark passes around.

Times are whole milliseconds from the start of the recording, half-open (``start_ms <= t < end_ms``). Instants are aware
UTC datetimes. Confidence and shares are 0..1, or None when unknown. Sentiment is -1..+1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class Role(StrEnum):
    """Who speaks."""

    AGENT = "agent"
    CUSTOMER = "customer"
    SYSTEM = "system"
    UNKNOWN = "unknown"


class Severity(StrEnum):
    """How much a violation or a flag matters."""

    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """A half-open stretch of the recording."""

    start_ms: int
    end_ms: int

    @property
    def length_ms(self) -> int:
        """Length of the span."""
        return self.end_ms - self.start_ms


@dataclass(frozen=True, kw_only=True, slots=True)
class MadeBy:
    """What made a result: enough to tell whether it would be made the same way again.

    Attributes:
        engine: Registered name, such as ``faster-whisper``.
        version: Version of the engine's library, or of the method.
        model_sha256: Hash of the weights, or None where there are none.
        settings_sha256: Hash of the settings that bear on the result.
    """

    engine: str
    version: str
    model_sha256: str | None = None
    settings_sha256: str | None = None


# --- intake -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Defect:
    """Something wrong with a recording or its metadata, in plain words.

    Attributes:
        code: Stable code, such as ``time_zone_unknown``.
        reason: What is wrong and what to do about it.
        fatal: True where the call cannot be scored before it is mended.
    """

    code: str
    reason: str
    fatal: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Recording:
    """One recorded call. ``call_id`` is derived from ``sha256``, the hash of the decoded audio.

    ``started_at`` is None where neither metadata nor file name tell it; such a call is scored, but it is in no period.
    """

    call_id: str
    sha256: str
    media_uri: str
    duration_ms: int
    sample_rate_hz: int
    channels: int
    started_at: datetime | None = None
    agent_id: str | None = None
    team: str | None = None
    queue: str | None = None
    customer_ref: str | None = None
    direction: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    defects: tuple[Defect, ...] = ()


# --- transcript -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Word:
    """One spoken word with its punctuation."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """What one speaker says before another speaks or a pause ends it.

    ``text`` is always the words joined by single spaces, so that a character offset leads to a word and its time.
    """

    index: int
    channel: int
    role: Role
    start_ms: int
    end_ms: int
    words: tuple[Word, ...]
    role_confidence: float | None = None

    @property
    def text(self) -> str:
        """The words joined by single spaces."""
        return " ".join(word.text for word in self.words)

    @property
    def confidence(self) -> float | None:
        """Mean word confidence, or None where no word has one."""
        known = [word.confidence for word in self.words if word.confidence is not None]
        return sum(known) / len(known) if known else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Redaction:
    """Where personal data was spoken. What was said is kept nowhere.

    The turn holds ``[kind]`` as one word from ``start_ms`` to ``end_ms``.
    """

    kind: str
    turn_index: int
    start_ms: int
    end_ms: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Transcript:
    """Who said what and when, turns in order of their start."""

    call_id: str
    language: str
    duration_ms: int
    turns: tuple[Turn, ...]
    made_by: MadeBy
    redacted: bool = False
    redactions: tuple[Redaction, ...] = ()

    @property
    def confidence(self) -> float | None:
        """Mean word confidence over the call, or None where no word has one."""
        known = [word.confidence for turn in self.turns for word in turn.words if word.confidence is not None]
        return sum(known) / len(known) if known else None


# --- what is found in it ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """A quote with its place. ``quote == turn.text[char_start:char_end]``, always."""

    turn_index: int
    role: Role
    start_ms: int
    end_ms: int
    char_start: int
    char_end: int
    quote: str
    confidence: float | None = None


class FindingKind(StrEnum):
    """The three outcomes of a rule."""

    PRESENT = "present"
    ABSENT = "absent"
    CANNOT_ASSESS = "cannot_assess"


class Expectation(StrEnum):
    """Whether a rule's words must be said, must not be said, or only tell something about the call."""

    PRESENT = "present"
    ABSENT = "absent"
    SIGNAL = "signal"


@dataclass(frozen=True, kw_only=True, slots=True)
class NearestMiss:
    """The closest thing to an absent phrase that was said, and how close it came (0..1)."""

    evidence: Evidence
    similarity: float
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """The outcome of one rule on one call.

    Attributes:
        kind: ``present`` has evidence; ``absent`` has the window that was searched; ``cannot_assess`` has a reason.
        role: Whose words were searched; None for anybody's.
        evidence: Every hit, in order of time.
        searched: The window that was searched.
        searched_confidence: Mean recognition confidence of the words in that window; None where nothing was heard.
        reason: One plain sentence: why this outcome.
    """

    rule_id: str
    rule_fingerprint: str
    title: str
    severity: Severity
    expected: Expectation
    kind: FindingKind
    role: Role | None
    reason: str
    evidence: tuple[Evidence, ...] = ()
    searched: Span | None = None
    searched_confidence: float | None = None
    nearest_miss: NearestMiss | None = None

    @property
    def violated(self) -> bool:
        """True where a required phrase is absent or a prohibited one present; unknown and signals are no violation."""
        if self.kind is FindingKind.CANNOT_ASSESS or self.expected is Expectation.SIGNAL:
            return False
        return self.kind.value != self.expected.value


@dataclass(frozen=True, kw_only=True, slots=True)
class SentimentReading:
    """How one turn sounds in words: label, signed score -1..+1 and the label's probability 0..1."""

    turn_index: int
    role: Role
    label: str
    score: float
    probability: float


@dataclass(frozen=True, kw_only=True, slots=True)
class PartySentiment:
    """One party's sentiment over the call. None where that party said too little to tell.

    Attributes:
        quarters: Four scores; quarter = min(3, floor(4 * turn midpoint / duration)) (AWS Post Call Analytics).
        change: Last quarter minus first quarter.
        overall: Mean of the signed scores of all turns read.
    """

    role: Role
    quarters: tuple[float | None, float | None, float | None, float | None]
    overall: float | None = None
    change: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CallSentiment:
    """Readings of all turns long enough to read, and what they add up to by party."""

    readings: tuple[SentimentReading, ...]
    parties: tuple[PartySentiment, ...]
    made_by: MadeBy

    def of(self, role: Role) -> PartySentiment | None:
        """Return the party's sentiment, or None where it was not read."""
        return next((party for party in self.parties if party.role is role), None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Gap:
    """A stretch in which neither party speaks. ``kind`` is ``dead_air`` or ``hold``."""

    kind: str
    start_ms: int
    end_ms: int
    before_turn_index: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Overtalk:
    """A stretch in which both parties speak; ``interrupter`` is who began second."""

    interrupter: Role
    start_ms: int
    end_ms: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Measures:
    """Numbers about the shape of a call. None means unknown on this audio, such as talk share with unknown speakers."""

    duration_ms: int
    speech_ms: int
    silence_share: float | None = None
    agent_talk_ms: int | None = None
    customer_talk_ms: int | None = None
    agent_talk_share: float | None = None
    agent_words_per_minute: float | None = None
    customer_words_per_minute: float | None = None
    agent_longest_monologue_ms: int | None = None
    agent_response_time_ms: int | None = None
    agent_first_word_ms: int | None = None
    agent_questions: int | None = None
    agent_interruptions: int | None = None
    customer_interruptions: int | None = None
    overtalk_ms: int | None = None
    dead_air_count: int = 0
    dead_air_ms: int = 0
    longest_dead_air_ms: int = 0
    hold_count: int = 0
    hold_ms: int = 0
    longest_hold_ms: int = 0
    gaps: tuple[Gap, ...] = ()
    overtalks: tuple[Overtalk, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Detected:
    """What was found in a call's transcript and sound; ``transcript_key`` is the key of the transcript it is about."""

    transcript_key: str
    findings: tuple[Finding, ...]
    sentiment: CallSentiment
    measures: Measures


@dataclass(frozen=True, kw_only=True, slots=True)
class CallFacts:
    """All that a criterion may look at."""

    recording: Recording
    transcript: Transcript
    findings: tuple[Finding, ...]
    sentiment: CallSentiment
    measures: Measures

    def finding(self, rule_id: str) -> Finding | None:
        """Return the outcome of a rule, or None where the rule was not applied to this call."""
        return next((finding for finding in self.findings if finding.rule_id == rule_id), None)


# --- rubric -----------------------------------------------------------------------------------------------------------


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
    """Points by a party's sentiment: ``overall``, ``change`` or ``last_quarter``, each -1..+1 (change -2..+2)."""

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
    """A rubric as authored. ``fingerprint`` covers the scoring fields only, so that wording may change freely."""

    id: str
    version: int
    title: str
    sections: tuple[Section, ...]
    fingerprint: str
    queues: tuple[str, ...] = ()
    pass_share: float = 0.8
    description: str = ""

    def criteria(self) -> tuple[Criterion, ...]:
        """Return every criterion in order."""
        return tuple(criterion for section in self.sections for criterion in section.criteria)


# --- score ------------------------------------------------------------------------------------------------------------


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
    confidence: float | None = None
    evidence: tuple[Evidence, ...] = ()
    searched: Span | None = None
    nearest_miss: NearestMiss | None = None
    rule_ids: tuple[str, ...] = ()


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


# --- scorecard --------------------------------------------------------------------------------------------------------


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
        subject_kind: ``agent`` or ``team``.
        team: The team; an agent's is that of the latest call.
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
    """

    subject_kind: str
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
    """

    subject_kind: str
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
