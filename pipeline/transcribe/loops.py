"""Words that a recogniser repeats without end, told from what a person says several times.

People do say "no no no no", "bye bye bye" and "zero zero zero zero". But each time takes them time, and few sentences
are said more than three times over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from pipeline.records import Word
from pipeline.text import tokens

MOST_WORDS = 8
"""Longest phrase that is looked for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Loop:
    """The words ``[start, end)`` say the first ``words_each`` of them again and again."""

    start: int
    end: int
    words_each: int

    @property
    def said_once_until(self) -> int:
        """Where the first saying ends."""
        return self.start + self.words_each


@dataclass(frozen=True, kw_only=True, slots=True)
class LoopLimits:
    """How often is too often.

    Attributes:
        most_times: Times that a phrase of 1, 2, 3 ... words may be said on end; the last one holds for longer ones.
        most_digits: Times that a number may be said on end: account and card numbers hold such rows.
        least_word_ms: Words said in less are squeezed; then three times are too often.
    """

    most_times: tuple[int, ...] = (6, 5, 4, 4, 3)
    most_digits: int = 10
    least_word_ms: int = 50


def find_loops(words: Sequence[Word], limits: LoopLimits) -> Iterator[Loop]:
    """Yield the loops among words that follow one another, in order, never overlapping.

    The shortest phrase counts: "no no no no" is one word four times, not two words twice. A last, broken-off saying
    belongs to its loop.
    """
    said = ["".join(token.folded for token in tokens(word.text)) or word.text for word in words]
    start = 0
    while start < len(said):
        loop = next((loop for n in range(1, MOST_WORDS + 1) if (loop := _loop_at(said, start, n, words, limits))), None)
        if loop:
            yield loop
        start = loop.end if loop else start + 1


def _loop_at(said: Sequence[str], start: int, n: int, words: Sequence[Word], limits: LoopLimits) -> Loop | None:
    end = start + n
    while end < len(said) and said[end] == said[end - n]:
        end += 1
    times = (end - start) // n
    if times < 3:
        return None
    most = limits.most_times[min(n, len(limits.most_times)) - 1]
    if n == 1 and _is_number(said[start]):
        most = limits.most_digits
    pace_ms = median(word.end_ms - word.start_ms for word in words[start:end])
    if times <= most and pace_ms >= limits.least_word_ms:
        return None
    return Loop(start=start, end=end, words_each=n)


_DIGITS = frozenset("zero oh o one two three four five six seven eight nine double triple".split())  # noqa: SIM905


def _is_number(folded: str) -> bool:
    return folded in _DIGITS or folded.isdecimal()
