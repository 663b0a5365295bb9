"""Words of one channel that leaked into the other and were recognised there all the same.

Taking leak out of the sound (`leak`) leaves some of it where the way of the leak is unknown: it comes too late, or
changes. Its words stand on both channels then.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rapidfuzz import fuzz

from pipeline.records import Dropped, Word
from pipeline.sound import Samples
from pipeline.text import tokens
from pipeline.transcribe.leak_path import EARLY, LATE, PER_MS, halved

METHOD = "echoes-1"
TWIN_WITHIN_MS = 400
"""Recognised times of one word on two channels differ by the leak's delay and twice the recogniser's error."""
TWIN_SIMILARITY = 80.0
ECHO_SOFTER_DB = 5.0
ECHO_CORRELATION = 0.5
"""Two voices that say the same at once do not correlate: below 0.4 for the shortest words."""
BREATH_MS = 500

_SHORTEST = 32 * PER_MS
_TINY = 1e-12

Words = tuple[Word, ...]


def echoed_words(
    words: Sequence[Sequence[Word]], channels: Samples, *, offset_ms: int = 0
) -> tuple[tuple[Words, ...], tuple[Dropped, ...]]:
    """Return the words that each channel keeps, and those of leak that slipped through, with reason ``leak``.

    Words said in one breath are leak where the other channel has nearly the same at nearly the same time, is clearly
    louder meanwhile and sounds the same. Two people who say "bye bye" at once sound different and keep their words.

    Args:
        words: By channel, in order of start.
        channels: The sound ``[channels, n]`` at 16 kHz that they were recognised in.
        offset_ms: Where that sound begins in the recording.
    """
    if len(words) != 2 or not all(words):
        return tuple(tuple(of_channel) for of_channel in words), ()
    sides = halved(channels)
    kept: list[Words] = []
    dropped: list[Dropped] = []
    for heard, source in ((0, 1), (1, 0)):
        echoes: set[int] = set()
        for breath in _breaths(words[heard], words[source]):
            first, last = words[heard][breath[0]], words[heard][breath[-1]]
            start, end = ((at_ms - offset_ms) * PER_MS for at_ms in (first.start_ms, last.end_ms))
            if _sounds_like_echo(sides[heard], sides[source], max(0, start), end):
                echoes.update(breath)
        kept.append(tuple(word for index, word in enumerate(words[heard]) if index not in echoes))
        dropped += [
            Dropped(channel=heard, start_ms=word.start_ms, end_ms=word.end_ms, text=word.text, reason="leak")
            for word in (words[heard][index] for index in sorted(echoes))
        ]
    return tuple(kept), tuple(sorted(dropped, key=lambda word: (word.start_ms, word.channel)))


def _breaths(heard: Sequence[Word], source: Sequence[Word]) -> list[list[int]]:
    """Return runs of words that the other channel has as well."""
    breaths: list[list[int]] = []
    for index, word in enumerate(heard):
        if not any(_is_twin(word, other) for other in source):
            continue
        before = breaths[-1][-1] if breaths else -1
        if before < 0 or before != index - 1 or word.start_ms - heard[before].end_ms > BREATH_MS:
            breaths.append([])
        breaths[-1].append(index)
    return breaths


def _is_twin(word: Word, other: Word) -> bool:
    if abs(word.start_ms - other.start_ms) > TWIN_WITHIN_MS:
        return False
    texts = ("".join(token.folded for token in tokens(text)) for text in (word.text, other.text))
    return fuzz.ratio(*texts) >= TWIN_SIMILARITY


def _sounds_like_echo(heard: Samples, source: Samples, start: int, end: int) -> bool:
    """Tell whether a stretch is softer than on the source channel and correlates with it at the lag of a leak."""
    echo = heard[start:end]
    said = source[max(0, start - LATE) : end + EARLY]
    if len(echo) < _SHORTEST or not echo.any() or not said.any():
        return False
    power = float(np.square(echo).mean())
    size = 1 << (len(echo) + len(said)).bit_length()
    crossed = np.fft.irfft(np.fft.rfft(said, size) * np.fft.rfft(echo, size).conj(), size)[: len(said) - len(echo) + 1]
    sums = np.concatenate([[0.0], np.cumsum(np.square(said, dtype=np.float64))])
    energies = sums[len(echo) :][: len(crossed)] - sums[: len(crossed)]
    best = int(np.argmax(np.abs(crossed) / np.sqrt(energies + _TINY)))
    softer_db = 10 * np.log10((energies[best] / len(echo) + _TINY) / (power + _TINY))
    correlation = abs(crossed[best]) / np.sqrt((energies[best] + _TINY) * (power * len(echo) + _TINY))
    return bool(softer_db >= ECHO_SOFTER_DB and correlation >= ECHO_CORRELATION)
