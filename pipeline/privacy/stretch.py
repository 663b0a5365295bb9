"""What one speaker says, over pauses and the other party's "okay", as text in which patterns can be looked for."""

from __future__ import annotations

import functools
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.privacy.masks import Mask
from pipeline.privacy.runs import goes_on, turns_by_speaker
from pipeline.records import Turn
from pipeline.text import fold

_EDGES = " ,;:?!\"'()“”…–—-."
_HESITATIONS = frozenset("um uh uhm er erm ah eh hm hmm mm".split())  # noqa: SIM905 - a list of words
_BETWEEN_LETTERS = re.compile(r"(?<=[a-z])-(?=[a-z])")
_CLAUSE_END = re.compile(r"[.,;:?!]$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Spoken:
    """One word: where it stands, as it is written, and folded without punctuation; ``ends`` where a clause does."""

    turn: int
    place: int
    raw: str
    plain: str
    ends: bool

    @property
    def capital(self) -> bool:
        """Whether it is written with a capital."""
        return self.raw.lstrip(_EDGES)[:1].isupper()


@dataclass(frozen=True, slots=True)
class Stretch:
    """Words of one speaker, and `text`: their plain forms with single spaces; hesitations are left out."""

    words: tuple[Spoken, ...]
    text: str
    starts: tuple[int, ...]

    def at(self, char: int) -> int:
        """Return the position in `words` of the word at a character of `text`."""
        return max(bisect_right(self.starts, char) - 1, 0)

    def masks(self, first: int, last: int, kind: str) -> Iterator[Mask]:
        """Yield what covers the words ``first..last``, turn by turn."""
        places: dict[int, list[int]] = {}
        for word in self.words[first : last + 1]:
            places.setdefault(word.turn, []).append(word.place)
        for turn, covered in places.items():
            yield Mask(turn=turn, first=covered[0], last=covered[-1], kind=kind)

    def masks_of(self, start: int, end: int, kind: str) -> Iterator[Mask]:
        """Yield what covers the characters ``start..end`` of `text`."""
        yield from self.masks(self.at(start), self.at(max(end - 1, start)), kind)


def stretches(turns: Sequence[Turn]) -> tuple[Stretch, ...]:
    """Return what each speaker says, cut where a pause or the other party's words end it."""
    found = []
    for own in turns_by_speaker(turns):
        group: list[int] = []
        for position in own:
            if group and not goes_on(turns, group[-1], position):
                found.append(_stretch(turns, group))
                group = []
            group.append(position)
        if group:
            found.append(_stretch(turns, group))
    return tuple(stretch for stretch in found if stretch.words)


def _stretch(turns: Sequence[Turn], positions: Sequence[int]) -> Stretch:
    words, parts, starts, at = [], [], [], 0
    for position in positions:
        for place, word in enumerate(turns[position].words):
            plain = _plain(word.text)
            if plain in _HESITATIONS or not plain:
                continue
            ends = bool(_CLAUSE_END.search(word.text))
            words.append(Spoken(turn=position, place=place, raw=word.text, plain=plain, ends=ends))
            parts.append(plain)
            starts.append(at)
            at += len(plain) + 1
    return Stretch(tuple(words), " ".join(parts), tuple(starts))


@functools.lru_cache(maxsize=8192)
def _plain(word: str) -> str:
    plain = fold(word).strip(_EDGES)
    return plain if "@" in plain or "." in plain else _BETWEEN_LETTERS.sub(" ", plain)
