"""How much a review of a call would teach: where machine and people disagree, and where the machine is in doubt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from pipeline.records import Review, Status

NEAR = 0.25
DEFAULT_THRESHOLD = 0.5


class Told(Protocol):
    """What is looked at of an answer; a CriterionResult is one."""

    @property
    def asked(self) -> str:
        """Fingerprint of the question."""

    @property
    def status(self) -> Status:
        """The answer."""

    @property
    def confidence(self) -> float | None:
        """How sure the machine is, 0..1."""

    @property
    def leaning(self) -> Status | None:
        """What it would have answered, where that was withheld."""


def disagreement(reviews: Iterable[Review]) -> dict[str, float]:
    """Return by question (``asked``) how often people answered otherwise than the machine.

    (differing + 1) / (reviewed + 2), Laplace's rule of succession: a question that nobody reviewed stands at 1/2, one
    that was confirmed 8 times out of 8 at 1/10. Blind answers count too: they say as much about the machine.
    """
    seen: Counter[str] = Counter()
    differing: Counter[str] = Counter()
    for review in reviews:
        if review.machine_status is None or review.status is Status.CANNOT_ASSESS:
            continue
        seen[review.asked] += 1
        differing[review.asked] += review.status is not review.machine_status
    return {asked: (differing[asked] + 1) / (count + 2) for asked, count in seen.items()}


def weight(results: Sequence[Told], disagreements: Mapping[str, float], thresholds: Mapping[str, float]) -> float:
    """Return how much a review of these answers would teach, 0..1: that of the question that would teach most.

    Of one question: its disagreement times (1 + nearness) / 2, where nearness falls from 1 at the threshold of
    confidence to 0 at a distance of 0.25; a withheld answer is at it, one without a confidence is half near.

    Args:
        results: The answers of a call's score.
        disagreements: By question, what `disagreement` says; others stand at 1/2.
        thresholds: By question, the confidence below which answers are withheld; others stand at 0.5.
    """
    told = [_teaches(result, disagreements, thresholds) for result in results if result.status is not _NOT_ASKED]
    return max(told, default=_LEAST)


_NOT_ASKED = Status.NOT_APPLICABLE
_LEAST = 0.01  # no call is beyond being drawn


def _teaches(result: Told, disagreements: Mapping[str, float], thresholds: Mapping[str, float]) -> float:
    if result.status is Status.CANNOT_ASSESS and result.leaning is None:
        return _LEAST  # a review of it tells nothing about the machine
    if result.leaning is not None:
        nearness = 1.0
    elif result.confidence is None:
        nearness = 0.5
    else:
        distance = abs(result.confidence - thresholds.get(result.asked, DEFAULT_THRESHOLD))
        nearness = max(0.0, 1 - distance / NEAR)
    return max(_LEAST, disagreements.get(result.asked, 0.5) * (1 + nearness) / 2)
