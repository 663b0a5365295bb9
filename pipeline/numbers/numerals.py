"""Read one number out of words, spoken or written: "one hundred and five", "1.5 million", "twenty first", "9:30"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

_UNIT_LIST = "one two three four five six seven eight nine"
_TEEN_LIST = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS_LIST = "twenty thirty forty fifty sixty seventy eighty ninety"
_ORDINAL_LIST = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth"
)
UNITS = {word: n for n, word in enumerate(_UNIT_LIST.split(), 1)}
_TEENS = {word: n for n, word in enumerate(_TEEN_LIST.split(), 10)}
_TENS = {word: 10 * n for n, word in enumerate(_TENS_LIST.split(), 2)}
_SMALL = UNITS | _TEENS | _TENS
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9}
BIG = {"hundred": 100} | _SCALES
ZEROS = frozenset({"zero", "nought"})
CARDINALS = frozenset({*_SMALL, *BIG, *ZEROS})
ORDINALS = {word: n for n, word in enumerate(_ORDINAL_LIST.split(), 1)}
ORDINALS |= {word[:-1] + "ieth": n for word, n in _TENS.items()}
_ORDINAL_WORDS = {n: word for word, n in ORDINALS.items()}
_WRITTEN = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_WRITTEN_ORDINAL = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th)")
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_HALVES = {"half": ".5", "quarter": ".25"}
# "at one point two people called" is no 1.2
_BEFORE_ONE_POINT = frozenset({"at", "this", "that", "some", "the", "no", "any", "which", "every"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Numeral:
    """Words ``[start, end)`` are a number.

    Attributes:
        digits: The number in digits, with a decimal point where it has one.
        single: True for one digit by itself, as digits are read out.
        whole: True for a number that can be a part of a longer one that is read out in parts ("eight hundred").
    """

    digits: str
    start: int
    end: int
    single: bool = False
    whole: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Normal:
    """One comparable word that stands for the words ``[start, end)``; the words of one amount share them."""

    text: str
    start: int
    end: int


Breaks = Sequence[bool]


def begins_number(word: str) -> bool:
    """Tell whether a word may by itself be a number: spoken, or written and beginning with a digit."""
    return word in CARDINALS or word[:1].isdecimal()


def ordinal(n: int) -> str:
    """Return an ordinal as matching wants it: the word where one word says it, else digits (``21st``)."""
    return _ORDINAL_WORDS.get(n) or written_ordinal(n)


def written_ordinal(n: int) -> str:
    """Return an ordinal in digits: ``5th``."""
    ending = "th" if n % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"


def read_ordinal(words: Sequence[str], breaks: Breaks, i: int) -> tuple[int, int] | None:
    """Return the value (1 to 99) of the ordinal that begins at word ``i`` and the index behind it, None without one."""
    word = words[i]
    if written := _WRITTEN_ORDINAL.fullmatch(word):
        return (int(written[1]), i + 1) if int(written[1]) else None
    if word in ORDINALS:
        return ORDINALS[word], i + 1
    after = following(words, breaks, i + 1)
    if word in _TENS and ORDINALS.get(after, 10) < 10:
        return _TENS[word] + ORDINALS[after], i + 2
    return None


def read_numeral(words: Sequence[str], breaks: Breaks, i: int) -> Numeral | None:
    """Return the cardinal number that begins at word ``i``, as long as it goes, None without one.

    Args:
        words: Folded words, contractions written out.
        breaks: For each word whether a clause ends behind it; no number goes on past that.
        i: Index of the first word.
    """
    word = words[i]
    if clock := _CLOCK.fullmatch(word):
        minutes = "" if clock[2] == "00" else clock[2]
        return Numeral(digits=str(int(clock[1])) + minutes, start=i, end=i + 1, whole=False)
    if word in ZEROS:
        return _with_fraction(words, breaks, Numeral(digits="0", start=i, end=i + 1, single=True))
    value, end, first = _first_group(words, breaks, i)
    if value is None:
        return None
    value, end = _scaled(words, breaks, value, end)
    if end == first == i + 1 and _WRITTEN.fullmatch(word):  # as it stands: "07" keeps its zero
        digits = word if "." not in word else _plain(Decimal(word))
        numeral = Numeral(digits=digits, start=i, end=end, single=len(word) == 1, whole="." not in digits)
    else:
        single = end == i + 1 and word in UNITS
        digits = _plain(value)
        numeral = Numeral(digits=digits, start=i, end=end, single=single, whole="." not in digits)
    return _with_fraction(words, breaks, numeral)


def _first_group(words: Sequence[str], breaks: Breaks, i: int) -> tuple[Decimal | None, int, int]:
    """Return the value of the words before "thousand", the index behind them, and the one behind the bare number."""
    word = words[i]
    if word == "a" and (i == 0 or words[i - 1] != "half") and following(words, breaks, i + 1) in BIG:
        value, end = Decimal(1), i + 1
    elif _WRITTEN.fullmatch(word):
        value, end = Decimal(word), i + 1
    elif small := _small(words, breaks, i):
        value, end = Decimal(small[0]), small[1]
    else:
        return None, i, i
    first = end
    if following(words, breaks, end) == "hundred" and 0 < value < 100 and value == int(value):
        value, end = value * 100, end + 1
        if tail := _tail(words, breaks, end):
            value, end = value + tail[0], tail[1]
    return value, end, first


def _scaled(words: Sequence[str], breaks: Breaks, value: Decimal, end: int) -> tuple[Decimal, int]:
    """Return a value multiplied by the scales that follow, with the smaller groups behind them."""
    total, group = Decimal(0), value
    limit = Decimal(10**12)
    while group < 1000 and (scale := _SCALES.get(following(words, breaks, end))) and scale < limit:
        limit = Decimal(scale)
        total, group, end = total + group * scale, Decimal(0), end + 1
        while (again := _SCALES.get(following(words, breaks, end))) is not None:  # "a thousand million"
            total, end = total * again, end + 1
        if following(words, breaks, end) == "and":
            if tail := _tail(words, breaks, end):
                return total + tail[0], tail[1]
            return total, end
        if not following(words, breaks, end) or words[end] == "a" or _reads_digits(words, breaks, end):
            return total, end
        smaller, after, _ = _first_group(words, breaks, end)
        if smaller is None or smaller >= min(limit, Decimal(1000)) or smaller != int(smaller):
            return total, end
        if smaller * _SCALES.get(following(words, breaks, after), 1) >= limit:
            return total, end
        group, end = smaller, after
    return total + group, end


def _small(words: Sequence[str], breaks: Breaks, i: int) -> tuple[int, int] | None:
    word = words[i]
    if word not in _SMALL:
        return None
    after = following(words, breaks, i + 1)
    if word in _TENS and after in UNITS:
        return _TENS[word] + UNITS[after], i + 2
    return _SMALL[word], i + 1


def _tail(words: Sequence[str], breaks: Breaks, i: int) -> tuple[int, int] | None:
    """Return the rest behind "hundred": the five of "and five", not the two of "and two hundred"."""
    has_and = following(words, breaks, i) == "and"
    at = i + has_and
    if not following(words, breaks, at) or (not has_and and _reads_digits(words, breaks, at)):
        return None
    small = _small(words, breaks, at)
    if small is None and re.fullmatch(r"[1-9][0-9]?", words[at]):
        small = int(words[at]), at + 1
    return None if small is None or following(words, breaks, small[1]) == "hundred" else small


def _reads_digits(words: Sequence[str], breaks: Breaks, i: int) -> bool:
    """Tell whether single digits follow one another: "eight hundred | five five five" is no 805."""
    return all(following(words, breaks, k) in {*UNITS, *ZEROS, "oh", *"0123456789"} for k in (i, i + 1))


def _with_fraction(words: Sequence[str], breaks: Breaks, numeral: Numeral) -> Numeral:
    """Return a whole number with the fraction that is spoken behind it: "point five", "and a half"."""
    end = numeral.end
    if not numeral.whole:
        return numeral
    said = tuple(following(words, breaks, end + k) for k in range(3))
    if said[:2] == ("and", "a") and said[2] in _HALVES:
        return _fraction(words, breaks, numeral, _HALVES[said[2]], end + 3)
    before = words[numeral.start - 1] if numeral.start else ""
    if said[0] != "point" or (words[numeral.start] == "one" and before in _BEFORE_ONE_POINT):
        return numeral
    decimals, at = "", end + 1
    while word := following(words, breaks, at):
        is_oh = word == "oh" and (decimals or following(words, breaks, at + 1) in UNITS)
        if not is_oh and word not in UNITS and word not in ZEROS:
            break
        decimals, at = decimals + str(UNITS.get(word, 0)), at + 1
    if not decimals and said[1]:
        small = _small(words, breaks, at)
        if small is None and re.fullmatch("[0-9]{1,4}", said[1]):
            decimals, at = said[1], at + 1
        elif small:
            decimals, at = str(small[0]), small[1]
    return _fraction(words, breaks, numeral, "." + decimals, at) if decimals else numeral


def _fraction(words: Sequence[str], breaks: Breaks, numeral: Numeral, decimals: str, end: int) -> Numeral:
    value = Decimal(numeral.digits + decimals)
    while (scale := _SCALES.get(following(words, breaks, end))) is not None:  # "one and a half million"
        value, end = value * scale, end + 1
    return Numeral(digits=_plain(value), start=numeral.start, end=end, whole=False)


def following(words: Sequence[str], breaks: Breaks, i: int) -> str:
    """Return word ``i`` where it follows its predecessor in one clause, else an empty word."""
    return words[i] if i < len(words) and not breaks[i - 1] else ""


def _plain(value: Decimal) -> str:
    """Return a value in digits, without an exponent and without zeros behind the point that say nothing."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
