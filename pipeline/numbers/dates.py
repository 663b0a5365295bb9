"""Read dates and times of day that are said in words: "the fifth of May", "May 5", "half past nine"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.numbers.numerals import Breaks, Normal, following, read_numeral, read_ordinal, written_ordinal
from pipeline.numbers.runs import YEAR, read_run
from pipeline.numbers.units import UNIT_WORDS

_MONTH_LIST = "january february march april may june july august september october november december"
MONTHS = {month: month for month in _MONTH_LIST.split()}
MONTHS |= {month[:3]: month for month in MONTHS if month not in {"march", "may"}} | {"sept": "september"}
_VERBS = frozenset({"may", "march"})
_BEFORE_DATE_LIST = "on by since until till from before after through between dated of for due"
_BEFORE_DATE = frozenset(_BEFORE_DATE_LIST.split())
# "in may 5 people called", "you may 5 times"
_BEFORE_MONTH_ONLY = frozenset({"in", "this", "last", "next", "every", "during"})
_BEFORE_VERB = frozenset({"i", "you", "he", "she", "it", "we", "they", "that", "this", "which", "who", "there"})
_DAY = re.compile("[1-9]|[12][0-9]|3[01]")
_HALF_PAST = {("half", "past"): 30, ("quarter", "past"): 15, ("quarter", "after"): 15, ("quarter", "to"): -15}


def read_date(words: Sequence[str], breaks: Breaks, i: int) -> list[Normal]:
    """Return month and day of the date that begins at word ``i``, in this order; nothing where none does."""
    return _month_first(words, breaks, i) or _day_first(words, breaks, i)


def _month_first(words: Sequence[str], breaks: Breaks, i: int) -> list[Normal]:
    """Return the date of ``may 5``, ``may fifth`` and ``may the fifth``, the year not among it."""
    if words[i] not in MONTHS:
        return []
    before = words[i - 1] if i and not breaks[i - 1] else ""
    at = i + 1 + (following(words, breaks, i + 1) == "the")
    if not following(words, breaks, at):
        return []
    if day := read_ordinal(words, breaks, at):
        # "you may first want to": only after "on" is that a date
        verb = words[i] in _VERBS and words[at] in {"first", "second"} and before not in _BEFORE_DATE
        return [] if verb or day[0] > 31 else _date(words[i], day[0], i, day[1])
    numeral = read_numeral(words, breaks, at) if at == i + 1 else None
    run = read_run(words, breaks, at) if numeral else []
    if numeral is None or not run or YEAR.fullmatch(run[0].digits):
        return []
    rest = read_run(words, breaks, numeral.end) if numeral.end < len(words) else []
    has_year = bool(rest and YEAR.fullmatch(rest[0].digits))
    verb = words[i] in _VERBS and (before in _BEFORE_VERB or words[at] == "one")
    counts = following(words, breaks, numeral.end) in UNIT_WORDS or before in _BEFORE_MONTH_ONLY
    if verb or (counts and not has_year) or not numeral.whole or not _DAY.fullmatch(numeral.digits):
        return []
    return _date(words[i], int(numeral.digits), i, numeral.end)


def _day_first(words: Sequence[str], breaks: Breaks, i: int) -> list[Normal]:
    """Return the date of ``the fifth of may``, ``5th of may`` and ``5 april``, the year not among it."""
    at = i + (words[i] == "the")
    if at > i and not following(words, breaks, at):
        return []
    day = read_ordinal(words, breaks, at)
    if day is None:
        numeral = read_numeral(words, breaks, at)
        if numeral is None or not _DAY.fullmatch(numeral.digits) or words[at] in {"one", "a"}:
            return []
        day = int(numeral.digits), numeral.end
    has_of = following(words, breaks, day[1]) == "of"
    month = following(words, breaks, day[1] + has_of)
    if not 1 <= day[0] <= 31 or month not in MONTHS:
        return []
    end = day[1] + has_of + 1
    after = read_ordinal(words, breaks, end) if following(words, breaks, end) else None
    if after and words[after[1] - 1] != "second":
        return []  # "the second june fifth deadline"
    if not has_of and MONTHS[month] in _VERBS:  # "the first may be late", "5 may be enough"
        before = words[i - 1] if i else ""
        year = read_run(words, breaks, end) if following(words, breaks, end) else []
        if before not in _BEFORE_DATE and not (year and YEAR.fullmatch(year[0].digits)):
            return []
    return _date(month, day[0], i, end)


def _date(month: str, day: int, start: int, end: int) -> list[Normal]:
    return [Normal(text=text, start=start, end=end) for text in (MONTHS[month], written_ordinal(day))]


def read_past_the_hour(words: Sequence[str], breaks: Breaks, i: int) -> list[Normal]:
    """Return the time of ``half past nine`` and ``a quarter to ten``; nothing where none begins at word ``i``."""
    at = i + (words[i] == "a")
    minutes = _HALF_PAST.get((following(words, breaks, at) if at > i else words[i], following(words, breaks, at + 1)))
    hour = read_numeral(words, breaks, at + 2) if minutes and following(words, breaks, at + 2) else None
    if minutes is None or hour is None or not hour.whole or not 1 <= int(hour.digits) <= 12:
        return []
    hours = int(hour.digits) if minutes > 0 else (int(hour.digits) + 10) % 12 + 1
    return [Normal(text=f"{hours}{minutes % 60}", start=i, end=hour.end)]
