"""Pairs: what the machine answered to a question about a call, beside what a person answered."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from pipeline.records import SHARES, CriterionResult, Review, Status, latest_reviews

Key = tuple[str, str, str]
"""Call, criterion, and fingerprint of the question."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerPair:
    """Two answers to one question about one call.

    Attributes:
        asked: Fingerprint of the question as the machine was asked it.
        machine: Its answer; where it withheld that, what it leaned to; None where it had none.
        machine_confidence: How sure it was before calibration, 0..1; None where unknown.
        human: The person's answer.
        human_share: The person's share of the points 0..1; None where the answer has none.
        machine_share: The machine's.
        withheld: The machine was not sure enough to give its answer.
        reviewed_at: When the person answered.
        changed: The person was asked an earlier version of the question.
    """

    call_id: str
    criterion_id: str
    asked: str
    machine: Status | None
    machine_confidence: float | None
    human: Status
    human_share: float | None = None
    machine_share: float | None = None
    withheld: bool = False
    reviewed_at: datetime | None = None
    changed: bool = False

    @property
    def comparable(self) -> bool:
        """True where both answered: a person who could not tell either says nothing about the machine."""
        return self.machine is not None and self.human is not Status.CANNOT_ASSESS

    @property
    def given(self) -> bool:
        """True where both answered and the machine did not withhold its answer."""
        return self.comparable and not self.withheld

    @property
    def agree(self) -> bool:
        """True where both say the same: not applicable, or the same share of the points."""
        return self.comparable and self.answers[0] == self.answers[1]

    @property
    def answers(self) -> tuple[str, str]:
        """The machine's answer and the person's as categories, which sort as their shares do."""
        return category(self.machine, self.machine_share), category(self.human, self.human_share)

    @property
    def shares(self) -> tuple[float, float] | None:
        """Both shares 0..1, or None where an answer has none."""
        machine, human = _share(self.machine, self.machine_share), _share(self.human, self.human_share)
        return None if machine is None or human is None else (machine, human)


def category(status: Status | None, share: float | None = None) -> str:
    """Return an answer as a category: ``0.0000`` to ``1.0000`` for a share, ``not_applicable``, ``cannot_assess``.

    An answer is what it earns: two options of a choice that earn the same are the same answer.
    """
    earned = _share(status, share)
    return f"{earned:.4f}" if earned is not None else str(status or Status.CANNOT_ASSESS)


def pairs_of(
    results: Mapping[Key, CriterionResult],
    reviews: Iterable[Review],
    *,
    manual: Collection[str] = (),
    earlier: Iterable[Review] = (),
) -> tuple[AnswerPair, ...]:
    """Put the machine's results beside people's answers to the same questions.

    Args:
        results: By call, criterion and question.
        reviews: Those that count, in any order; of several to the same question the latest does.
        manual: Ids of criteria that only people answer: they give no pairs.
        earlier: Reviews of earlier versions of the questions, matched by call and criterion alone where nobody answered
            the question as it is now; their pairs are marked as ``changed``. The caller sees to it that they are of the
            same rubric.

    Returns:
        One pair for each reviewed result, ordered by call, criterion and question.
    """
    exact = latest_reviews(reviews, lambda review: (review.call_id, review.criterion_id, review.asked))
    by_criterion = latest_reviews(earlier, lambda review: (review.call_id, review.criterion_id))
    pairs = []
    for key in sorted(results):
        review = exact.get(key) or by_criterion.get(key[:2])
        if review is not None and key[1] not in manual:
            pairs.append(_pair(key, results[key], review))
    return tuple(pairs)


def _pair(key: Key, result: CriterionResult, review: Review) -> AnswerPair:
    withheld = result.status is Status.CANNOT_ASSESS and result.leaning is not None
    raw = result.raw_confidence if result.raw_confidence is not None else result.confidence
    return AnswerPair(
        call_id=key[0],
        criterion_id=key[1],
        asked=key[2],
        machine=result.machine_status,
        machine_confidence=raw,
        human=review.status,
        human_share=review.share,
        machine_share=result.machine_share,
        withheld=withheld,
        reviewed_at=review.made_at,
        changed=review.asked != key[2],
    )


def _share(status: Status | None, share: float | None) -> float | None:
    if status is None or status not in SHARES:
        return None
    return SHARES[status] if share is None else share
