"""Find phrases word for word, with spaCy's Matcher."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.compliance.pattern import Element, Variant
from pipeline.numbers.numerals import CARDINALS
from pipeline.numbers.units import CURRENCIES

# numbers come in digits (`pipeline.numbers.normalise`), but for "one" and the "hundred" of "a few hundred"
_NUMBER_WORDS = "|".join(sorted({*CARDINALS, "oh"}))
_NUMBER = {"TEXT": {"REGEX": rf"^(?:\d+(?:\.\d+)?(?:st|nd|rd|th)?|{_NUMBER_WORDS})$"}, "OP": "+"}
_CURRENCY = {"ORTH": {"IN": sorted({*CURRENCIES.values(), "pence"})}}


@dataclass(frozen=True, kw_only=True, slots=True)
class ExactMatch:
    """Words ``[start, end)`` of a reading say a phrase. ``negative``: the phrase itself denies something."""

    reading: int
    phrase: int
    start: int
    end: int
    negative: bool


def prepare() -> None:
    """Load spaCy now, which takes a second, instead of with the first call."""
    importlib.import_module("spacy.matcher")


def find_exact(readings: Sequence[Sequence[str]], phrases: Sequence[Sequence[Variant]]) -> Iterator[ExactMatch]:
    """Yield every place where a phrase is said, every way and length of it.

    Args:
        readings: Sequences of folded words.
        phrases: The variants of each phrase.
    """
    from spacy.matcher import Matcher  # noqa: PLC0415
    from spacy.tokens import Doc  # noqa: PLC0415
    from spacy.vocab import Vocab  # noqa: PLC0415

    vocab = Vocab()  # one per call: a lasting one would keep the words of every call in memory
    matcher = Matcher(vocab, validate=False)
    for k, ways in enumerate(phrases):
        for negative in (False, True):
            patterns = [pattern for way in ways if way.negative is negative for pattern in _patterns(way)]
            if patterns:
                matcher.add(f"{k}:{int(negative)}", patterns)
    for i, words in enumerate(readings):
        if words and len(matcher):
            for key, start, end in matcher(Doc(vocab, words=list(words))):
                phrase, _, negative_flag = vocab.strings[key].partition(":")
                yield ExactMatch(reading=i, phrase=int(phrase), start=start, end=end, negative=negative_flag == "1")


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
