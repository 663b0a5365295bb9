"""In which part of a call something has to happen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.clock import clock
from pipeline.records import FindingKind, Span


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """The part of the call in which words count. What is given narrows; nothing given is the whole call.

    Attributes:
        within_first_s: Seconds from the start of the recording.
        within_last_s: Seconds before its end.
        from_share: Share 0..1 of the recording at which the window begins.
        to_share: Share 0..1 at which it ends.
        before: Id of a rule; the window ends where that rule's first hit begins.
        after: Id of a rule; the window begins where that rule's first hit ends.
        around: Id of a rule; the window is ``within_s`` seconds on both sides of each of that rule's hits.
        within_s: At most this many seconds from the anchor (``before``, ``after`` or ``around``).
    """

    within_first_s: float | None = None
    within_last_s: float | None = None
    from_share: float | None = None
    to_share: float | None = None
    before: str | None = None
    after: str | None = None
    around: str | None = None
    within_s: float | None = None

    def anchors(self) -> tuple[str, ...]:
        """Return the ids of the rules that this window hangs on."""
        return tuple(anchor for anchor in (self.before, self.after, self.around) if anchor)


WHOLE_CALL = Window()


@dataclass(frozen=True, kw_only=True, slots=True)
class Anchor:
    """What became of a rule that another one hangs on.

    Attributes:
        kind: Its outcome, or None where it did not apply to this call.
        hits: Where it was said, in order of time; none where it was not.
        doubtful: Where it was only probably said, or by an unknown speaker.
    """

    kind: FindingKind | None
    hits: tuple[Span, ...] = ()
    doubtful: tuple[Span, ...] = ()

    def with_doubtful(self) -> Anchor:
        """Return the anchor as if all that is doubtful were so."""
        every = sorted((*self.hits, *self.doubtful), key=lambda span: (span.start_ms, span.end_ms))
        return replace(self, kind=FindingKind.PRESENT if every else self.kind, hits=tuple(every), doubtful=())


@dataclass(frozen=True, kw_only=True, slots=True)
class Unknown:
    """Why something cannot be told: one plain clause."""

    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Searched:
    """The spans of a call that a window leaves, in order and apart; more than one only around several hits."""

    spans: tuple[Span, ...]

    @property
    def hull(self) -> Span:
        """From the first beginning to the last end."""
        return Span(start_ms=self.spans[0].start_ms, end_ms=self.spans[-1].end_ms)

    @property
    def length_ms(self) -> int:
        """Length of all spans together."""
        return sum(span.length_ms for span in self.spans)

    @property
    def in_words(self) -> str:
        """The spans as a person reads them: ``0:00-0:30``."""
        return " and ".join(f"{clock(span.start_ms)}-{clock(span.end_ms)}" for span in self.spans)

    def holds(self, span: Span) -> bool:
        """Tell whether all of it lies in one of the spans: a word at 0:40 does not pass "the first 30 s"."""
        return any(own.start_ms <= span.start_ms and span.end_ms <= own.end_ms for own in self.spans)

    def touches(self, start_ms: int, end_ms: int) -> bool:
        """Tell whether some of a stretch lies in one of the spans."""
        return any(start_ms < own.end_ms and own.start_ms < end_ms for own in self.spans)


def resolve(window: Window, duration_ms: int, anchors: Mapping[str, Anchor]) -> Searched | Unknown | None:
    """Return what to search.

    Returns:
        The spans (one, and empty, where the conditions leave no time); `Unknown` where an anchor could not be assessed;
        None where the window begins after, or lies around, something that was never said: then there is nothing to
        judge. A window *before* something that was never said is the whole call: what must come first is asked for all
        the same.
    """
    start, end = 0, duration_ms
    if window.within_first_s is not None:
        end = min(end, round(window.within_first_s * 1000))
    if window.within_last_s is not None:
        start = max(start, duration_ms - round(window.within_last_s * 1000))
    if window.from_share is not None:
        start = max(start, round(window.from_share * duration_ms))
    if window.to_share is not None:
        end = min(end, round(window.to_share * duration_ms))
    reach_ms = None if window.within_s is None else round(window.within_s * 1000)
    for anchor_id in window.anchors():
        if anchors[anchor_id].kind is FindingKind.CANNOT_ASSESS:
            return Unknown(reason=f"the window hangs on {anchor_id}, which could not be assessed")
    if window.after:
        if not anchors[window.after].hits:
            return None
        first = anchors[window.after].hits[0]
        start = max(start, first.end_ms)
        end = end if reach_ms is None else min(end, first.end_ms + reach_ms)
    if window.before and anchors[window.before].hits:
        first = anchors[window.before].hits[0]
        end = min(end, first.start_ms)
        start = start if reach_ms is None else max(start, first.start_ms - reach_ms)
    if not window.around:
        return Searched(spans=(Span(start_ms=start, end_ms=max(start, end)),))
    if not anchors[window.around].hits:
        return None
    return Searched(spans=_around(anchors[window.around].hits, reach_ms or 0, start, max(start, end)))


def _around(hits: Sequence[Span], reach_ms: int, start_ms: int, end_ms: int) -> tuple[Span, ...]:
    """Return the parts of a stretch that lie near a hit, those that touch made one."""
    spans: list[Span] = []
    for hit in sorted(hits, key=lambda hit: hit.start_ms):
        first, last = max(start_ms, hit.start_ms - reach_ms), min(end_ms, hit.end_ms + reach_ms)
        if spans and first <= spans[-1].end_ms:
            spans[-1] = Span(start_ms=spans[-1].start_ms, end_ms=max(last, spans[-1].end_ms))
        elif first < last:
            spans.append(Span(start_ms=first, end_ms=last))
    return tuple(spans) or (Span(start_ms=start_ms, end_ms=start_ms),)
