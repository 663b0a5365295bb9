"""Disputes from beginning to end, each step in the caller's transaction, two at once kept apart."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from pipeline.config import ReviewSettings
from pipeline.errors import ReviewError
from pipeline.records import Dispute, DisputeRuling, DisputeState, Review, Status
from pipeline.review.answers import make_review, result_of, same_answer
from pipeline.review.disputes import DisputeTerms, ended_already, open_dispute, rule_on, window_begins
from pipeline.reviewing.evaluations import QuestionsAtHand, hold_as_seen, read_answer, read_evaluation, refuse_agent
from pipeline.score.effective import effective_score
from pipeline.store.disputes import DisputeRow, get_dispute, hold_call, list_disputes, put_dispute, put_ruling
from pipeline.store.reviews import put_review


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
    evaluation = hold_as_seen(connection, read_evaluation(connection, call_id))
    result = result_of(evaluation.machine, criterion_id)
    stands = result_of(evaluation.effective, criterion_id)
    if stands.status is Status.PASS and stands.share == 1:
        raise ReviewError(f"{criterion_id}: the answer is pass, with all of its points; there is nothing to dispute")
    others = [
        (row.dispute, row.state)
        for row in list_disputes(connection, call_id=evaluation.recording.call_id)
        if row.rubric_id == evaluation.machine.rubric_id
        or (row.dispute.criterion_id, row.dispute.asked) == (result.criterion_id, result.asked)
    ]
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
    dispute = row.dispute
    refuse_agent(row.agent_id, by)
    evaluation = read_evaluation(connection, dispute.call_id)
    score, question = evaluation.machine, (dispute.criterion_id, dispute.asked)
    result = next((each for each in score.results if (each.criterion_id, each.asked) == question), None)
    if result is None:
        raise ReviewError(
            f"{dispute.criterion_id}: the rubric asks this question otherwise now (or no more), so an answer to the "
            f"old one would count nowhere: withdraw or reject the dispute (earmark disputes reject "
            f"{dispute.dispute_id}), or answer the question as it is now: earmark reviews answer {dispute.call_id} "
            f"{dispute.criterion_id} ANSWER"
        )
    status, share, label = read_answer(answer, result, questions)
    review = make_review(score, result, status=status, share=share, answer=label, reviewer=by, reason=reason, now=now)
    stands = result_of(evaluation.effective, result.criterion_id)
    corrected = result_of(effective_score(score, [*evaluation.reviews, review]), result.criterion_id)
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
    if outcome is not DisputeState.WITHDRAWN:
        refuse_agent(row.agent_id, by)
    _put(connection, rule_on(row.dispute, outcome, ruled_by=by, reason=reason, now=now))
    return get_dispute(connection, row.dispute.dispute_id)


def _held(connection: Connection, dispute_id: str) -> DisputeRow:
    """Return an open dispute; nobody else rules on it until the transaction ends."""
    hold_call(connection, get_dispute(connection, dispute_id).dispute.call_id)
    row = get_dispute(connection, dispute_id)
    if row.ruling is not None:
        raise ended_already(row.ruling)
    return row


def _put(connection: Connection, ruling: DisputeRuling) -> None:
    if not put_ruling(connection, ruling):
        raise ReviewError(f"dispute {ruling.dispute_id} was just ruled on by somebody else; look at it again")
