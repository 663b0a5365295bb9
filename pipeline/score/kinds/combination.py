"""Criteria answered by several tests together: the worst, the best or the mean of those that apply."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pipeline.records import CombinationTest, Status
from pipeline.score.answer import Answer, not_applicable, status_of
from pipeline.score.kinds.findings import place, surest, weakest

_ORDER = {"all": min, "any": max}


def combine(test: CombinationTest, answers: Sequence[Answer]) -> Answer:
    """Put the answers of a combination's tests together; what does not apply drops out.

    ``all`` gives the worst share, so one sure fail decides whatever else is unknown; ``any`` the best, so one sure pass
    does; ``average`` the mean, for which all must be known. Confidence is that of the least sure where all had to hold
    together, and of the surest of those that decide where one is enough.
    """
    applying = [answer for answer in answers if answer.status is not Status.NOT_APPLICABLE]
    if not applying:
        return not_applicable(_reason(answers))
    known = [(answer, answer.share) for answer in applying if answer.share is not None]
    open_ = [answer for answer in applying if answer.share is None]
    if test.require == "average":
        if open_:
            return _from(open_, None, None)
        share = round(math.fsum(share for _, share in known) / len(known), 12)
        return _from(applying, share, weakest([answer.confidence for answer in applying]))
    decisive = 0.0 if test.require == "all" else 1.0
    deciding = [answer for answer, share in known if share == decisive]
    if deciding:
        return _from(deciding, decisive, surest([answer.confidence for answer in deciding]))
    if open_:
        return _from(open_, None, None)
    share = _ORDER[test.require](share for _, share in known)
    return _from(applying, share, weakest([answer.confidence for answer in applying]))


def _from(answers: Sequence[Answer], share: float | None, confidence: float | None) -> Answer:
    """Carry what the answers that decided rest on."""
    quotes = dict.fromkeys(quote for answer in answers for quote in answer.evidence)
    misses = [answer.nearest_miss for answer in answers if answer.nearest_miss is not None]
    return Answer(
        status=Status.CANNOT_ASSESS if share is None else status_of(share),
        share=share,
        reason=_reason(answers),
        confidence=confidence,
        evidence=tuple(sorted(quotes, key=place)),
        searched=next((answer.searched for answer in answers if answer.searched is not None), None),
        nearest_miss=max(misses, key=lambda miss: miss.similarity, default=None),
    )


def _reason(answers: Sequence[Answer]) -> str:
    reasons = dict.fromkeys(answer.reason.rstrip(".") for answer in answers)
    return "; ".join(reasons) + "."
