"""Bring numbers, amounts, dates and times to one form, so that "$150" meets "a hundred and fifty bucks"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.numbers.dates import MONTHS, read_date, read_past_the_hour
from pipeline.numbers.numerals import (
    BIG,
    CARDINALS,
    ORDINALS,
    Breaks,
    Normal,
    Numeral,
    begins_number,
    following,
    ordinal,
    read_ordinal,
)
from pipeline.numbers.runs import OHS, TIMES_OVER, read_run
from pipeline.numbers.units import CURRENCIES, SIGNS, SMALL_CURRENCIES, UNIT_WORDS

# Words at which a number may begin, or go on, though they are none by themselves.
_BESIDE = frozenset({*SIGNS, *CURRENCIES, *MONTHS, *OHS, *TIMES_OVER, "a", "half", "per", "quarter", "the"})
_BEHIND = frozenset({"after", "and", "cent", "m", "o'clock", "of", "p", "past", "pence", "percent", "point", "to"})


_BEGINNINGS = frozenset({*_BESIDE, *ORDINALS, *CARDINALS})


def normalise(words: Sequence[str], breaks: Breaks | None = None) -> tuple[Normal, ...]:
    """Return words with every number in one form: digits, whatever way it was said or written.

    ``a hundred and fifty bucks`` and ``$ 150`` give ``150 dollars``; ``fifth of may`` gives ``may 5th``; digits read
    out one by one or in pairs are joined. "One" by itself stays a word, and so does an ordinal of one word; all words
    that belong to no number stay as they are.

    Args:
        words: Folded words, as `spoken_tokens` and the expansion of contractions give them.
        breaks: For each word whether a clause ends behind it; None where that is not known.
    """
    breaks = [False] * len(words) if breaks is None else breaks
    found: list[Normal] = []
    i = 0
    while i < len(words):
        group = _group(words, breaks, i) if words[i] in _BEGINNINGS or begins_number(words[i]) else ()
        found += group or [Normal(text=words[i], start=i, end=i + 1)]
        i = found[-1].end
    return tuple(found)


def is_number_or_unit(word: str) -> bool:
    """Tell whether a word is a number or a unit of money or percent, and so makes its neighbours parts of one."""
    return begins_number(word) or word in ORDINALS or word in CURRENCIES or word in SIGNS or word in {"cent", "half"}


def is_beside_number(word: str) -> bool:
    """Tell whether a word can be part of a number, an amount, a date or a time, and so change with its neighbours."""
    return word in _BEGINNINGS or word in _BEHIND or begins_number(word)


def _group(words: Sequence[str], breaks: Breaks, i: int) -> Sequence[Normal]:
    """Return the words of the amount, date, time or number that begins at ``i``; nothing where none does."""
    for read in (read_date, _read_unit, read_past_the_hour, _read_ordinal, _read_amount):
        if group := read(words, breaks, i):
            return group
    return ()


def _read_unit(words: Sequence[str], breaks: Breaks, i: int) -> Sequence[Normal]:
    word = words[i]
    if word in SIGNS and i + 1 < len(words) and (run := read_run(words, breaks, i + 1)):
        return _amount(words, breaks, run[0], SIGNS[word], start=i)
    if word in SIGNS or word in CURRENCIES:
        return [Normal(text=(SIGNS | CURRENCIES)[word], start=i, end=i + 1)]
    if word == "per" and following(words, breaks, i + 1) == "cent":
        return [Normal(text="percent", start=i, end=i + 2)]
    unit = [following(words, breaks, i + 1), following(words, breaks, i + 2)]
    if word in BIG and (unit[0] == "percent" or unit == ["per", "cent"]):
        return [Normal(text=str(BIG[word]), start=i, end=i + 1)]
    return ()


def _read_ordinal(words: Sequence[str], breaks: Breaks, i: int) -> Sequence[Normal]:
    day = read_ordinal(words, breaks, i)
    if day is None or (day[1] == i + 2 and words[i + 1] == "second"):  # "twenty second" is a length of time too
        return ()
    return [Normal(text=ordinal(day[0]), start=i, end=day[1])]


def _read_amount(words: Sequence[str], breaks: Breaks, i: int) -> Sequence[Normal]:
    run = read_run(words, breaks, i)
    if not run:
        return ()
    unit = following(words, breaks, run[0].end)
    currency = (SIGNS | CURRENCIES).get(unit)
    if unit in SIGNS and begins_number(following(words, breaks, run[0].end + 1)):
        currency = None  # the sign belongs to the number behind it
    return _amount(words, breaks, run[0], currency, start=i) if currency else _with_unit(words, breaks, run[0])


def _amount(words: Sequence[str], breaks: Breaks, numeral: Numeral, currency: str, *, start: int) -> list[Normal]:
    """Return an amount with its currency, cents in it: ``8 dollars and 50 cents`` is ``8.5 dollars``."""
    end = numeral.end
    digits = str(int(numeral.digits)) if numeral.digits.isdecimal() else numeral.digits
    if (SIGNS | CURRENCIES).get(following(words, breaks, end)) == currency and not (
        words[end] in SIGNS and begins_number(following(words, breaks, end + 1))
    ):
        end += 1
    cents_at = end + (following(words, breaks, end) == "and")
    if currency in SMALL_CURRENCIES and "." not in digits and end > numeral.end and cents_at < len(words):
        run = read_run(words, breaks, cents_at) if not breaks[cents_at - 1] else []
        if len(run) == 1 and re.fullmatch("[0-9]{1,2}", run[0].digits):
            unit = following(words, breaks, run[0].end)
            named = CURRENCIES.get(unit, unit) in SMALL_CURRENCIES[currency]
            bare = len(run[0].digits) == 2 and cents_at == end and unit not in UNIT_WORDS
            if named or bare:
                digits = f"{digits}.{int(run[0].digits):02d}".rstrip("0").rstrip(".")
                end = run[0].end + named
    if digits.startswith("0.") and len(digits) <= 4 and currency in SMALL_CURRENCIES:
        digits, currency = str(int(digits[2:].ljust(2, "0"))), SMALL_CURRENCIES[currency][0]
    return [Normal(text=digits, start=start, end=end), Normal(text=currency, start=start, end=end)]


def _with_unit(words: Sequence[str], breaks: Breaks, numeral: Numeral) -> list[Normal]:
    """Return a number with the unit that decides how it is to be read, if one follows."""
    start, end = numeral.start, numeral.end
    unit = following(words, breaks, end)
    if unit in {"a", "p"} and following(words, breaks, end + 1) == "m":
        return [Normal(text=numeral.digits, start=start, end=end), Normal(text=unit + "m", start=end, end=end + 2)]
    behind = words[end + 1] if end + 1 < len(words) else ""
    if unit == "o'clock" and not begins_number(behind) and behind not in ORDINALS:
        unit, end = "", end + 1
    # "one" and "1" alone are the word: "one moment", "no one"
    alone = numeral.digits == "1" and unit not in UNIT_WORDS
    return [Normal(text="one" if alone else numeral.digits, start=start, end=end)]
