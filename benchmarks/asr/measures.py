"""What is counted: word errors, who a word is given to, and how far its times are off. Nothing here knows a system."""

from __future__ import annotations

import functools
import statistics
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz.distance import Levenshtein

WITHIN_MS = 200
COLLAR_MS = 250
"""A word may lie this far outside a reference segment: those were cut by another recogniser."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """A word as a system gave it; times are None where it was not asked for them, role is None for the peers."""

    text: str
    start_ms: int | None = None
    end_ms: int | None = None
    channel: int = 0
    role: str | None = None

    @property
    def middle_ms(self) -> int:
        """Middle of the word; 0 where it has no times."""
        return ((self.start_ms or 0) + (self.end_ms or 0)) // 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Segment:
    """A stretch of time in which somebody really speaks."""

    role: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """A word of the truth; a time is None where it is not known."""

    text: str
    start_ms: int | None = None
    end_ms: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class WordErrors:
    """Counts of one alignment; add them up before taking the rate."""

    said: int = 0
    substituted: int = 0
    deleted: int = 0
    inserted: int = 0

    @property
    def rate(self) -> float | None:
        """Word error rate; None where nothing was said."""
        return (self.substituted + self.deleted + self.inserted) / self.said if self.said else None

    def __add__(self, other: WordErrors) -> WordErrors:
        return WordErrors(
            said=self.said + other.said,
            substituted=self.substituted + other.substituted,
            deleted=self.deleted + other.deleted,
            inserted=self.inserted + other.inserted,
        )


def word_errors(said: str, heard: str) -> WordErrors:
    """Return the fewest changes that make one text of the other, both after Whisper's English normalizer."""
    reference, hypothesis = normalized(said).split(), normalized(heard).split()
    kinds = Counter(operation.tag for operation in Levenshtein.editops(reference, hypothesis))
    return WordErrors(
        said=len(reference), substituted=kinds["replace"], deleted=kinds["delete"], inserted=kinds["insert"]
    )


def normalized(text: str) -> str:
    """Return a text in the form of Whisper's English normalizer."""
    return str(_normalizer()(text))


@functools.cache
def _normalizer() -> Any:
    from whisper.normalizers import EnglishTextNormalizer  # noqa: PLC0415 - brings torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it leaves its list of spellings open
        return EnglishTextNormalizer()


@dataclass(frozen=True, kw_only=True, slots=True)
class SpeakerCount:
    """Whose the words of a call are, against who really speaks.

    Attributes:
        words: Words while somebody speaks.
        right: Those of them whose role is that of somebody who speaks then; a role that is unknown is not right.
        unknown: Those whose role was left open.
        separated: Those that are right once each party is called what most of its words are: roles aside.
        alone_words, alone_right: The same without the words during which both speak.
        nowhere: Words while nobody speaks; they are in no other count.
    """

    words: int = 0
    right: int = 0
    unknown: int = 0
    separated: int = 0
    alone_words: int = 0
    alone_right: int = 0
    nowhere: int = 0

    @property
    def verdict(self) -> str:
        """Of a single call: ``right``, ``wrong`` or ``unknown`` roles, by what most of its words have."""
        if self.words == 0 or self.unknown > self.words / 2:
            return "unknown"
        return "right" if self.right > (self.words - self.unknown) / 2 else "wrong"

    def __add__(self, other: SpeakerCount) -> SpeakerCount:
        return SpeakerCount(**{name: getattr(self, name) + getattr(other, name) for name in self.__slots__})


def count_speakers(heard: Iterable[Heard], truth: Sequence[Segment]) -> SpeakerCount:
    """Compare each word's role with who speaks at its middle.

    Inside a segment its speaker counts; a word outside of all segments goes to the nearest one within the collar.
    """
    counts: Counter[str] = Counter()
    parties: dict[tuple[int, str | None], Counter[str]] = {}
    judged: list[tuple[tuple[int, str | None], set[str]]] = []
    for word in heard:
        speaking = _speaking(truth, word.middle_ms)
        if not speaking:
            counts["nowhere"] += 1
            continue
        party = (word.channel, word.role)
        judged.append((party, speaking))
        known = word.role not in {None, "unknown"}
        counts["words"] += 1
        counts["unknown"] += not known
        counts["right"] += word.role in speaking
        if len(speaking) == 1:
            counts["alone_words"] += 1
            counts["alone_right"] += word.role in speaking
            parties.setdefault(party, Counter()).update(speaking)
    names = {party: of_party.most_common(1)[0][0] for party, of_party in parties.items()}
    counts["separated"] = sum(names.get(party) in speaking for party, speaking in judged)
    return SpeakerCount(**counts)


def _speaking(truth: Sequence[Segment], at_ms: int) -> set[str]:
    inside = {segment.role for segment in truth if segment.start_ms <= at_ms < segment.end_ms}
    if inside:
        return inside
    near = [
        (max(segment.start_ms - at_ms, at_ms - segment.end_ms), segment.role)
        for segment in truth
        if segment.start_ms - COLLAR_MS <= at_ms <= segment.end_ms + COLLAR_MS
    ]
    return {min(near)[1]} if near else set()


def doubled(heard: Sequence[Heard], *, within_ms: int = 300) -> int:
    """Return how many words of channel 1 stand on channel 0 as well, at nearly the same time."""
    left = [(normalized(word.text), word.middle_ms) for word in heard if word.channel == 0]
    count = 0
    for word in heard:
        if word.channel == 1 and (text := normalized(word.text)):
            twin = next((x for x in left if x[0] == text and abs(x[1] - word.middle_ms) <= within_ms), None)
            if twin:
                left.remove(twin)
                count += 1
    return count


@dataclass(frozen=True, kw_only=True, slots=True)
class TimeErrors:
    """How far the times of words are off, milliseconds, heard minus said, words that were recognised rightly only.

    Attributes:
        starts, ends: One entry for each such word whose time is known.
        both: The larger of the two errors of a word, where both times are known.
    """

    starts: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()
    both: tuple[int, ...] = ()

    def __add__(self, other: TimeErrors) -> TimeErrors:
        return TimeErrors(starts=self.starts + other.starts, ends=self.ends + other.ends, both=self.both + other.both)


def time_errors(said: Sequence[Said], heard: Sequence[Heard]) -> TimeErrors:
    """Align the words of one channel by their text, and compare the times of those that agree."""
    reference = [normalized(word.text) for word in said]
    hypothesis = [normalized(word.text) for word in heard]
    starts, ends, both = [], [], []
    for tag, first, last, other, _ in Levenshtein.opcodes(reference, hypothesis):
        if tag != "equal":
            continue
        for step in range(last - first):
            truth, word = said[first + step], heard[other + step]
            if not reference[first + step] or word.start_ms is None or word.end_ms is None:
                continue
            if truth.start_ms is not None:
                starts.append(word.start_ms - truth.start_ms)
            if truth.end_ms is not None:
                ends.append(word.end_ms - truth.end_ms)
            if truth.start_ms is not None and truth.end_ms is not None:
                both.append(max(abs(starts[-1]), abs(ends[-1])))
    return TimeErrors(starts=tuple(starts), ends=tuple(ends), both=tuple(both))


def share_within(errors: Sequence[int], limit_ms: int = WITHIN_MS) -> float | None:
    """Return the share of errors up to a limit; None where there are none."""
    return sum(abs(error) <= limit_ms for error in errors) / len(errors) if errors else None


def median_ratio(taken: Sequence[float], base: Sequence[float]) -> float | None:
    """Return how many times as long as ``base`` it took, by the median over calls: one disturbed call moves nothing."""
    ratios = [one / other for one, other in zip(taken, base, strict=True) if other > 0]
    return statistics.median(ratios) if ratios else None
