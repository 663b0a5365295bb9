"""Disputes from beginning to end, each step in the caller's transaction, two at once kept apart."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from pipeline.config import ReviewSettings
from pipeline.errors import ReviewError
from pipeline.records import Dispute, DisputeRuling, DisputeState, Review
from pipeline.review.answers import make_review, result_of, same_answer
from pipeline.review.disputes import DisputeTerms, ended_already, open_dispute, rule_on, window_begins
from pipeline.reviewing.evaluations import QuestionsAtHand, read_answer, read_evaluation
from pipeline.score.effective import effective_score
from pipeline.store.disputes import DisputeRow, get_dispute, hold_evaluation, list_disputes, put_dispute, put_ruling
from pipeline.store.reviews import put_review, reviews_of_call
from pipeline.store.scores import get_score


def dispute_answer(
    connection: Connection,
    call_id: str,
    criterion_id: str,
    *,
    by: str,
    reason: str,
    settings: ReviewSettings,
    now: datetime,
) -> Dispute:
    """Keep an objection to an answer of a call's current score, and return it.

    Raises:
        NotFoundError: No such call, or it has no score.
        UnknownNameError: The score has no such question.
        ReviewError: Window or limit forbids it, one of the question is open, or name or reason cannot be kept.
    """
    score_id = read_evaluation(connection, call_id).machine.score_id
    hold_evaluation(connection, score_id)
    evaluation = read_evaluation(connection, call_id)  # once more: another process may have been first
    if evaluation.machine.score_id != score_id:
        raise ReviewError(f"call {evaluation.recording.call_id} was just scored again; look at it, then try again")
    result = result_of(evaluation.machine, criterion_id)
    others = [(row.dispute, row.state) for row in list_disputes(connection, score_id=score_id)]
    made = open_dispute(
        evaluation.machine,
        result,
        opened_by=by,
        reason=reason,
        stands_since=window_begins(result, score_made_at=evaluation.stored.made_at, reviews=evaluation.reviews),
        others=others,
        terms=DisputeTerms(window_days=settings.dispute_window_days, limit=settings.dispute_limit),
        now=now,
    )
    put_dispute(connection, made)
    return made


def uphold(
    connection: Connection,
    dispute_id: str,
    answer: str,
    *,
    by: str,
    reason: str,
    questions: QuestionsAtHand,
    now: datetime,
) -> tuple[DisputeRow, Review]:
    """Correct the disputed answer, and return the dispute as it stands then, with the correction.

    Raises:
        NotFoundError: No such dispute.
        ReviewError: It has ended, the answer is none or the one that stands, or who rules opened it.
    """
    row = _held(connection, dispute_id)
    score = get_score(connection, row.dispute.score_id)
    assert score is not None  # a foreign key holds it
    result = result_of(score, row.dispute.criterion_id)
    status, share, label = read_answer(answer, result, questions)
    review = make_review(score, result, status=status, share=share, answer=label, reviewer=by, reason=reason, now=now)
    reviews = reviews_of_call(connection, score.call_id)
    stands = result_of(effective_score(score, reviews), result.criterion_id)
    corrected = result_of(effective_score(score, [*reviews, review]), result.criterion_id)
    if same_answer(stands, corrected):
        raise ReviewError(
            f"{result.criterion_id}: the answer is {stands.status.value} as it is; give the right one, or "
            f"earmark disputes reject {row.dispute.dispute_id}"
        )
    ruling = rule_on(row.dispute, DisputeState.UPHELD, ruled_by=by, reason=reason, now=now, review_id=review.review_id)
    put_review(connection, review)
    _put(connection, ruling)
    return get_dispute(connection, row.dispute.dispute_id), review


def end_without_correction(
    connection: Connection, dispute_id: str, outcome: DisputeState, *, by: str, reason: str, now: datetime
) -> DisputeRow:
    """Reject a dispute or withdraw it, and return it as it stands then.

    Raises:
        NotFoundError: No such dispute.
        ReviewError: It has ended, or this is not for this person to do.
    """
    row = _held(connection, dispute_id)
    _put(connection, rule_on(row.dispute, outcome, ruled_by=by, reason=reason, now=now))
    return get_dispute(connection, row.dispute.dispute_id)


def _held(connection: Connection, dispute_id: str) -> DisputeRow:
    """Return an open dispute; nobody else rules on it until the transaction ends."""
    hold_evaluation(connection, get_dispute(connection, dispute_id).dispute.score_id)
    row = get_dispute(connection, dispute_id)
    if row.ruling is not None:
        raise ended_already(row.ruling)
    return row


def _put(connection: Connection, ruling: DisputeRuling) -> None:
    if not put_ruling(connection, ruling):
        raise ReviewError(f"dispute {ruling.dispute_id} was just ruled on by somebody else; look at it again")
