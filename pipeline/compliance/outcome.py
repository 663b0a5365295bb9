"""What all rules look at in a call, and what becomes of one condition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.compliance.matching import Candidate
from pipeline.compliance.speech import Stretch, quotes
from pipeline.compliance.window import Anchor, Searched
from pipeline.config import ComplianceSettings
from pipeline.records import (
    CallSentiment,
    Evidence,
    FindingKind,
    Measures,
    NearestMiss,
    Recording,
    Role,
    Span,
    Transcript,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """What all rules look at.

    Attributes:
        candidates: By saying, everything that could count.
        reads_meaning: False where the sentence encoder is missing.
        sentiment: None where nobody has read it; conditions on it cannot be assessed then.
        measures: None where nobody has measured.
    """

    transcript: Transcript
    recording: Recording
    stretches: tuple[Stretch, ...]
    candidates: Mapping[str, Sequence[Candidate]]
    reads_meaning: bool
    settings: ComplianceSettings
    sentiment: CallSentiment | None = None
    measures: Measures | None = None

    def evidence(self, candidate: Candidate) -> tuple[Evidence, ...]:
        """Return the quotes of a hit, one per turn."""
        units = self.stretches[candidate.stretch].units[candidate.start : candidate.end]
        found = quotes(self.transcript, units)
        if not candidate.like:
            return found
        sure = candidate.similarity
        return tuple(
            replace(quote, confidence=min(sure, quote.confidence or sure), meaning_similarity=sure) for quote in found
        )

    def span(self, candidate: Candidate) -> Span:
        """Return from its first word's beginning to its last word's end."""
        evidence = self.evidence(candidate)
        return Span(start_ms=evidence[0].start_ms, end_ms=max(quote.end_ms for quote in evidence))

    def role(self, candidate: Candidate) -> Role:
        """Return who says it."""
        return self.stretches[candidate.stretch].role


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """Where something that was looked for is.

    Attributes:
        evidence: Its quotes; none where it has no words.
        probable: True where only its meaning is near.
        told: False where it is one of many, and others are more telling.
    """

    span: Span
    evidence: tuple[Evidence, ...] = ()
    probable: bool = False
    told: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of a condition.

    Attributes:
        kind: None where there is nothing to judge: the window begins after something that was never said.
        reason: One clause without a full stop.
        hits: In order of time.
        guesses: Further places in which it was probably said, where others were surely so.
        unattributed: Places in which it was said by nobody knows whom.
        searched: Where nothing was found, what was searched.
    """

    kind: FindingKind | None
    reason: str = ""
    hits: tuple[Hit, ...] = ()
    guesses: tuple[Hit, ...] = ()
    unattributed: tuple[Hit, ...] = ()
    searched: Searched | None = None
    searched_confidence: float | None = None
    nearest_miss: NearestMiss | None = None
    calls: tuple[str, ...] = ()

    @property
    def probable(self) -> bool:
        """True where it rests on nearness of meaning: no guess is among the hits that could do without."""
        return any(hit.probable for hit in self.hits)

    @property
    def anchor(self) -> Anchor:
        """What the windows of other rules need of it."""
        hits = self.hits if self.kind is FindingKind.PRESENT else ()
        doubtful = (*(hit for hit in hits if hit.probable), *self.guesses, *self.unattributed)
        return Anchor(
            kind=self.kind,
            hits=tuple(hit.span for hit in hits if not hit.probable),
            doubtful=tuple(hit.span for hit in doubtful),
        )


NOTHING_TO_JUDGE = Outcome(kind=None)


def unknown(reason: str, **more: object) -> Outcome:
    """Return that it cannot be told, and why."""
    return replace(Outcome(kind=FindingKind.CANNOT_ASSESS, reason=reason), **more)  # type: ignore[arg-type]


def guess_as_miss(outcome: Outcome) -> NearestMiss | None:
    """Return what was probably said as the nearest miss of something that it must not decide."""
    guesses = [quote for hit in outcome.hits if hit.probable for quote in hit.evidence]
    if not guesses:
        return None
    best = max(guesses, key=lambda quote: (quote.meaning_similarity or 0.0, len(quote.quote)))
    return NearestMiss(evidence=best, similarity=best.meaning_similarity or 0.0, reason="probably said, by meaning")
