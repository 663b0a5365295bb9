"""What a criterion's test answers, before points are given for it."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.records import Evidence, NearestMiss, Span, Status


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """The answer of one test.

    Attributes:
        status: One of five; ``not_applicable`` and ``cannot_assess`` have no share.
        share: Share of the points, 0..1; None where there is none.
        reason: One plain sentence, without words of the call.
        confidence: How sure the answer is, 0..1, from what it rests on; None where that cannot be computed.
        words: What was answered in the words of the question's form; None where it has none.
    """

    status: Status
    share: float | None
    reason: str
    confidence: float | None = None
    evidence: tuple[Evidence, ...] = ()
    searched: Span | None = None
    nearest_miss: NearestMiss | None = None
    words: str | None = None


def status_of(share: float) -> Status:
    """Return the status of a share of the points: all is a pass, none a fail, anything between is partial."""
    if share >= 1:
        return Status.PASS
    return Status.FAIL if share <= 0 else Status.PARTIAL


def unknown(reason: str) -> Answer:
    """Return the answer of what cannot be assessed."""
    return Answer(status=Status.CANNOT_ASSESS, share=None, reason=reason)


def not_applicable(reason: str) -> Answer:
    """Return the answer of what does not apply."""
    return Answer(status=Status.NOT_APPLICABLE, share=None, reason=reason)
