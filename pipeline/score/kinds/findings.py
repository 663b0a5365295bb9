"""What the kinds that rest on findings share: the answer with its evidence, and how sure it is."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.records import Evidence, Finding, FindingKind, Status
from pipeline.score.answer import Answer


def answer_from(findings: Sequence[Finding], status: Status, confidence: float | None) -> Answer:
    """Carry the evidence of the findings that decided; of an absence, the window searched and the nearest miss."""
    evidence = tuple(sorted((e for finding in findings for e in finding.evidence), key=place))
    misses = [finding.nearest_miss for finding in findings if finding.nearest_miss is not None]
    return Answer(
        status=status,
        share={Status.PASS: 1.0, Status.FAIL: 0.0}.get(status),
        reason=_reason(findings),
        confidence=confidence,
        evidence=evidence,
        searched=next((finding.searched for finding in findings if finding.searched is not None), None),
        nearest_miss=max(misses, key=lambda miss: miss.similarity, default=None),
    )


def place(evidence: Evidence) -> tuple[int, int]:
    """Return where a quote stands among others, for sorting."""
    return evidence.start_ms, evidence.turn_index


def confidence_of(finding: Finding) -> float | None:
    """Return how well the surest hit was recognised, or for an absence how well the words of the window were."""
    if finding.kind is FindingKind.ABSENT:
        return finding.searched_confidence
    return max((e.confidence for e in finding.evidence if e.confidence is not None), default=None)


def weakest(confidences: Sequence[float | None]) -> float | None:
    """Return the confidence of what had to hold together: the least, or None where one of them has none."""
    return None if None in confidences else min((value for value in confidences if value is not None), default=None)


def surest(confidences: Sequence[float | None]) -> float | None:
    """Return the confidence where one of several decides: the highest that is known."""
    return max((value for value in confidences if value is not None), default=None)


def _reason(findings: Sequence[Finding]) -> str:
    if len(findings) == 1:
        return findings[0].reason
    return "; ".join(f"{finding.title}: {finding.reason.rstrip('.')}" for finding in findings) + "."
