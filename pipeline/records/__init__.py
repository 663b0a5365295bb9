"""The immutable records that every part of Earmark passes around.

Times are whole milliseconds from the start of the recording, half-open (``start_ms <= t < end_ms``). Instants are aware
UTC datetimes. Confidence and shares are 0..1, or None when unknown. Sentiment is -1..+1.
"""

from __future__ import annotations

from pipeline.records.basics import MadeBy, Role, Severity, Span
from pipeline.records.facts import (
    CallFacts,
    CallFindings,
    CallSentiment,
    Evidence,
    Expectation,
    FactKeys,
    Finding,
    FindingKind,
    Gap,
    Measures,
    NearestMiss,
    Overtalk,
    PartySentiment,
    SentimentReading,
)
from pipeline.records.recording import Defect, Recording
from pipeline.records.rubric import (
    AppliesIf,
    Band,
    Criterion,
    CriterionTest,
    ManualTest,
    MeasureTest,
    Rubric,
    RuleTest,
    Section,
    SentimentTest,
)
from pipeline.records.score import CallScore, CriterionResult, Flag, Status
from pipeline.records.scorecard import (
    CallToHear,
    CoachingTopic,
    CriterionSummary,
    FlagReason,
    Interval,
    Period,
    Scorecard,
    Standing,
    SubjectSummary,
    TrendPoint,
)
from pipeline.records.transcript import Dropped, Redaction, Transcript, Turn, Word

__all__ = [
    "AppliesIf",
    "Band",
    "CallFacts",
    "CallFindings",
    "CallScore",
    "CallSentiment",
    "CallToHear",
    "CoachingTopic",
    "Criterion",
    "CriterionResult",
    "CriterionSummary",
    "CriterionTest",
    "Defect",
    "Dropped",
    "Evidence",
    "Expectation",
    "FactKeys",
    "Finding",
    "FindingKind",
    "Flag",
    "FlagReason",
    "Gap",
    "Interval",
    "MadeBy",
    "ManualTest",
    "MeasureTest",
    "Measures",
    "NearestMiss",
    "Overtalk",
    "PartySentiment",
    "Period",
    "Recording",
    "Redaction",
    "Role",
    "Rubric",
    "RuleTest",
    "Scorecard",
    "Section",
    "SentimentReading",
    "SentimentTest",
    "Severity",
    "Span",
    "Standing",
    "Status",
    "SubjectSummary",
    "Transcript",
    "TrendPoint",
    "Turn",
    "Word",
]
