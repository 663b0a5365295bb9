"""Read digits that are said as amounts: "four thousand one hundred eleven" (4111), "fifteen ones"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.privacy.digits import Kind, read
from pipeline.records import Turn

_PLURALS = {
    f"{word}{ending}": digit
    for word, ending, digit in (
        ("zero", "s", "0"), ("zero", "es", "0"), ("oh", "s", "0"), ("one", "s", "1"), ("two", "s", "2"),
        ("three", "s", "3"), ("four", "s", "4"), ("five", "s", "5"), ("six", "es", "6"), ("seven", "s", "7"),
        ("eight", "s", "8"), ("nine", "s", "9"),
    )
}  # fmt: skip
MAX_REPEATED = 19
_AMOUNT_WORDS = frozenset(_PLURALS) | {"hundred", "thousand"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Amount:
    """Digits up to the word ``last``; ``apart`` are those where what follows "hundred" is said for itself."""

    digits: str
    last: int
    apart: str = ""


def says_amounts(turns: Sequence[Turn]) -> bool:
    """Tell whether any turn holds a word that makes an amount: without one, reading amounts changes nothing."""
    return any(word.text.casefold().strip(".,;:?!") in _AMOUNT_WORDS for turn in turns for word in turn.words)


def amount_at(words: Sequence[str], first: int) -> Amount | None:
    """Return the amount that begins at a word, folded and without punctuation; None where none does.

    "Fifty five hundred twelve" is 5512, or 5500 and 12. Only numbers below a million are read: longer ones are no
    groups of a card number.
    """
    below, last = _below_100(words, first)
    if below is None or last + 1 >= len(words):
        return None
    unit = words[last + 1]
    if unit in _PLURALS and 1 < below <= MAX_REPEATED:
        return Amount(digits=_PLURALS[unit] * below, last=last + 1)
    if unit == "hundred" and below > 0:
        return _with_rest(words, str(below), last + 1, 2)
    if unit != "thousand" or below == 0:
        return None
    hundreds, place = _below_100(words, _behind_and(words, last + 2))
    if hundreds is not None and 0 < hundreds < 10 and words[place + 1 : place + 2] == ["hundred"]:
        return _with_rest(words, f"{below}{hundreds}", place + 1, 2)
    return _with_rest(words, str(below), last + 1, 3)


def _with_rest(words: Sequence[str], head: str, last: int, width: int) -> Amount:
    """Return an amount with the tens and units behind "hundred" or "thousand", which are ``width`` places."""
    rest, place = _below_100(words, _behind_and(words, last + 1))
    alone = head + "0" * width
    if not rest:  # "hundred zero zero" are digits of their own
        return Amount(digits=alone, last=last)
    return Amount(digits=f"{head}{rest:0{width}d}", apart=f"{alone}{rest}", last=place)


def _behind_and(words: Sequence[str], place: int) -> int:
    return place + 1 if words[place : place + 1] == ["and"] else place


def _below_100(words: Sequence[str], first: int) -> tuple[int | None, int]:
    """Return the number below 100 that begins at a word, and its last word."""
    if first >= len(words):
        return None, first
    reading = read(words[first])
    if reading.kind is Kind.TENS and first + 1 < len(words):
        unit = read(words[first + 1])
        if unit.kind is Kind.DIGITS and unit.digits in set("123456789"):
            return int(reading.digits) + int(unit.digits), first + 1
    if reading.kind in {Kind.DIGITS, Kind.TENS} and len(reading.digits) <= 2:
        return int(reading.digits), first
    return None, first
