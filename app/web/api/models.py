"""What answers are made of, where a record alone does not say it all: derived figures, and things put together."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from pipeline.records import (
    Acknowledgement,
    CallSentiment,
    CriterionResult,
    Dispute,
    DisputeRuling,
    DisputeState,
    Expectation,
    Finding,
    FindingKind,
    Flag,
    FlagChange,
    MadeBy,
    Measures,
    Recording,
    Redaction,
    Review,
    Role,
    ScoreTerms,
    Severity,
    Span,
    Word,
)
from pipeline.records.facts import Evidence, NearestMiss
from pipeline.records.transcript import Dropped
from pipeline.reviewing.evaluations import Evaluation
from pipeline.store.call_record import CallRecord
from pipeline.store.disputes import DisputeRow
from pipeline.store.scores import StoredScore


class Shape(BaseModel):
    """What an answer is made of; read from a record's fields and properties."""

    model_config = ConfigDict(from_attributes=True)


class TurnShape(Shape):
    """What one speaker says before another speaks or a pause ends it."""

    role: Role
    role_confidence: float | None
    channel: int
    start_ms: int
    end_ms: int
    text: str = Field(description="The words joined by single spaces; personal data is masked as `[kind]`.")
    confidence: float | None
    words: list[Word]


class TranscriptShape(Shape):
    """Who said what and when, as it is kept: personal data is masked."""

    call_id: str
    language: str
    language_confidence: float | None
    confidence: float | None = Field(description="Mean word confidence 0..1.")
    duration_ms: int
    redacted: bool
    redactions: list[Redaction]
    dropped: list[Dropped]
    overlaps: list[Span]
    made_by: MadeBy
    turns: list[TurnShape]


class FindingShape(Shape):
    """The outcome of one rule on one call."""

    rule_id: str
    rule_fingerprint: str
    title: str
    severity: Severity
    expected: Expectation
    kind: FindingKind = Field(
        description="present has evidence, absent the window that was searched, cannot_assess a reason."
    )
    role: Role | None
    reason: str
    evidence: list[Evidence]
    searched: Span | None
    searched_confidence: float | None
    nearest_miss: NearestMiss | None
    stretches: list[Span]
    calls: list[str] = Field(description="Earlier calls that prove it.")
    violated: bool


class Totals(Shape):
    """What answers add up to."""

    share: float | None = Field(description="Total 0..1; null where nothing could be assessed.")
    raw_share: float | None = Field(description="The same before auto-fails.")
    critical_share: float | None
    passed: bool | None
    auto_failed_by: list[str] = Field(description="Criteria that failed the call.")
    assessed_share: float | None = Field(description="Part 0..1 of the points that could be assessed.")


class ScoreShape(Totals):
    """A call's answers under one rubric, with the totals that follow from them."""

    score_id: str
    call_id: str
    rubric_id: str
    rubric_version: int
    rubric_fingerprint: str
    pass_share: float = Field(description="The total 0..1 with which a call passes.")
    results: list[CriterionResult]
    terms: ScoreTerms


class StoredScoreShape(ScoreShape):
    """A score with when it was made, and whether it is the one that counts."""

    made_at: datetime
    current: bool


class CallShape(Shape):
    """All that is known about a call: what `earmark calls show --json` prints."""

    recording: Recording
    failure: str | None = Field(description="Why the last run failed on it; null where it did not.")
    transcript: TranscriptShape | None
    findings: list[FindingShape]
    sentiment: CallSentiment | None
    measures: Measures | None
    scores: list[StoredScoreShape] = Field(description="The one that counts first, then the newest.")
    flags: list[Flag] = Field(description="Of the score that counts.")
    reviews: list[Review] = Field(description="What people answered, the oldest first.")
    effective: ScoreShape | None = Field(description="The score that counts, with people's answers in it.")


class ScoresShape(Shape):
    """A call's scores as the machine made them, and what counts."""

    scores: list[StoredScoreShape]
    effective: ScoreShape | None = Field(description="The score that counts, with people's answers in it.")
    acknowledgements: list[Acknowledgement] = Field(description="Who has seen it as it stands.")


class FlagShape(Shape):
    """Why a person should hear a call."""

    flag: Flag
    raised_at: datetime
    agent_id: str | None
    team: str | None
    started_at: datetime | None
    changes: list[FlagChange] = Field(description="When and why it was closed and opened again; not for agents.")


class DisputeShape(Shape):
    """An objection to an answer, and how it ended."""

    dispute: Dispute
    state: DisputeState
    agent_id: str | None
    rubric_id: str
    ruling: DisputeRuling | None


class ReviewedShape(Shape):
    """An answer that was kept, and the totals with it."""

    review: Review
    effective: Totals


def score_shape(stored: StoredScore) -> StoredScoreShape:
    """Return a stored score as it is answered."""
    score = ScoreShape.model_validate(stored.score)
    return StoredScoreShape(**dict(score), made_at=stored.made_at, current=stored.current)


def call_shape(call: CallRecord, evaluation: Evaluation | None) -> CallShape:
    """Return a call as it is answered."""
    return CallShape(
        recording=call.recording,
        failure=call.failure,
        transcript=TranscriptShape.model_validate(call.transcript) if call.transcript else None,
        findings=[finding_shape(finding) for finding in call.findings],
        sentiment=call.sentiment,
        measures=call.measures,
        scores=[score_shape(stored) for stored in call.scores],
        flags=list(call.flags),
        reviews=list(evaluation.reviews) if evaluation else [],
        effective=ScoreShape.model_validate(evaluation.effective) if evaluation else None,
    )


def finding_shape(finding: Finding) -> FindingShape:
    """Return a finding as it is answered."""
    return FindingShape.model_validate(finding)


def dispute_shape(row: DisputeRow) -> DisputeShape:
    """Return a dispute as it is answered."""
    return DisputeShape.model_validate(row)
