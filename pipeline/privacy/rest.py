"""Find what is left of a number that was found: a group of two digits, "for" for "four", an unknown word.

A number is read out over several turns, and a recogniser drops and garbles single digits. Between its first and last
masked word, and shortly after, short turns that hold little else than digits belong to it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field

from pipeline.privacy.cards import UNITS
from pipeline.privacy.cues import find_cues
from pipeline.privacy.digits import Kind, read
from pipeline.privacy.masks import IS_MASK, Mask, covered, masked_words
from pipeline.privacy.name_words import NO_NAME
from pipeline.records import Turn

KINDS = ("card_number", "security_code", "social_security_number", "account_number", "phone_number")
STRICT_KINDS = KINDS[:3]
TURNS_BETWEEN = 3
TURNS_AROUND = 2
MAX_WORDS = 14
MIN_DIGITS_WITH_WORD = 2
MAX_ECHO_WORDS = 2
# A digit as a recogniser may write it; taken for one only beside others.
_SOUNDS = frozenset("for to too won ate tree free sex nein".split())  # noqa: SIM905 - a list of words
_COUNTED = UNITS | frozenset("moment moments second seconds sec thing things more last first question".split())  # noqa: SIM905


@dataclass(kw_only=True, slots=True)
class _Reading:
    """A number that is being read out: its masked words by turn."""

    kind: str
    masked: dict[int, list[int]] = field(default_factory=dict)


def find_rest(turns: Sequence[Turn], masks: Sequence[Mask]) -> Iterator[Mask]:
    """Yield what else belongs to the numbers that are masked, now or before."""
    taken = covered(masks)
    for reading in _readings(turns, masks):
        first, last = min(reading.masked), max(reading.masked)
        speakers = {(turns[position].role, turns[position].channel) for position in reading.masked}
        for position in range(max(first - TURNS_AROUND, 0), min(last + TURNS_AROUND + 1, len(turns))):
            masked = reading.masked.get(position, [])
            other_kinds = {k for at, k in taken if at == position} - set(masked)
            turn, before = turns[position], turns[max(position - 1, 0)]
            trusted = (turn.role, turn.channel) in speakers or (position > first and turn.text == before.text)
            inside = first <= position <= last
            strict = reading.kind in STRICT_KINDS
            rest = _rest_of_turn(turn, masked, other_kinds, trusted=trusted, inside=inside, strict=strict)
            yield from (Mask(turn=position, first=low, last=high, kind=reading.kind) for low, high in rest)


def _readings(turns: Sequence[Turn], masks: Sequence[Mask]) -> list[_Reading]:
    found: list[_Reading] = []
    for kind in KINDS:
        places = {*covered(mask for mask in masks if mask.kind == kind)}
        places |= {*masked_words(turns, kind)}
        before: int | None = None
        for position, place in sorted(places):
            if before is None or position - before > TURNS_BETWEEN:
                found.append(_Reading(kind=kind))
            found[-1].masked.setdefault(position, []).append(place)
            before = position
    return found


def _rest_of_turn(
    turn: Turn, masked: Sequence[int], taken: Set[int], *, trusted: bool, inside: bool, strict: bool
) -> Iterator[tuple[int, int]]:
    """Yield the first and last words of what belongs to a number in a turn.

    Args:
        turn: The turn.
        masked: Its words that are masked as this number.
        taken: Its words that are masked as something else.
        trusted: Whether the one who reads the number out speaks, or it is repeated word for word.
        inside: Whether the number goes on after this turn.
        strict: Whether one unknown word beside digits is taken for one of them, misheard.
    """
    words = _sorted_words(turn, masked, taken, trusted=trusted, strict=strict)
    if any(_plain(turn.words[place].text) in _COUNTED for place in words.others):
        return
    if len(turn.words) <= MAX_ECHO_WORDS and not words.others and not trusted:  # "seven." "Seven."
        words.digits = [p for p in words.solid if p not in masked and p not in taken and not _is_mask(turn, p)]
        belongs = True
    elif masked or (inside and trusted):
        belongs = len(words.others) <= 1
    else:
        count = sum(max(len(read(turn.words[place].text).digits), 1) for place in words.digits)
        belongs = count >= (1 if trusted else 2) and len(words.others) <= (count >= MIN_DIGITS_WITH_WORD)
    if belongs and len(turn.words) <= MAX_WORDS:
        known = [*masked, *words.digits]
        unknown = [place for place in words.others if strict and _may_be_digit(turn, place, masked)]
        chosen = [*words.digits, *(place for place in unknown if _beside(place, known, words.solid))]
    else:
        chosen = sorted(_reached(words.digits, masked)) if strict else []
    anchors = {*masked, *chosen}
    for place in chosen:
        around = range(place - MAX_WORDS, place + MAX_WORDS + 1)
        near = [
            other for other in around if other in anchors and other != place and _beside(place, [other], words.solid)
        ]
        yield min([place, *near]), max([place, *near])


def _reached(digits: Sequence[int], masked: Sequence[int]) -> set[int]:
    """Return the digits that are at most two words from a masked word, or from another that is."""
    reached = set(masked)
    for order in (digits, digits[::-1]):
        for place in order:
            if not reached.isdisjoint(range(place - 2, place + 3)):
                reached.add(place)
    return reached & set(digits)


@dataclass(kw_only=True, slots=True)
class _Words:
    """Places of a turn's words that are not masked: digits, others; `solid` are all but fillers, masked ones too."""

    digits: list[int]
    others: list[int]
    solid: list[int]


def _sorted_words(turn: Turn, masked: Sequence[int], taken: Set[int], *, trusted: bool, strict: bool) -> _Words:
    words, known = _Words(digits=[], others=[], solid=[]), set(masked)
    for place, word in enumerate(turn.words):
        kind, sound = read(word.text).kind, strict and _plain(word.text) in _SOUNDS
        if place in known or kind is not Kind.FILLER or sound:  # "let me see" makes no gap
            words.solid.append(place)
        if place in known or place in taken or _is_mask(turn, place):
            continue
        if kind in {Kind.DIGITS, Kind.TENS, Kind.MULTIPLIER}:
            words.digits.append(place)
        elif sound:
            is_digit = any(k in known or k in words.digits[-3:] for k in range(place - 1, place + 2)) or (
                trusted and place == words.solid[0]
            )
            words.digits += [place] if is_digit else []
        elif kind is Kind.OTHER:
            words.others.append(place)
    return words


def _may_be_digit(turn: Turn, place: int, masked: Sequence[int]) -> bool:
    """Tell whether an unknown word can be a misheard digit: it is inside a number, or no ordinary word."""
    if masked and min(masked) < place < max(masked):
        return True
    is_cue = any(cue.first <= place <= cue.last for cue in find_cues([turn]))
    return not is_cue and _plain(turn.words[place].text) not in NO_NAME


def _is_mask(turn: Turn, place: int) -> bool:
    return IS_MASK.match(turn.words[place].text) is not None


def _beside(place: int, places: Sequence[int], solid: Sequence[int]) -> bool:
    """Tell whether there is at most one word between a place and one of the others, fillers not counted."""
    return any(bisect_left(solid, max(place, other)) - bisect_right(solid, min(place, other)) <= 1 for other in places)


def _plain(text: str) -> str:
    return text.casefold().strip(".,;:?!")
