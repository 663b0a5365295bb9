"""Disputes: who may object to which answer until when, and how that ends."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.errors import ReviewError
from pipeline.records import CallScore, CriterionResult, Dispute, DisputeRuling, DisputeState, Review
from pipeline.review.wording import checked_name, checked_reason, made_id, same_name


@dataclass(frozen=True, kw_only=True, slots=True)
class DisputeTerms:
    """How long an answer may be disputed, in days, and how many disputes one evaluation may have."""

    window_days: int
    limit: int


def window_begins(result: CriterionResult, *, score_made_at: datetime, reviews: Sequence[Review]) -> datetime:
    """Return since when an answer stands: since the score was made, or since the latest review that changed it."""
    since, stands = score_made_at, (result.status, result.share)
    for review in sorted(reviews, key=lambda each: (each.made_at, each.review_id)):
        if review.session_id is not None or (review.criterion_id, review.asked) != (result.criterion_id, result.asked):
            continue
        if (review.status, review.share) != stands:
            since, stands = max(since, review.made_at), (review.status, review.share)
    return since


def open_dispute(
    score: CallScore,
    result: CriterionResult,
    *,
    opened_by: str,
    reason: str,
    stands_since: datetime,
    others: Sequence[tuple[Dispute, DisputeState]],
    terms: DisputeTerms,
    now: datetime,
) -> Dispute:
    """Return a new dispute of one answer.

    Args:
        score: The evaluation.
        result: Its answer to the question.
        opened_by: Who objects.
        reason: Why.
        stands_since: What `window_begins` says.
        others: Every dispute of this call so far, by this rubric or of this question, and how it stands.
        terms: Window and limit.
        now: When.

    Raises:
        ReviewError: The window is over, the limit is reached, a dispute of the question is open, or name or reason
            cannot be kept.
    """
    name, why = checked_name(opened_by), checked_reason(reason)
    question = (result.criterion_id, result.asked)
    open_one = next((d for d, s in others if (d.criterion_id, d.asked) == question and s is DisputeState.OPEN), None)
    if open_one is not None:
        raise ReviewError(
            f"{result.criterion_id}: dispute {open_one.dispute_id} of this question is open since "
            f"{open_one.opened_at:%Y-%m-%d}; it has to be ruled on or withdrawn first"
        )
    counted = sum(state is not DisputeState.WITHDRAWN for _, state in others)
    if counted >= terms.limit:
        raise ReviewError(
            f"this evaluation has had {counted} dispute{'' if counted == 1 else 's'}, and {terms.limit} is the most "
            "(review.dispute_limit); talk to the reviewer"
        )
    ends = stands_since + timedelta(days=terms.window_days)
    if now >= ends:
        days = math.floor((now - stands_since) / timedelta(days=1))
        raise ReviewError(
            f"{result.criterion_id}: the answer stands for {days} days, since {stands_since:%Y-%m-%d}; it could be "
            f"disputed for {terms.window_days} days (review.dispute_window_days)"
        )
    told = {"score": score.score_id, "criterion": result.criterion_id, "by": name, "reason": why}
    return Dispute(
        dispute_id=made_id("d-", **told, at=now.isoformat()),
        call_id=score.call_id,
        score_id=score.score_id,
        criterion_id=result.criterion_id,
        asked=result.asked,
        opened_by=name,
        reason=why,
        opened_at=now,
    )


def rule_on(
    dispute: Dispute,
    outcome: DisputeState,
    *,
    ruled_by: str,
    reason: str,
    now: datetime,
    review_id: str | None = None,
) -> DisputeRuling:
    """Return the end of an open dispute. Who opened it may withdraw it and not rule on it, and the others reversely.

    Raises:
        ReviewError: The wrong person, or name or reason cannot be kept.
    """
    name, why = checked_name(ruled_by), checked_reason(reason)
    opener = same_name(name, dispute.opened_by)
    if outcome is DisputeState.WITHDRAWN and not opener:
        raise ReviewError(f"dispute {dispute.dispute_id} was opened by {dispute.opened_by}, who alone may withdraw it")
    if outcome is not DisputeState.WITHDRAWN and opener:
        raise ReviewError(f"{name} opened dispute {dispute.dispute_id}; somebody else has to rule on it")
    return DisputeRuling(
        dispute_id=dispute.dispute_id, outcome=outcome, ruled_by=name, reason=why, ruled_at=now, review_id=review_id
    )


def ended_already(ruling: DisputeRuling) -> ReviewError:
    """Return the error for who comes second."""
    return ReviewError(
        f"dispute {ruling.dispute_id} was {ruling.outcome.value} by {ruling.ruled_by} on {ruling.ruled_at:%Y-%m-%d}; "
        "who still objects opens a new dispute: `earmark disputes open`"
    )
