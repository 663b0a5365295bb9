"""Find phrases word for word, with spaCy's Matcher."""

from __future__ import annotations

import functools
import importlib
import re
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from pipeline.compliance.pattern import Element, Variant, variants
from pipeline.importing import importing
from pipeline.numbers.numerals import CARDINALS
from pipeline.numbers.units import CURRENCIES

# numbers come in digits (`pipeline.numbers.normalise`), but for "one" and the "hundred" of "a few hundred"
_NUMBER_WORDS = "|".join(sorted({*CARDINALS, "oh"}))
_IS_NUMBER = rf"^(?:\d+(?:\.\d+)?(?:st|nd|rd|th)?|{_NUMBER_WORDS})$"
_NUMBER = {"TEXT": {"REGEX": _IS_NUMBER}, "OP": "+"}
_CURRENCY_WORDS = frozenset({*CURRENCIES.values(), "pence"})
_CURRENCY = {"ORTH": {"IN": sorted(_CURRENCY_WORDS)}}
_MAX_MATCHERS = 16384
_making_vocab = threading.Lock()
# What a call's words become where no phrase asks for them: a matcher's vocabulary keeps every word that it ever saw.
_SOME_WORD, _SOME_NUMBER = "-", "0"


@dataclass(frozen=True, kw_only=True, slots=True)
class ExactMatch:
    """Words ``[start, end)`` of a reading say a phrase. ``negative``: the phrase itself denies something."""

    reading: int
    phrase: int
    start: int
    end: int
    negative: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class _Way:
    """What has to be said for one way to say a phrase to be found at all.

    Attributes:
        groups: Groups of words, in order, of each of which one is needed.
        longest: From the first of these words to the last there are at most so many; None where that is not known.
    """

    groups: tuple[frozenset[str], ...]
    longest: int | None

    def among(self, said: Set[str]) -> bool:
        """Tell whether all that is needed is among the words."""
        return not any(said.isdisjoint(group) for group in self.groups)

    def reach(self, words: Sequence[str]) -> range:
        """Return the part of the words in which all that is needed comes in order and near enough; empty where none."""
        if self.longest is None or not self.groups:
            return range(len(words))
        starts = [start for start, word in enumerate(words) if word in self.groups[0] and self._goes_on(words, start)]
        if not starts:
            return range(0)
        return range(max(0, starts[0] - self.longest), min(len(words), starts[-1] + 2 * self.longest))

    def _goes_on(self, words: Sequence[str], start: int) -> bool:
        k = 1
        for word in words[start + 1 : start + (self.longest or 0)]:
            if k < len(self.groups) and word in self.groups[k]:
                k += 1
        return k == len(self.groups)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Needs:
    """What a phrase asks for: of one of its ways all, and altogether these words and beginnings of words."""

    ways: tuple[_Way, ...]
    words: frozenset[str]
    prefixes: tuple[str, ...]


def prepare() -> None:
    """Load spaCy now, which takes a second, instead of with the first call."""
    with importing:
        importlib.import_module("spacy.matcher")
    _vocab()


def find_exact(readings: Sequence[Sequence[str]], phrases: Sequence[str]) -> Iterator[ExactMatch]:
    """Yield every place where a phrase is said, every way and length of it.

    Of a thousand phrases a call holds the words of a few, and one go of speech those of fewer: only these are tried.

    Args:
        readings: Sequences of folded words.
        phrases: As authored.
    """
    with importing:
        from spacy.tokens import Doc  # noqa: PLC0415

    by_word, anywhere = _by_rarest_word(readings, phrases)
    tried = {k for ways in (*by_word.values(), anywhere) for k, _ in ways}
    known = frozenset(_CURRENCY_WORDS | {"and"}).union(*(_needs(phrases[k]).words for k in tried))
    prefixes = tuple({prefix for k in tried for prefix in _needs(phrases[k]).prefixes})
    for i, words in enumerate(readings):
        here = set(words)
        parts: dict[int, list[range]] = defaultdict(list)
        for k, way in (*(each for word in here for each in by_word.get(word, ())), *anywhere):
            if way.among(here) and (part := way.reach(words)):
                parts[k].append(part)
        if not parts:
            continue
        doc = Doc(_vocab(), words=[_told(word, known, prefixes) for word in words])
        for k in sorted(parts):
            first, last = min(part.start for part in parts[k]), max(part.stop for part in parts[k])
            for key, start, end in _matcher(phrases[k])(doc[first:last]):
                negative = doc.vocab.strings[key] == "negative"
                yield ExactMatch(reading=i, phrase=k, start=first + start, end=first + end, negative=negative)


_Ways = list[tuple[int, _Way]]


def _by_rarest_word(readings: Sequence[Sequence[str]], phrases: Sequence[str]) -> tuple[Mapping[str, _Ways], _Ways]:
    """Return the ways to look for at all, by each word of the group that is said least; and those that need no word."""
    often = Counter(word for words in readings for word in set(words))
    by_word: dict[str, _Ways] = defaultdict(list)
    anywhere: _Ways = []
    for k, phrase in enumerate(phrases):
        for way in _needs(phrase).ways:
            if not way.groups:
                anywhere.append((k, way))
                continue
            said = [sum(often[word] for word in group if word in often) for group in way.groups]
            if min(said):
                rarest = way.groups[said.index(min(said))]
                for word in rarest & often.keys():
                    by_word[word].append((k, way))
    return by_word, anywhere


def _told(word: str, known: Set[str], prefixes: tuple[str, ...]) -> str:
    """Return a word as the matchers see it."""
    if word in known or word.startswith(prefixes):
        return word
    return _SOME_NUMBER if re.match(_IS_NUMBER, word) else _SOME_WORD


def _vocab() -> Any:
    """Return the one vocabulary of all matchers and texts: a matcher cannot read a text of another."""
    with _making_vocab:  # several calls may be the first
        return _made_vocab()


@functools.lru_cache(maxsize=1)
def _made_vocab() -> Any:
    with importing:
        from spacy.vocab import Vocab  # noqa: PLC0415

    return Vocab()


@functools.lru_cache(maxsize=_MAX_MATCHERS)
def _matcher(phrase: str) -> Any:
    with importing:
        from spacy.matcher import Matcher  # noqa: PLC0415

    matcher = Matcher(_vocab(), validate=False)
    for name, negative in (("positive", False), ("negative", True)):
        patterns = [pattern for way in variants(phrase) if way.negative is negative for pattern in _patterns(way)]
        if patterns:
            matcher.add(name, patterns)
    return matcher


@functools.lru_cache(maxsize=_MAX_MATCHERS)
def _needs(phrase: str) -> _Needs:
    elements = [element for way in variants(phrase) for element in way.elements]
    return _Needs(
        ways=tuple(dict.fromkeys(_way(way) for way in variants(phrase))),
        words=frozenset(word for e in elements if e.kind == "word" for word in e.words),
        prefixes=tuple({e.words[0] for e in elements if e.kind == "prefix"}),
    )


def _way(variant: Variant) -> _Way:
    groups = tuple(frozenset(e.words) for e in variant.elements if e.kind == "word" and not e.optional)
    if any(element.kind in {"number", "money"} for element in variant.elements):
        return _Way(groups=groups, longest=None)  # an amount may be any number of words
    return _Way(groups=groups, longest=sum(e.up_to if e.kind == "gap" else 1 for e in variant.elements))


def _patterns(variant: Variant) -> list[list[dict[str, Any]]]:
    """Return the Matcher patterns of a variant; an amount may have one "and" in it ("one hundred and five")."""
    patterns: list[list[dict[str, Any]]] = [[]]
    for element in variant.elements:
        patterns = [before + after for before in patterns for after in _tokens(element)]
    return patterns


def _tokens(element: Element) -> list[list[dict[str, Any]]]:
    match element.kind:
        case "word":
            only = element.words[0] if len(element.words) == 1 else None
            pattern: dict[str, Any] = {"ORTH": only or {"IN": list(element.words)}}
            return [[pattern | {"OP": "?"} if element.optional else pattern]]
        case "prefix":
            return [[{"TEXT": {"REGEX": f"^{re.escape(element.words[0])}"}}]]
        case "gap":
            return [[{"OP": f"{{0,{element.up_to}}}"}]]
        case "any":
            return [[{}]]
    amount: list[list[dict[str, Any]]] = [[_NUMBER], [_NUMBER, {"ORTH": "and"}, _NUMBER]]
    return amount if element.kind == "number" else [[*tokens, _CURRENCY] for tokens in amount]
