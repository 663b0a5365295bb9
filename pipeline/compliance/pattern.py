"""The phrases of a rule: words, and the five things that stand for words (`docs/rules.md` explains them to authors).

``(a|b c|)`` any of these or, where empty, nothing; ``neighbo*`` any word beginning so; ``~3`` up to three words in
between; ``{number}`` and ``{money}`` an amount, spoken or in digits; ``{word}`` exactly one word, whatever it is.
"""

from __future__ import annotations

import functools
import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.compliance.negation import has_negator
from pipeline.compliance.wording import expand, without_asides
from pipeline.errors import did_you_mean
from pipeline.numbers.form import is_beside_number, is_number_or_unit, normalise
from pipeline.numbers.written import spoken_tokens

MAX_VARIANTS = 256
MAX_LOOSE_WAYS = 64
MAX_WORDING_WAYS = 4
MAX_GAP = 9
MAX_GAPS = 4
MAX_PIECES = 200
MAX_CONTEXT_WORDS = 8
MIN_PREFIX = 2
_TOO_WIDE = f"more than {MAX_VARIANTS} ways to say it; make several phrases of it"
SLOTS = ("money", "number", "word")
# Shorter phrases are only found word for word: "thank you" is 0.8 similar to too much else.
MIN_LOOSE_WORDS = 4
MIN_LOOSE_CHARACTERS = 16
# "$1,240.50", "12.5%", "24/7", "9:30am", "9a.m."; and the half of the day by itself
_WRITTEN_NUMBER = re.compile(
    r"[$£€]?[0-9](?:[0-9]|[.,:/–-](?=[0-9]))*(?:[%¢]|-?[a-z]+|[ap]\.m\.?)?|[ap]\.m\.?", re.IGNORECASE
)
_SENTENCE_MARKS = '.,;:?!"“”…–—'
_PIECE = re.compile(r"\s*(?:(?P<mark>[()|])|\{(?P<slot>[^{}]*)\}|~(?P<gap>\d+)|(?P<word>[^\s(){}|~]+)|(?P<other>\S))")


class PatternError(ValueError):
    """A phrase that cannot be read. ``code`` is stable; the text says what is wrong and what is allowed."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


@dataclass(frozen=True, kw_only=True, slots=True)
class Element:
    """One thing that a phrase asks for: kind ``word``, ``prefix``, ``gap``, ``number``, ``money`` or ``any`` (word).

    Attributes:
        words: The words any of which will do; for a prefix its letters.
        optional: True where nothing will do too.
        up_to: For a gap the most words.
    """

    kind: str
    words: tuple[str, ...] = ()
    optional: bool = False
    up_to: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Variant:
    """One way to say a phrase.

    Attributes:
        loose: The word sequences for matching by similarity; none where the variant is too short for it, has gaps or
            slots, or more than `MAX_LOOSE_WAYS` sequences.
        negative: True where the words themselves deny something, so that a "not" in what was said undoes nothing.
    """

    elements: tuple[Element, ...]
    loose: tuple[tuple[str, ...], ...]
    negative: bool


@functools.lru_cache(maxsize=8192)
def variants(phrase: str) -> tuple[Variant, ...]:
    """Return every way to say a phrase.

    Raises:
        PatternError: The phrase cannot be read.
    """
    pieces = _pieces(phrase)
    if len(pieces) > MAX_PIECES:
        raise PatternError("pattern-too-long", f"more than {MAX_PIECES} words and marks; make several phrases of it")
    ways, rest = _alternatives(pieces, nested=False)
    if rest:
        raise PatternError("pattern-parenthesis", "a `)` closes nothing; write alternatives as `(this|that)`")
    if len(ways) == 1 and not ways[0]:
        raise PatternError("pattern-empty", "an empty phrase; write the words that are to be said")
    found = tuple(dict.fromkeys(_variant(same) for way in ways for same in _with_numbers(way)))
    if len(found) > MAX_VARIANTS:
        raise PatternError("pattern-too-wide", _TOO_WIDE)
    return found


def near_phrases(words: Sequence[str], gap: int) -> list[str]:
    """Return the phrases that have these parts in any order, with up to ``gap`` other words between them."""
    joint = f" ~{gap} " if gap else " "
    return [joint.join(order) for order in itertools.permutations(words)]


def plain_wordings(phrases: Sequence[str]) -> tuple[str, ...]:
    """Return the whole sentences among phrases, for what is near to them in meaning.

    A phrase counts that is plain words, with alternatives that give few ways to say it; not one with gaps or slots.
    """
    found: list[str] = []
    for phrase in phrases:
        ways = [way for variant in variants(phrase) for way in variant.loose]
        if len(ways) <= MAX_WORDING_WAYS:
            found += [" ".join(words) for words in ways]
    return tuple(dict.fromkeys(found))


Piece = tuple[str, str]
Way = tuple[Element, ...]


def _pieces(phrase: str) -> list[Piece]:
    found: list[Piece] = []
    for match in _PIECE.finditer(phrase):
        kind = str(match.lastgroup)
        if kind == "other":
            raise PatternError(
                "pattern-character", f"{match.group().strip()!r} stands alone; see `{{slot}}`, `(a|b)` and `~3`"
            )
        if kind == "word" and _ends_a_sentence(match.group(), found):
            continue
        found.append((kind, match.group(kind)))
    return found


def _ends_a_sentence(text: str, before: Sequence[Piece]) -> bool:
    """Tell whether marks of a pasted sentence stand right after ``)`` or a slot; those after words are part of them."""
    after = bool(before) and (before[-1] == ("mark", ")") or before[-1][0] == "slot")
    return after and not text.strip(_SENTENCE_MARKS)


def _alternatives(pieces: list[Piece], *, nested: bool) -> tuple[list[Way], list[Piece]]:
    """Read ``a b|c|`` up to the closing parenthesis; return its ways and the pieces behind it."""
    ways: list[Way] = []
    sequence: list[Way] = [()]
    while pieces:
        (kind, text), pieces = pieces[0], pieces[1:]
        if kind == "mark" and text == ")":
            if not nested:
                return ways + sequence, [(kind, text), *pieces]
            return ways + sequence, pieces
        if kind == "mark" and text == "|":
            ways, sequence = ways + sequence, [()]
            continue
        if kind == "mark":
            choices, pieces = _alternatives(pieces, nested=True)
            choices = _compact(choices)
        else:
            choices = _element(kind, text)
        if len(ways) + len(sequence) * len(choices) > MAX_VARIANTS:
            raise PatternError("pattern-too-wide", _TOO_WIDE)
        sequence = [before + after for before, after in itertools.product(sequence, choices)]
    if nested:
        raise PatternError("pattern-parenthesis", "a `(` is not closed; write alternatives as `(this|that)`")
    return ways + sequence, []


def _element(kind: str, text: str) -> list[Way]:
    if kind == "gap":
        if not 1 <= int(text) <= MAX_GAP:
            raise PatternError("pattern-gap", f"`~{text}` leaves {text} words; `~1` to `~{MAX_GAP}` are allowed")
        return [(Element(kind="gap", up_to=int(text)),)]
    if kind == "slot":
        if text not in SLOTS:
            listed = ", ".join(f"{{{slot}}}" for slot in SLOTS)
            raise PatternError(
                "pattern-slot", f"unknown slot {{{text}}}{did_you_mean(text, SLOTS)}; there are: {listed}"
            )
        return [(Element(kind="any" if text == "word" else text),)]
    if text.endswith("*"):
        stem = expand(text.removesuffix("*"))
        if len(stem) != 1 or len(stem[0]) < MIN_PREFIX or not stem[0].isalnum():
            raise PatternError("pattern-wildcard", f"{text!r}: `*` follows at least {MIN_PREFIX} letters of one word")
        return [(Element(kind="prefix", words=(stem[0],)),)]
    if text == "%":  # "{number}%"
        return [(Element(kind="word", words=("percent",)),)]
    if not _WRITTEN_NUMBER.fullmatch(text):
        text = text.strip(_SENTENCE_MARKS) or text  # a wording may be pasted as the sentence that it is
    if re.search(r"[^\w'’-]|_", text) and not _WRITTEN_NUMBER.fullmatch(text):
        raise PatternError("pattern-character", f"{text!r}: write plain words; punctuation has no meaning in a phrase")
    spoken = [part for token in spoken_tokens(text) for part in expand(token.folded)]
    if not spoken:
        raise PatternError("pattern-character", f"{text!r}: write plain words; punctuation has no meaning in a phrase")
    return [tuple(Element(kind="word", words=(part,)) for part in spoken)]


def _compact(ways: list[Way]) -> list[Way]:
    """Make one element of the ways that are a single word, so that a list of words is one way and not many.

    Words that deny stay apart: whether a phrase itself says "not" must be told for each way.
    """
    single = [way for way in ways if len(way) == 1 and _is_plain(way[0])]
    if not single:
        return ways
    words = tuple(dict.fromkeys(word for (element,) in single for word in element.words))
    optional = () in ways or any(element.optional for (element,) in single)
    together: list[Way] = [(Element(kind="word", words=words, optional=optional),)]
    return together + [way for way in ways if way and way not in single]


def _is_plain(element: Element) -> bool:
    return element.kind == "word" and not has_negator(element.words)


def _with_numbers(way: Way) -> list[Way]:
    """Return a way with its numbers in the form that what was said has too; several where alternatives meet in one."""
    ways: list[Way] = [()]
    at = 0
    for start, end in (*_number_parts(way), (len(way), len(way))):
        ways = [before + way[at:start] + form for before in ways for form in _normalised(way[start:end])]
        at = end
        if len(ways) > MAX_VARIANTS:
            raise PatternError("pattern-too-wide", _TOO_WIDE)
    return [going_on for way in ways for going_on in (way, *_read_out(way))]


def _read_out(way: Way) -> list[Way]:
    """Return ``1800 {number}`` as one number that begins so, for a number is one word however it is read out."""
    return [
        (*way[:i], Element(kind="prefix", words=digits.words), *way[i + 2 :])
        for i, (digits, slot) in enumerate(itertools.pairwise(way))
        if slot.kind == "number" and len(digits.words) == 1 and digits.words[0].isdecimal() and digits.kind == "word"
    ]


def _number_parts(way: Way) -> list[tuple[int, int]]:
    """Return the ranges of elements that make up numbers, with one neighbour on each side to read them by.

    Only these are written out, so that the lists of words around them stay one way.
    """
    parts: list[tuple[int, int]] = []
    beside = [element.kind == "word" and any(map(is_beside_number, element.words)) for element in way]
    for is_beside, group in itertools.groupby(range(len(way)), beside.__getitem__):
        indexes = list(group)
        cores = [i for i in indexes if any(map(is_number_or_unit, way[i].words))]
        if not is_beside or not cores:
            continue
        start, end = indexes[0], indexes[-1] + 1
        start -= start > 0 and _is_context(way[start - 1])
        end += end < len(way) and _is_context(way[end])
        parts.append((max(start, parts[-1][1] if parts else 0), end))
    return parts


def _is_context(element: Element) -> bool:
    return element.kind == "word" and len(element.words) <= MAX_CONTEXT_WORDS


def _normalised(elements: Way) -> list[Way]:
    choices = [(*((word,) for word in element.words), *(((),) if element.optional else ())) for element in elements]
    if math.prod(map(len, choices)) > MAX_VARIANTS:
        raise PatternError("pattern-too-wide", _TOO_WIDE)
    said = [[word for words in choice for word in words] for choice in itertools.product(*choices)]
    forms = [[word.text for word in normalise(words)] for words in said]
    if forms == said:
        return [elements]
    ways: list[Way] = [tuple(Element(kind="word", words=(word,)) for word in words) for words in forms]
    return _merged(ways)


def _merged(ways: Sequence[Way]) -> list[Way]:
    """Make one way again of those that differ in one plain word."""
    for position in range(max(map(len, ways))):
        together: dict[tuple[Way, Way], dict[str, None]] = {}
        for way in ways:
            apart = position >= len(way) or not _is_plain(way[position])
            key = (way, ()) if apart else (way[:position], way[position + 1 :])
            together.setdefault(key, {}).update(dict.fromkeys(() if apart else way[position].words))
        ways = [
            (*before, Element(kind="word", words=tuple(words)), *after) if words else before
            for (before, after), words in together.items()
        ]
    return list(ways)


def _variant(way: Way) -> Variant:
    needed = [element for element in way if not element.optional]
    if not any(element.kind in {"word", "prefix", "money"} for element in needed):
        raise PatternError("pattern-empty", "one way to say it has no word of its own and would be found everywhere")
    if needed[0].kind == "gap" or needed[-1].kind == "gap":
        raise PatternError("pattern-gap", "a gap such as `~3` stands between words, not at the beginning or the end")
    if sum(element.kind == "gap" for element in way) > MAX_GAPS:  # each multiplies what has to be tried
        raise PatternError("pattern-gap", f"more than {MAX_GAPS} gaps such as `~3`; make several phrases of it")
    return Variant(elements=way, loose=_loose(way), negative=has_negator([word for e in way for word in e.words[:1]]))


def _loose(way: Way) -> tuple[tuple[str, ...], ...]:
    """Return the word sequences of a way that are long enough to be matched by similarity."""
    choices = [(*((word,) for word in element.words), *(((),) if element.optional else ())) for element in way]
    if any(element.kind not in {"word", "prefix"} for element in way) or math.prod(map(len, choices)) > MAX_LOOSE_WAYS:
        return ()
    sequences = []
    for choice in itertools.product(*choices):
        said = [word for words in choice for word in words]
        plain = tuple(said[i] for i in without_asides(said))
        if len(plain) >= MIN_LOOSE_WORDS and len(" ".join(plain)) >= MIN_LOOSE_CHARACTERS:
            sequences.append(plain)
    return tuple(dict.fromkeys(sequences))
