"""What people say about scores. Every one of these is written once and never changed; what counts is derived."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from pipeline.records.basics import Severity
from pipeline.records.score import FlagState, Status

Key = TypeVar("Key")


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


def latest_reviews(reviews: Iterable[Review], key_of: Callable[[Review], Key]) -> dict[Key, Review]:
    """Return by key the review that counts: the latest, of equal times that with the greater id."""
    return {key_of(review): review for review in sorted(reviews, key=lambda each: (each.made_at, each.review_id))}


class DisputeState(StrEnum):
    """What became of a dispute: open until somebody rules on it, or until who opened it withdraws it."""

    OPEN = "open"
    UPHELD = "upheld"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, kw_only=True, slots=True)
class Dispute:
    """An objection to the answer of one question of one score."""

    dispute_id: str
    call_id: str
    score_id: str
    criterion_id: str
    asked: str
    opened_by: str
    reason: str
    opened_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class DisputeRuling:
    """The end of a dispute; there is one at most. ``review_id`` is the correction that an upheld one brought."""

    dispute_id: str
    outcome: DisputeState
    ruled_by: str
    reason: str
    ruled_at: datetime
    review_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Acknowledgement:
    """Somebody has seen a score as it stood then: ``state`` is the fingerprint of its effective answers."""

    acknowledgement_id: str
    call_id: str
    score_id: str
    state: str
    acknowledged_by: str
    made_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionCall:
    """A call of a calibration session, with the score whose questions are asked."""

    call_id: str
    score_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CalibrationSession:
    """Several people answer the questions of the same calls without seeing each other's answers.

    Attributes:
        rubric_id: Rubric of every score in it.
        reviewers: Whose answers are compared with the expert's.
        expert: Whose answers are taken as right; not among the reviewers.
    """

    session_id: str
    rubric_id: str
    calls: tuple[SessionCall, ...]
    reviewers: tuple[str, ...]
    expert: str
    started_by: str
    started_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionClosing:
    """The end of a calibration session: from now on everybody may see all answers, and nobody gives any."""

    session_id: str
    closed_by: str
    closed_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A scored call that a sampling policy may choose, with what policies look at.

    Attributes:
        reviewed: Whether a person has reviewed it already: it counts, and is not chosen.
        share: Its total 0..1; None where there is none.
        weight: How much a review of it would teach, for the policy that looks at that; above 0.
    """

    call_id: str
    score_id: str
    agent_id: str | None = None
    team: str | None = None
    queue: str | None = None
    share: float | None = None
    reviewed: bool = False
    weight: float = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class SampledCall:
    """A call that a sampling policy chose for review.

    Attributes:
        policy: Which policy, such as ``per-agent``.
        period: Of which period, such as ``2026-10`` or ``2026-W42``; ``all`` for no period. A policy chooses a call
            once in a period.
        reason: Why this call, in a few words.
        seed: What made the choice, with the ids of the calls; the same again chooses the same.
        reviewer: Who is to review it; None for anybody.
        agent_id: Whose call it was when it was chosen.
    """

    policy: str
    period: str
    call_id: str
    score_id: str
    reason: str
    seed: int
    sampled_by: str
    sampled_at: datetime
    reviewer: str | None = None
    agent_id: str | None = None


class QueueKind(StrEnum):
    """Why a call waits for a person, in the order in which calls are to be heard."""

    FLAGGED = "flagged"
    UNANSWERED = "unanswered"
    SAMPLED = "sampled"


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueReason:
    """One reason why a call waits for a person.

    Attributes:
        subject: A flag's code, a criterion's id, or a policy with its period.
        reason: In a sentence.
        since: Since when.
        criterion_id: The question that it is about, with its fingerprint ``asked``; an answer to that settles it. Where
            these are None, any review of the call does.
        severity: Of a flag.
        critical: Whether the question is critical or an auto-fail.
        reviewer: Who is to hear it; None for anybody.
        reopened: Whether somebody opened it again: only what was answered since then settles it.
    """

    kind: QueueKind
    subject: str
    reason: str
    since: datetime
    criterion_id: str | None = None
    asked: str | None = None
    severity: Severity | None = None
    critical: bool = False
    reviewer: str | None = None
    reopened: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class QueuedCall:
    """A call with every reason for which a person should hear it, the weightiest first."""

    call_id: str
    score_id: str
    reasons: tuple[QueueReason, ...]
    agent_id: str | None = None
    team: str | None = None
    queue: str | None = None
    started_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueClosing:
    """Somebody took a call off the review queue without answering: what was in it until then is done."""

    closing_id: str
    call_id: str
    closed_by: str
    reason: str
    closed_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class FlagChange:
    """A flag was closed, or opened again; the latest says how it stands."""

    change_id: str
    flag_id: str
    state: FlagState
    reason: str
    changed_by: str
    changed_at: datetime
