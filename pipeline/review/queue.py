"""The review queue: which calls wait for a person, why, and in which order. Derived; nothing is ever ticked off."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from pipeline.records import QueueClosing, QueuedCall, QueueKind, QueueReason, Review, Severity
from pipeline.review.wording import same_name

_SEVERITIES = {Severity.CRITICAL: 0, Severity.MAJOR: 1, Severity.MINOR: 2}
_LAST = datetime.max.replace(tzinfo=UTC)


def open_queue(
    calls: Iterable[QueuedCall],
    reviews: Iterable[Review],
    closings: Iterable[QueueClosing],
    *,
    reviewer: str | None = None,
    kinds: Sequence[QueueKind] = (),
) -> list[QueuedCall]:
    """Return the calls that wait for a person: the gravest first, then by their time, unknown last.

    Flags come first, by severity, then questions that nobody has answered, critical ones before others, then samples.

    Args:
        calls: Calls with every reason that there ever was.
        reviews: What people answered; those of blind sessions settle nothing.
        closings: What was taken off the queue.
        reviewer: Only what is this person's or anybody's; None leaves all.
        kinds: Only these kinds of reason; empty leaves all.
    """
    made: dict[str, list[Review]] = defaultdict(list)
    for review in reviews:
        if review.session_id is None:
            made[review.call_id].append(review)
    closed: dict[str, datetime] = {}
    for closing in closings:
        closed[closing.call_id] = max(closing.closed_at, closed.get(closing.call_id, closing.closed_at))
    waiting = []
    for call in calls:
        open_reasons = [
            reason
            for reason in call.reasons
            if not settled(reason, made[call.call_id], closed.get(call.call_id), among=call.reasons)
            and (reviewer is None or reason.reviewer is None or same_name(reason.reviewer, reviewer))
            and (not kinds or reason.kind in kinds)
        ]
        if open_reasons:
            waiting.append(replace(call, reasons=tuple(sorted(open_reasons, key=_weight))))
    return sorted(waiting, key=_place)


def settled(
    reason: QueueReason, reviews: Sequence[Review], closed_at: datetime | None, *, among: Sequence[QueueReason] = ()
) -> bool:
    """Tell whether a reason is done: its question was answered, or the call reviewed or taken off since.

    A flag without a question is done, too, where people have answered every question for which the call waited: a new
    score that raises it again tells them nothing new. What was opened again is settled only by what comes after that.

    Args:
        reason: Why the call waits.
        reviews: Ordinary ones of the call.
        closed_at: When it was taken off last.
        among: All of the call's reasons.
    """
    if closed_at is not None and closed_at >= reason.since:
        return True
    if reason.asked:
        return _answered(reason, reviews)
    if any(review.made_at >= reason.since for review in reviews):
        return True
    if reason.kind is not QueueKind.FLAGGED or reason.reopened:
        return False
    questions = [each for each in among if each.criterion_id is not None]
    return bool(questions) and all(each.asked and _answered(each, reviews) for each in questions)


def place_of(call: QueuedCall) -> int:
    """Return how grave the first reason of a waiting call is: lower comes first, flags before 3, samples from 6 on."""
    kind, grade, _ = _weight(call.reasons[0])
    return 3 * kind + grade


def _answered(reason: QueueReason, reviews: Sequence[Review]) -> bool:
    question = (reason.criterion_id, reason.asked)
    return any(
        (review.criterion_id, review.asked) == question and (not reason.reopened or review.made_at >= reason.since)
        for review in reviews
    )


def _weight(reason: QueueReason) -> tuple[int, int, str]:
    if reason.kind is QueueKind.FLAGGED:
        return 0, _SEVERITIES.get(reason.severity or Severity.MINOR, 2), reason.subject
    if reason.kind is QueueKind.UNANSWERED:
        return 1, 0 if reason.critical else 1, reason.subject
    return 2, 0, reason.subject


def _place(call: QueuedCall) -> tuple[int, int, datetime, str]:
    kind, grade, _ = _weight(call.reasons[0])
    return kind, grade, call.started_at or _LAST, call.call_id
