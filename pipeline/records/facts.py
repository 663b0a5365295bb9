"""What is found in a call: findings with their evidence, sentiment, measures."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pipeline.records.basics import MadeBy, Role, Severity, Span
from pipeline.records.recording import Recording
from pipeline.records.transcript import Transcript


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
class CallFindings:
    """The outcomes of all rules that apply to a call."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class FactKeys:
    """Under which keys the facts are stored that a score rests on."""

    transcript: str
    findings: str
    sentiment: str
    measures: str


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
