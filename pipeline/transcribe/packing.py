"""Speech of one channel packed into windows of up to 30 s, and the way back to the recording's time.

Whisper's encoder always works on 30 s. A channel of a call is silent half of the time, so speech that is pushed
together needs half the windows, and no window is silence, on which Whisper invents words. Cuts lie in silence wherever
there is any.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.records import Span, Word
from pipeline.sound import SAMPLES_PER_MS

WINDOW_MS = 28_000
SEAM_MS = 200
# Whisper's encoder was trained on 30 s, but computes any shorter length, and attention makes a long one dear: 15 s cost
# a third of 30 s. It needs some silence after the last word, and below 10 s it says things twice. Few different
# lengths make batches.
SILENCE_AFTER_MS = 2000
ENCODED_STEP_MS = 2500
SHORTEST_ENCODED_MS, LONGEST_ENCODED_MS = 10_000, 30_000


def encoded_ms(length_ms: int) -> int:
    """Return at which length a window of so much sound is encoded: with some silence, rounded up, 30 s at most."""
    steps = -(-(length_ms + SILENCE_AFTER_MS) // ENCODED_STEP_MS)
    return min(LONGEST_ENCODED_MS, max(SHORTEST_ENCODED_MS, steps * ENCODED_STEP_MS))


@dataclass(frozen=True, kw_only=True, slots=True)
class HeardWord:
    """A word at its time inside a window, as the recogniser gave it."""

    text: str
    start_s: float
    end_s: float
    probability: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """A stretch of the recording and where it begins inside its window."""

    source: Span
    at_ms: int

    @property
    def until_ms(self) -> int:
        """Where it ends inside its window."""
        return self.at_ms + self.source.length_ms


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """Pieces of one channel, one after the other without gaps, in order of time."""

    channel: int
    pieces: tuple[Piece, ...]

    @property
    def length_ms(self) -> int:
        """Length of the collapsed audio."""
        return self.pieces[-1].until_ms

    def audio(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Collapse the channel's ``[n]`` samples at 16 kHz to this window's."""
        return np.concatenate(
            [
                samples[piece.source.start_ms * SAMPLES_PER_MS : piece.source.end_ms * SAMPLES_PER_MS]
                for piece in self.pieces
            ]
        )

    def piece_of(self, word: HeardWord) -> Piece:
        """Return the piece in which a word was said.

        It is the one that holds the word's middle, unless the word begins in the last `SEAM_MS` of a piece: that is
        padding in which nobody speaks, and aligned times of a phrase's first word tend to be early, never late.
        """
        begins = [piece.at_ms for piece in self.pieces]
        latest_ms = max((word.start_s + word.end_s) * 500, word.start_s * 1000 + SEAM_MS)
        return self.pieces[max(0, bisect_right(begins, latest_ms) - 1)]


def pack(spans: Sequence[Span], *, channel: int, window_ms: int = WINDOW_MS) -> tuple[Window, ...]:
    """Pack stretches of speech into as few windows as their order allows.

    Args:
        spans: In order, not touching: what `find_speech` gives.
        channel: The channel they are from.
        window_ms: Longest window. Speech without a pause that is longer than this is cut into equal parts.
    """
    pieces = list(_no_longer_than(spans, window_ms))
    windows: list[list[Piece]] = []
    for group in _shared_out(pieces, window_ms):
        windows.append([])
        at_ms = 0
        for span in group:
            windows[-1].append(Piece(source=span, at_ms=at_ms))
            at_ms += span.length_ms
    return tuple(Window(channel=channel, pieces=tuple(pieces)) for pieces in windows)


def _shared_out(pieces: Sequence[Span], window_ms: int) -> list[list[Span]]:
    """Group pieces in order into as few windows as fit, each about equally full.

    Two half-full windows are cheaper to encode than a full one and a rest, and a rest of two seconds tells a recogniser
    too little.
    """
    groups = _filled(pieces, window_ms)
    fewest = len(groups)
    while fewest > 1:
        closer_ms = max(sum(span.length_ms for span in group) for group in groups) - 1
        closer = _filled(pieces, closer_ms)
        if len(closer) > fewest or any(span.length_ms > closer_ms for span in pieces):
            break
        groups = closer
    return groups


def _filled(pieces: Sequence[Span], limit_ms: int) -> list[list[Span]]:
    groups: list[list[Span]] = []
    filled_ms = limit_ms
    for span in pieces:
        if filled_ms + span.length_ms > limit_ms:
            groups.append([])
            filled_ms = 0
        groups[-1].append(span)
        filled_ms += span.length_ms
    return groups


def _no_longer_than(spans: Iterable[Span], longest_ms: int) -> Iterable[Span]:
    for span in spans:
        parts = -(-span.length_ms // longest_ms)
        edges = [span.start_ms + span.length_ms * part // parts for part in range(parts + 1)]
        for start_ms, end_ms in pairwise(edges):
            yield Span(start_ms=start_ms, end_ms=end_ms)


def unpack(heard: Sequence[HeardWord], window: Window) -> tuple[Word, ...]:
    """Put the words of one window back where they were said.

    A word is cut to its piece, or one at a seam would last through the silence that was taken out. Starts never go
    back.
    """
    words: list[Word] = []
    earliest_ms = 0
    for word in heard:
        piece = window.piece_of(word)
        shift_ms = piece.source.start_ms - piece.at_ms
        start_ms = max(round(word.start_s * 1000) + shift_ms, piece.source.start_ms, earliest_ms)
        start_ms = min(start_ms, piece.source.end_ms - 1)
        end_ms = min(max(round(word.end_s * 1000) + shift_ms, start_ms + 1), piece.source.end_ms)
        words.append(Word(text=word.text, start_ms=start_ms, end_ms=end_ms, confidence=word.probability))
        earliest_ms = start_ms
    return tuple(words)
