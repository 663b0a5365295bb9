"""Who is heard when, from the times of the words: a turn's bounds may hold pauses, its words do not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.records import Role, Span, Transcript
from pipeline.text import tokens

# A speaker who pauses for up to this long is still speaking: breath and hesitation between clauses last half a second
# and more, far longer than the 250 ms of articulation pauses (Goldman-Eisler). Who comes in there interrupts.
PAUSE_IN_SPEECH_MS = 800


@dataclass(frozen=True, kw_only=True, slots=True)
class SpokenWord:
    """When a word was said and by whom. ``masked``: personal data stood here, so that it is no one word any more."""

    role: Role
    channel: int
    turn_index: int
    start_ms: int
    end_ms: int
    folded: tuple[str, ...]
    masked: bool = False


def spoken_words(transcript: Transcript) -> tuple[SpokenWord, ...]:
    """Return every word in order of its start, cut to the recording's length; a word without length is kept."""
    redacted: dict[int, list[Span]] = {}
    for redaction in transcript.redactions:
        redacted.setdefault(redaction.turn_index, []).append(Span(start_ms=redaction.start_ms, end_ms=redaction.end_ms))
    spoken = []
    for turn in transcript.turns:
        for word in turn.words:
            start_ms = min(max(0, word.start_ms), transcript.duration_ms)
            end_ms = min(max(start_ms, word.end_ms), transcript.duration_ms)
            spoken.append(
                SpokenWord(
                    role=turn.role,
                    channel=turn.channel,
                    turn_index=turn.index,
                    start_ms=start_ms,
                    end_ms=end_ms,
                    folded=tuple(token.folded for token in tokens(word.text)),
                    masked=any(
                        word.start_ms < span.end_ms and span.start_ms < word.end_ms
                        for span in redacted.get(turn.index, ())
                    ),
                )
            )
    return tuple(sorted(spoken, key=lambda word: (word.start_ms, word.end_ms)))


def joined(spans: Iterable[Span | SpokenWord], pause_ms: int = 0) -> tuple[Span, ...]:
    """Return the stretches that the spans cover, in order; spans at most ``pause_ms`` apart are one stretch."""
    stretches: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start_ms, span.end_ms)):
        if stretches and span.start_ms - stretches[-1].end_ms <= pause_ms:
            last = stretches.pop()
            stretches.append(Span(start_ms=last.start_ms, end_ms=max(last.end_ms, span.end_ms)))
        else:
            stretches.append(Span(start_ms=span.start_ms, end_ms=span.end_ms))
    return tuple(stretches)


def stretches_of(words: Sequence[SpokenWord], role: Role) -> tuple[Span, ...]:
    """Return the stretches in which a role speaks."""
    return joined((word for word in words if word.role is role), PAUSE_IN_SPEECH_MS)


def total_ms(spans: Iterable[Span]) -> int:
    """Return the summed length of spans."""
    return sum(span.length_ms for span in spans)


def overlap(one: Span, other: Span) -> Span | None:
    """Return what two spans have in common, or None."""
    start_ms, end_ms = max(one.start_ms, other.start_ms), min(one.end_ms, other.end_ms)
    return Span(start_ms=start_ms, end_ms=end_ms) if start_ms < end_ms else None
