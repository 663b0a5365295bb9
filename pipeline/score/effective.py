"""The effective score: the machine's answers with people's put in. Derived each time, never stored as truth."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from pipeline.records import SHARES, CallScore, CriterionResult, Review, Status, latest_reviews
from pipeline.score.answer import Answer
from pipeline.score.applies import Results, answers_exempt
from pipeline.score.order import answering_order


def effective_score(score: CallScore, reviews: Sequence[Review]) -> CallScore:
    """Return a score with the latest ordinary review of each question in place of the machine's answer.

    A review counts where it is of this call and asked the same question; those of blind sessions correct nothing. Then
    every question that hangs on a changed answer is looked at again: it becomes `not_applicable` where it is surely
    excluded, even if somebody had answered it, and `cannot_assess` where it now applies or that is not known any more,
    unless somebody answered it.

    Args:
        score: As the machine made it.
        reviews: In any order.
    """
    latest = _latest(score, reviews)
    original = {result.criterion_id: result for result in score.results}
    effective = dict(original)
    for criterion_id in answering_order(_dependencies(score)):
        result = original[criterion_id]
        review = latest.get(criterion_id)
        reviewed = result if review is None else _reviewed(result, review)
        effective[criterion_id] = _dependent(result, reviewed, original, effective, is_reviewed=review is not None)
    return dataclasses.replace(score, results=tuple(effective[result.criterion_id] for result in score.results))


def _latest(score: CallScore, reviews: Sequence[Review]) -> dict[str, Review]:
    """Return the review that counts for each criterion, if there is one."""
    asked = {(result.criterion_id, result.asked) for result in score.results}
    counting = [
        review
        for review in reviews
        if review.session_id is None
        and review.call_id == score.call_id
        and (review.criterion_id, review.asked) in asked
    ]
    return latest_reviews(counting, lambda review: review.criterion_id)


def _dependencies(score: CallScore) -> dict[str, list[str]]:
    return {result.criterion_id: [one.criterion_id for one in result.depends_on] for result in score.results}


def _reviewed(result: CriterionResult, review: Review) -> CriterionResult:
    share = SHARES.get(review.status) if review.share is None else review.share
    confirmed = review.answer is None and (review.status, share) == (result.machine_status, result.machine_share)
    return dataclasses.replace(
        result,
        status=review.status,
        reason=f"{review.reviewer}: {review.reason}",
        points_earned=None if share is None else result.points_possible * share,
        answer=result.machine_answer if confirmed else review.answer,
        confidence=None,
        leaning=None,
        leaning_share=None,
        leaning_answer=None,
    )


def _dependent(
    machine: CriterionResult, result: CriterionResult, before: Results, now: Results, *, is_reviewed: bool
) -> CriterionResult:
    """Return a result as the answers that it hangs on leave it."""
    changed = [
        now[one.criterion_id].title
        for one in machine.depends_on
        if one.criterion_id in before and _said(before[one.criterion_id]) != _said(now[one.criterion_id])
    ]
    earlier = answers_exempt(machine.depends_on, before)
    was_why = earlier is not None and (earlier.status, earlier.reason) == (machine.status, machine.reason)
    otherwise_excluded = machine.status is Status.NOT_APPLICABLE and not was_why  # by its queue, for instance
    if not changed or otherwise_excluded:
        return result
    exempt = answers_exempt(machine.depends_on, now)
    if exempt is not None:
        surely = exempt.status is Status.NOT_APPLICABLE
        return _without_points(result, exempt) if surely or not is_reviewed else result
    if is_reviewed or not was_why:
        return result
    reason = f"{', '.join(changed)} was corrected, so this applies; a person answers it."
    return _without_points(result, Answer(status=Status.CANNOT_ASSESS, share=None, reason=reason))


def _said(result: CriterionResult) -> tuple[Status, str | None]:
    return result.status, result.answer


def _without_points(result: CriterionResult, answer: Answer) -> CriterionResult:
    return dataclasses.replace(
        result,
        status=answer.status,
        reason=answer.reason,
        points_earned=None,
        confidence=None,
        answer=None,
        leaning=None,
        leaning_share=None,
        leaning_answer=None,
    )
