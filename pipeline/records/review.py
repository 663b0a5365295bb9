"""What people say about scores. Every one of these is written once and never changed; what counts is derived."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipeline.records.score import Status


@dataclass(frozen=True, kw_only=True, slots=True)
class Review:
    """A person's answer to one question about one call: a correction, a confirmation, or the answer to a manual one.

    It counts for every score of the call that asks the same (``asked``), until a later review of the same question.

    Attributes:
        score_id: The score that the reviewer looked at.
        asked: Fingerprint of the question, from its result.
        status: The answer.
        share: Share of the points 0..1; None for ``not_applicable`` and ``cannot_assess``.
        answer: In the words of the question's form, where it has one.
        machine_status: What the machine had answered or, where it withheld that, was leaning to; None if neither.
        machine_confidence: How sure it was, before calibration.
        reason: Why; required.
        session_id: The blind calibration session it belongs to, whose reviews correct nothing; None for others.
    """

    review_id: str
    call_id: str
    score_id: str
    criterion_id: str
    asked: str
    status: Status
    reviewer: str
    reason: str
    made_at: datetime
    share: float | None = None
    answer: str | None = None
    machine_status: Status | None = None
    machine_confidence: float | None = None
    session_id: str | None = None
