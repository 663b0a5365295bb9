"""Words of a turn as they are searched: both databases keep these, and make none of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.text import comparable_shadow, fold

MOST_WORDS = 16_000
"""Of one turn: PostgreSQL tells positions apart up to 16,383."""

_MOST_CHARACTERS = 100
_WORD = re.compile(r"\w+(?:'\w+)*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A word and where it stands: ``text[char_start:char_end]``."""

    word: str
    char_start: int
    char_end: int


def found_words(text: str) -> Iterator[Found]:
    """Yield the words of a text: lower case, without accents, with straight apostrophes.

    A mask such as ``[card_number]`` is one word, so that a search for *card* does not find what was masked.
    """
    for match in _WORD.finditer(comparable_shadow(text)):
        # folding may make several words of one character, such as the number in brackets U+2474
        for piece in _WORD.findall(fold(text[match.start() : match.end()])):
            yield Found(word=piece[:_MOST_CHARACTERS], char_start=match.start(), char_end=match.end())


def search_words(text: str) -> list[str]:
    """Return the words of a text that are searched."""
    return [found.word for found in found_words(text)][:MOST_WORDS]
