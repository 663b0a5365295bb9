"""Which words carry what a sentence says: those that are rare in service talk."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Mapping, Set
from pathlib import Path

from pipeline.compliance.wording import spoken_words

COUNTS = Path(__file__).parent / "data" / "stem_counts.json"  # made by tools/stem_counts.py
_STEM_LETTERS = 5
_FUNCTION_WORDS = (
    "a an the is are am be been being was were will would shall should may might can could do does did have has had i "
    "you he she it we they me him her us them my your his its our their this that these those of to in on at by for "
    "from with and or but if as so any all there here not no please"
)
FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())


def stem(word: str) -> str:
    """Return the beginning that a word shares with its forms: ``recor`` of ``recorded``, ``birth`` of ``birthday``."""
    return word[:_STEM_LETTERS]


def stems_of(sentence: str) -> set[str]:
    """Return the stems of a sentence's content words."""
    return {stem(word) for word in spoken_words(sentence) if word not in FUNCTION_WORDS}


def rarest_shared(stems: Set[str], sentences: tuple[str, ...]) -> float:
    """Return how rare the rarest content word is that something said shares with one of the sentences.

    Rarity is the inverse document frequency ln((N + 1) / (n + 0.5)) of its stem, in n of N sentences of service talk
    (Robertson and Sparck Jones 1976): about 2 for "call", 5.7 for "record", 8 for a word that is in none. 0 where
    nothing is shared.
    """
    shared = stems & _all_stems(sentences)
    return max((_rarity(each) for each in shared), default=0.0)


@functools.lru_cache(maxsize=4096)
def _all_stems(sentences: tuple[str, ...]) -> frozenset[str]:
    return frozenset(each for sentence in sentences for each in stems_of(sentence))


def _rarity(each: str) -> float:
    sentences, counts = _counts()
    return math.log((sentences + 1) / (counts.get(each, 1) + 0.5))


@functools.lru_cache(maxsize=1)
def _counts() -> tuple[int, Mapping[str, int]]:
    data = json.loads(COUNTS.read_text(encoding="utf-8"))
    return data["sentences"], data["stems"]
