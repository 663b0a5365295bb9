"""A person's answer to one question, as a review."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from pipeline.errors import ReviewError, UnknownNameError
from pipeline.records import CallScore, CriterionResult, Review, Status, latest_reviews
from pipeline.review.wording import checked_name, checked_reason, made_id

UNIVERSAL_ANSWERS = ("pass", "partial", "fail", "not-applicable", "cannot-assess")
ALLOWED_ANSWERS = f"{', '.join(UNIVERSAL_ANSWERS)}, or a share of the points such as 50%"
AGREES = "agrees with the machine"

Question = tuple[str, str]
"""Id of the criterion, and the fingerprint of what it asks: answers are kept to both."""


def result_of(score: CallScore, criterion_id: str) -> CriterionResult:
    """Return a score's answer to a question, by the question's id or a title that only one has.

    Raises:
        UnknownNameError: The score has no such question.
        ReviewError: The score does not tell what the question asks, so that no answer could be kept to it.
    """
    result = next((result for result in score.results if result.criterion_id == criterion_id), None)
    titled = [each for each in score.results if each.title.casefold() == criterion_id.strip().casefold()]
    if result is None and len(titled) == 1:
        result = titled[0]
    if result is None:
        known = [result.criterion_id for result in score.results]
        raise UnknownNameError("criterion", criterion_id, known, listed_by=f"earmark reviews show {score.call_id}")
    if not result.asked:
        raise ReviewError(
            f"score {score.score_id} was made before Earmark kept what a question asks; run the call again "
            "(earmark run), then answer"
        )
    return result


def universal_answer(text: str) -> tuple[Status, float | None] | None:
    """Return the answer that words for any question give, or None where these are none.

    Returns:
        Status and share of the points 0..1. ``partial`` alone is half; 0% is a fail and 100% a pass.

    Raises:
        ReviewError: It is a share beyond 0% to 100%.
    """
    word = text.strip().casefold().replace("_", "-").replace(" ", "-")
    plain = {
        "pass": (Status.PASS, 1.0),
        "partial": (Status.PARTIAL, 0.5),
        "fail": (Status.FAIL, 0.0),
        "not-applicable": (Status.NOT_APPLICABLE, None),
        "n/a": (Status.NOT_APPLICABLE, None),
        "cannot-assess": (Status.CANNOT_ASSESS, None),
    }
    return plain[word] if word in plain else _percentage(word)


def _percentage(word: str) -> tuple[Status, float | None] | None:
    found = re.fullmatch(r"([0-9]{1,9}(?:[.,][0-9]{1,9})?)-?%", word)  # a blank before the sign came as a hyphen
    if found is None:
        return None
    share = float(found[1].replace(",", ".")) / 100
    if share > 1:
        raise ReviewError(f"{word} is more than all of the points; a share goes from 0% to 100%")
    return {0.0: Status.FAIL, 1.0: Status.PASS}.get(share, Status.PARTIAL), share


def make_review(
    score: CallScore,
    result: CriterionResult,
    *,
    status: Status,
    share: float | None,
    reviewer: str,
    reason: str,
    now: datetime,
    answer: str | None = None,
    session_id: str | None = None,
) -> Review:
    """Return a person's answer to a question of a score, with what the machine had answered beside it.

    Args:
        score: What the reviewer looked at.
        result: Its answer to the question.
        status: The answer.
        share: Share of the points 0..1; None with ``not_applicable`` and ``cannot_assess``.
        reviewer: Who answers.
        reason: Why.
        now: When.
        answer: In the words of the question's form.
        session_id: The blind calibration session that it belongs to.

    Raises:
        ReviewError: Name or reason cannot be kept.
    """
    name, why = checked_name(reviewer), checked_reason(reason)
    counted = status not in (Status.NOT_APPLICABLE, Status.CANNOT_ASSESS)
    if counted != (share is not None):
        raise ReviewError(f"an answer of {status.value} {'needs a share' if counted else 'has no share'}")
    machine = result.machine_status
    confidence = result.confidence if result.raw_confidence is None else result.raw_confidence
    review_id = made_id(
        "r-",
        score=score.score_id,
        criterion=result.criterion_id,
        answer=[status.value, share, answer],
        by=name,
        reason=why,
        session=session_id,
        at=now.isoformat(),
    )
    return Review(
        review_id=review_id,
        call_id=score.call_id,
        score_id=score.score_id,
        criterion_id=result.criterion_id,
        asked=result.asked,
        status=status,
        share=share,
        answer=answer,
        reviewer=name,
        reason=why,
        made_at=now,
        machine_status=machine,
        machine_confidence=None if machine is None else confidence,
        session_id=session_id,
    )


def confirmed(
    score: CallScore, result: CriterionResult, *, reviewer: str, now: datetime, reason: str = AGREES
) -> Review:
    """Return the machine's answer as a person's own: what it leaned to, where it withheld its answer.

    Raises:
        ReviewError: There is no answer to agree with.
    """
    status = result.machine_status
    if status is None:
        raise ReviewError(
            f"{result.criterion_id}: there is no answer of the machine's to agree with; give one with "
            f"`earmark reviews answer {score.call_id} {result.criterion_id} ANSWER`"
        )
    return make_review(
        score,
        result,
        status=status,
        share=result.machine_share,
        answer=result.machine_answer,
        reviewer=reviewer,
        reason=reason,
        now=now,
    )


def latest_answers(reviews: Iterable[Review]) -> dict[Question, Review]:
    """Return by question the ordinary review that counts."""
    ordinary = (review for review in reviews if review.session_id is None)
    return latest_reviews(ordinary, lambda review: (review.criterion_id, review.asked))


def same_answer(first: CriterionResult, second: CriterionResult) -> bool:
    """Tell whether two results of a question give the same answer and points."""
    return (first.status, first.points_earned) == (second.status, second.points_earned)
