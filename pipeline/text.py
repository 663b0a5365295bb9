"""Words of a turn made comparable for matching, without losing where they stood."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_STRAIGHT = str.maketrans(dict.fromkeys("’‘ʼ", "'"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Token:
    """One comparable word. ``text[char_start:char_end]`` of the original is what was folded into ``folded``."""

    folded: str
    char_start: int
    char_end: int


def fold(word: str) -> str:
    """Return a word in comparable form: lower case, no accents, straight apostrophes. Folding twice changes nothing."""
    decomposed = unicodedata.normalize("NFKD", word.translate(_STRAIGHT).casefold())
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return unicodedata.normalize("NFKC", bare.casefold())


def tokens(text: str) -> tuple[Token, ...]:
    """Split text into comparable words with their offsets; punctuation is left out.

    Example: ``tokens("I can't, sorry.")`` gives ``i``, ``can't`` and ``sorry`` at 0, 2 and 9.
    """
    return tuple(
        Token(folded=folded, char_start=match.start(), char_end=match.end())
        for match in _WORD.finditer(comparable_shadow(text))
        if (folded := fold(text[match.start() : match.end()]))
    )


def comparable_shadow(text: str) -> str:
    """Return text of the same length in which a combining mark counts as a letter and every apostrophe is straight.

    Without it "naïve" with a separate dieresis, and every Hindi word with a vowel sign, would fall into two words.
    """
    if text.isascii():
        return text
    return "".join("m" if unicodedata.category(char).startswith("M") else char for char in text.translate(_STRAIGHT))
