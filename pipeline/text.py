"""Words of a turn made comparable for matching, without losing where they stood."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*", re.UNICODE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Token:
    """One comparable word. ``text[char_start:char_end]`` of the original is what was folded into ``folded``."""

    folded: str
    char_start: int
    char_end: int


def fold(word: str) -> str:
    """Return a word in comparable form: lower case, no accents, straight apostrophes."""
    decomposed = unicodedata.normalize("NFKD", word.replace("’", "'"))
    return "".join(char for char in decomposed if not unicodedata.combining(char)).casefold()


def tokens(text: str) -> tuple[Token, ...]:
    """Split text into comparable words with their offsets; punctuation is left out.

    Example: ``tokens("I can't, sorry.")`` gives ``i``, ``can't`` and ``sorry`` at 0, 2 and 9.
    """
    return tuple(
        Token(folded=fold(match.group()), char_start=match.start(), char_end=match.end())
        for match in _TOKEN.finditer(text)
    )
