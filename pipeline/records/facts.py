"""What is found in a call: findings with their evidence, sentiment, measures."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pipeline.records.basics import MadeBy, Role, Severity, Span
from pipeline.records.recording import Recording
from pipeline.records.transcript import Transcript


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """A quote with its place. ``quote == turn.text[char_start:char_end]``, always.

    Attributes:
        confidence: How well the words were recognised (0..1); of a quote that was found by meaning, at most its
            similarity.
        meaning_similarity: Set where the quote was found by its meaning and only probably says it: the cosine with the
            nearest sentence that the rule means. None where the rule's words were found.
    """

    turn_index: int
    role: Role
    start_ms: int
    end_ms: int
    char_start: int
    char_end: int
    quote: str
    confidence: float | None = None
    meaning_similarity: float | None = None


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
        evidence: Every quote, in order of time.
        stretches: What was found that has no words, such as a silence, in order of time.
        calls: Ids of the earlier calls that prove it, of a rule that looks beyond this one.
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
    stretches: tuple[Span, ...] = ()
    calls: tuple[str, ...] = ()

    @property
    def probable(self) -> bool:
        """True where it rests on nearness of meaning: probably said, and a person should look."""
        return any(quote.meaning_similarity is not None for quote in self.evidence)

    @property
    def violated(self) -> bool:
        """True where a required phrase is absent or a prohibited one present; unknown and signals are no violation."""
        if self.kind is FindingKind.CANNOT_ASSESS or self.expected is Expectation.SIGNAL:
            return False
        return self.kind.value != self.expected.value


@dataclass(frozen=True, kw_only=True, slots=True)
class SentimentReading:
    """How a passage sounds in words: a turn, turns of one speaker read together, or a part of a long turn.

    Attributes:
        turn_index: The turn in which it begins.
        score: Signed, -1..+1: minus the probability where negative, plus it where positive, 0 where neutral.
        probability: How sure the label is, 0..1.
        turn_indexes: Every turn of which it holds words; empty in readings of old, which are of one turn each.
        start_ms: Of its first word; None in readings of old, which are of whole turns.
    """

    turn_index: int
    role: Role
    label: str
    score: float
    probability: float
    turn_indexes: tuple[int, ...] = ()
    start_ms: int | None = None
    end_ms: int | None = None


class Recovery(StrEnum):
    """Whether a party that sounded negative sounds positive at the end."""

    RECOVERED = "recovered"
    NOT_RECOVERED = "not_recovered"
    NEVER_NEGATIVE = "never_negative"


@dataclass(frozen=True, kw_only=True, slots=True)
class TurningPoint:
    """Where a party's running level changes its sign, or jumps. A place in the transcript, without its words.

    Attributes:
        turn_index: The turn in which the passage begins that turned it.
        direction: ``negative`` or ``positive``.
        level_before: The running level before the passage, -1..+1.
        level: The running level with it.
        before_turn_index: The last turn of the other party's before it; None where there is none.
    """

    turn_index: int
    start_ms: int
    end_ms: int
    direction: str
    level_before: float
    level: float
    before_turn_index: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PartySentiment:
    """One party's sentiment over the call. None where that party said too little to tell.

    Attributes:
        quarters: Four scores; quarter = min(3, floor(4 * midpoint / duration)) (AWS Post Call Analytics).
        change: Last quarter minus first quarter.
        overall: Mean of the signed scores of all that was read.
        trend: Half of (mean of the second half of the call minus mean of the first), -1..+1 (Genesys Cloud).
        longest_negative_turns: Turns in the longest run of negative readings; 0 where none is negative.
        longest_negative_ms: From the beginning of that run to its end, what others say in between included.
        longest_negative_start_ms: Where it begins; None where there is none.
        turning_points: Where it turned, in order of time.
        recovery: Whether what was negative is positive before the end.
    """

    role: Role
    quarters: tuple[float | None, float | None, float | None, float | None]
    overall: float | None = None
    change: float | None = None
    trend: float | None = None
    longest_negative_turns: int | None = None
    longest_negative_ms: int | None = None
    longest_negative_start_ms: int | None = None
    turning_points: tuple[TurningPoint, ...] | None = None
    recovery: Recovery | None = None


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
    """A stretch in which neither party speaks. ``kind`` is ``dead_air`` or ``hold``.

    Attributes:
        before_turn_index: The turn whose word ends the gap.
        after_turn_index: The turn whose word stands before the gap.
        after_role: Who said that word: who spoke last.
        told_by: What makes a hold of it: ``announced``, ``music`` or both; empty for dead air.
    """

    kind: str
    start_ms: int
    end_ms: int
    before_turn_index: int | None = None
    after_turn_index: int | None = None
    after_role: Role | None = None
    told_by: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Overtalk:
    """A stretch in which both parties speak; ``interrupter`` is who began second."""

    interrupter: Role
    start_ms: int
    end_ms: int


@dataclass(frozen=True, kw_only=True, slots=True)
class RaisedVoice:
    """A stretch in which a party is louder than that party usually is; ``above_usual_db`` is the middle of it."""

    role: Role
    start_ms: int
    end_ms: int
    above_usual_db: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ChannelLoudness:
    """How loud a channel is in each second, 0..100: dB above -100 dBFS, so that 100 is full scale.

    ``role`` is who speaks on it; unknown where both do.
    """

    channel: int
    role: Role
    per_second: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Measures:
    """Numbers about the shape of a call. None means unknown on this audio, such as talk share with unknown speakers.

    ``limits`` says in stable codes why figures are unknown or told by less than they could be.
    """

    duration_ms: int
    speech_ms: int
    silence_share: float | None = None
    agent_talk_ms: int | None = None
    customer_talk_ms: int | None = None
    agent_talk_share: float | None = None
    agent_listening_share: float | None = None
    customer_listening_share: float | None = None
    agent_words_per_minute: float | None = None
    customer_words_per_minute: float | None = None
    agent_words_per_minute_change: float | None = None
    customer_words_per_minute_change: float | None = None
    agent_longest_monologue_ms: int | None = None
    customer_longest_monologue_ms: int | None = None
    agent_response_time_ms: int | None = None
    customer_response_time_ms: int | None = None
    agent_first_word_ms: int | None = None
    agent_first_greeting_ms: int | None = None
    wrap_up_ms: int | None = None
    agent_questions: int | None = None
    customer_questions: int | None = None
    agent_interruptions: int | None = None
    customer_interruptions: int | None = None
    overtalk_ms: int | None = None
    agent_overtalk_ms: int | None = None
    customer_overtalk_ms: int | None = None
    agent_raised_voice_ms: int | None = None
    customer_raised_voice_ms: int | None = None
    dead_air_count: int = 0
    dead_air_ms: int = 0
    longest_dead_air_ms: int = 0
    hold_count: int = 0
    hold_ms: int = 0
    longest_hold_ms: int = 0
    gaps: tuple[Gap, ...] = ()
    overtalks: tuple[Overtalk, ...] = ()
    raised_voices: tuple[RaisedVoice, ...] = ()
    loudness: tuple[ChannelLoudness, ...] = ()
    limits: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class CallFindings:
    """The outcomes of all rules that apply to a call."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """A language model's answer to one question, after its citations were checked against the transcript.

    Attributes:
        question: Fingerprint of the question as asked (`pipeline.score.fingerprints.question_fingerprint`).
        answer: In the words of the question's form ("yes", "3"); None where there is none that can be used.
        applicable: False where the model says that the question does not arise on this call.
        reason: One plain sentence: the model's, without words of the call, or why there is no answer.
        evidence: The quotes that it cites, found in the transcript; an answer without any is none.
        confidence: How sure the model is, as it says or as its words' probabilities tell; None where neither does.
    """

    question: str
    answer: str | None
    reason: str
    applicable: bool = True
    evidence: tuple[Evidence, ...] = ()
    confidence: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CallJudgements:
    """Answers of a language model, and which one."""

    judgements: tuple[Judgement, ...]
    made_by: MadeBy


@dataclass(frozen=True, kw_only=True, slots=True)
class FactKeys:
    """Under which keys the facts are stored that a score rests on.

    ``own_findings`` and ``judgements`` are of what the rubric itself asks for: its phrases, and its questions to a
    language model; None where it asks for none. ``not_looked_for`` are the rules that it asks for and that nobody had
    looked for when these findings were made, sorted; None where there are none.
    """

    transcript: str
    findings: str
    sentiment: str
    measures: str
    own_findings: str | None = None
    judgements: tuple[str, ...] | None = None
    not_looked_for: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CallFacts:
    """All that a criterion may look at."""

    recording: Recording
    transcript: Transcript
    findings: tuple[Finding, ...]
    sentiment: CallSentiment
    measures: Measures
    judgements: tuple[Judgement, ...] = ()

    def judgement(self, question: str) -> Judgement | None:
        """Return a language model's answer to a question, by its fingerprint, or None where it was not asked."""
        return next((judgement for judgement in self.judgements if judgement.question == question), None)

    def finding(self, rule_id: str) -> Finding | None:
        """Return the outcome of a rule, or None where the rule was not applied to this call."""
        return next((finding for finding in self.findings if finding.rule_id == rule_id), None)
