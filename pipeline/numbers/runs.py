"""Read numbers that are said one behind the other: digits one by one, pairs, "eight hundred, five five five"."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from pipeline.numbers.numerals import BIG, UNITS, ZEROS, Breaks, Numeral, begins_number, following, read_numeral
from pipeline.numbers.units import CURRENCIES

OHS = frozenset({"oh", "o"})
# "in oh seven" is a year; "oh two of them" is surprised
_BEFORE_OH = frozenset({"in", "since", "from", "is", "digits", "number", "code", "with", "year", "dial", "press"})
TIMES_OVER = {"double": 2, "triple": 3, "treble": 3}
_BEFORE_PRONOUN_ONE = frozenset("no which any every some this that another each other the only".split())  # noqa: SIM905
YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_MAX_READ_PAUSED = 4


def read_run(words: Sequence[str], breaks: Breaks, i: int) -> list[Numeral]:
    """Return the numbers that begin at word ``i`` one behind the other, those that are read out together joined."""
    read: list[Numeral] = []
    while i < len(words) and (numeral := _digit_or_numeral(words, breaks, i, read)):
        read.append(numeral)
        i = numeral.end
    while read and words[read[-1].start] in OHS:
        read.pop()
    if not read:
        return []
    joined = _joined(read, words, breaks)
    first = joined[0]
    if words[first.start] in OHS and not _is_zero(words, breaks, first, len(read)):
        return []
    return joined


def _digit_or_numeral(words: Sequence[str], breaks: Breaks, i: int, read: Sequence[Numeral]) -> Numeral | None:
    word = words[i]
    if word in OHS:
        return Numeral(digits="0", start=i, end=i + 1, single=True)
    if word == "one" and not read and i and words[i - 1] in _BEFORE_PRONOUN_ONE and not breaks[i - 1]:
        after = following(words, breaks, i + 1)
        if after not in BIG and after not in CURRENCIES and after not in {"percent", "point"}:
            return None
    digit = following(words, breaks, i + 1)
    if word in TIMES_OVER and (digit in UNITS or digit in ZEROS or digit in OHS or re.fullmatch("[0-9]", digit)):
        beside = read or begins_number(following(words, breaks, i + 2))
        digits = (digit if digit.isdecimal() else str(UNITS.get(digit, 0))) * TIMES_OVER[word]
        return Numeral(digits=digits, start=i, end=i + 2) if beside else None
    return read_numeral(words, breaks, i)


def _joined(read: Sequence[Numeral], words: Sequence[str], breaks: Breaks) -> list[Numeral]:
    """Return numbers said one behind the other, joined where they are parts of one that is read out.

    Two single digits stay apart ("two, three days"), and so do two equal numbers, which are one said twice.
    """
    cuts = [0]
    for k, (before, after) in enumerate(itertools.pairwise(read), 1):
        if not (before.whole and after.whole) or breaks[before.end - 1]:
            cuts.append(k)
    parts = [list(read[start:end]) for start, end in itertools.pairwise([*cuts, len(read)])]
    if len(read) >= _MAX_READ_PAUSED and all(numeral.single for numeral in read):  # "4, 1, 1, 1, 2"
        parts = [list(read)]
    joined: list[Numeral] = []
    for part in parts:
        digits = "".join(numeral.digits for numeral in part)
        twice = len(part) == 2 and part[0].digits == part[1].digits and not YEAR.fullmatch(digits)
        two_singles = len(part) == 2 and part[0].single and part[1].single and part[0].digits != "0"
        if len(part) == 1 or twice or two_singles:
            joined += part
        else:
            joined.append(Numeral(digits=digits, start=part[0].start, end=part[-1].end))
    return joined


def _is_zero(words: Sequence[str], breaks: Breaks, first: Numeral, count: int) -> bool:
    """Tell whether an "oh" at the beginning is a digit: before two more, where digits are asked for, or alone."""
    if first.end == first.start + 1:
        return False
    before = words[first.start - 1] if first.start and not breaks[first.start - 1] else ""
    alone = first.start == 0 and first.end == len(words)
    return count >= 3 or before in _BEFORE_OH or alone
