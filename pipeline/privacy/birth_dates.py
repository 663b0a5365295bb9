"""Find dates of birth: a date, in words or digits, that was asked for or is told as one. Other dates stay."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.privacy.cues import Cue
from pipeline.privacy.masks import Mask, masked_words
from pipeline.privacy.stretch import Stretch
from pipeline.records import Turn

KIND = "date_of_birth"
CUE_TURNS = 4
ECHO_TURNS = 6
MAX_WORDS_BEFORE = 6
_UNITS = "one|two|three|four|five|six|seven|eight|nine"
_TEENS = "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_UNDER_100 = rf"(?:(?:{_TENS})(?: (?:{_UNITS}))?|{_TEENS}|(?:oh |o |zero )?(?:{_UNITS})|\d{{1,2}})"
_ORDINALS = (
    "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth|fifteenth"
    "|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|thirtieth"
)
_DAY = rf"(?:(?:twenty |thirty )?(?:{_ORDINALS})|\d{{1,2}}(?:st|nd|rd|th)?|{_UNDER_100})"
_MONTH = (
    "(?:january|february|march|april|may|june|july|august|september|october|november|december"
    "|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)"
)
_YEAR = (
    rf"(?:(?:19|20)\d\d|(?:nineteen|twenty|19|20)(?: hundred)?(?: and)? {_UNDER_100}"
    rf"|two thousand(?:(?: and)? {_UNDER_100})?|{_UNDER_100})"
)
_SEPARATED = r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}"
_LONG = (
    rf"(?:the )?{_DAY}(?: day)?(?: of)? {_MONTH}(?:(?: of| in)?(?: the year)? {_YEAR})?"
    rf"|{_MONTH}(?: the)? {_DAY}(?:(?: of| in)? {_YEAR})?|{_MONTH}(?: of)? (?:19|20)\d\d|{_SEPARATED}"
)
# Without a month's name only right after the question.
_BARE_YEAR = rf"(?:19\d\d|20[01]\d|nineteen {_UNDER_100}|two thousand(?: {_UNDER_100})?)"
_SHORT = rf"{_UNDER_100} {_UNDER_100} {_YEAR}|\d{{6,8}}|{_BARE_YEAR}"
_GLUE = frozenset({"the", "of", "and", "in", "day"})
_NO_YEAR = re.compile(rf"(?:{_UNITS}|{_TEENS})")
_DATE = re.compile(rf"\b(?:{_LONG})\b")
_ANY_DATE = re.compile(rf"\b(?:{_LONG}|{_SHORT})\b")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Date:
    """A date: the (turn, word) where it begins, its words, and whether it is one without being asked for."""

    place: tuple[int, int]
    stretch: Stretch
    match: re.Match[str]

    @property
    def sure(self) -> bool:
        return bool(_DATE.fullmatch(self.match.group()))

    def masks(self) -> Iterator[Mask]:
        first, last = (self.stretch.at(char) for char in (self.match.start(), self.match.end() - 1))
        for i in range(first, last):  # "the 28th of October. Two of my colleagues": that is no year
            rest = " ".join(word.plain for word in self.stretch.words[i + 1 : last + 1])
            if self.stretch.words[i].raw.rstrip()[-1:] in set(".?!") and _NO_YEAR.fullmatch(rest):
                last = i
                break
        return self.stretch.masks(first, last, KIND)


def find_birth_dates(turns: Sequence[Turn], stretches: Sequence[Stretch], cues: Sequence[Cue]) -> Iterator[Mask]:
    """Yield the dates that answer "date of birth" or stand beside it, and their echoes.

    Args:
        turns: The call.
        stretches: What the speakers say.
        cues: All cues of the call.
    """
    dates = [
        _Date(place=_place(stretch, match.start()), stretch=stretch, match=match)
        for stretch in stretches
        for match in _ANY_DATE.finditer(stretch.text)
    ]
    dates.sort(key=lambda date: date.place)
    answered = masked_words(turns, KIND)
    for cue in cues:
        if cue.kind == KIND and (told := _told(cue, dates, answered, turns)):
            yield from told.masks()
            for again in dates:
                is_echo = 0 <= again.place[0] - told.place[0] <= ECHO_TURNS and _alike(told.match, again.match)
                if is_echo and (again.sure or again.match.group() == told.match.group()):
                    yield from again.masks()


def _told(cue: Cue, dates: Sequence[_Date], answered: Sequence[tuple[int, int]], turns: Sequence[Turn]) -> _Date | None:
    """Return the date that a cue speaks of: the first behind it, or else the last before it in the same turn."""
    behind = [date for date in dates if date.place > (cue.turn, cue.last) and date.place[0] - cue.turn <= CUE_TURNS]
    behind = [date for date in behind if date.place[0] == cue.turn or _other(turns, date.place[0], cue.turn)]
    # what was masked before was the answer
    behind = [date for date in behind if not any((cue.turn, cue.last) < place < date.place for place in answered)]
    # "5 3 81" or "1981" is only a date right behind the question; one with its month may come later
    answers = [date for date in behind if date.sure or (date is behind[0] and _near(cue, date))]
    before = [date for date in dates if date.place[0] == cue.turn and date.place < (cue.turn, cue.first) and date.sure]
    return answers[0] if answers else before[-1] if before else None


def _other(turns: Sequence[Turn], turn: int, asked: int) -> bool:
    """Tell whether another speaks than the one who asked; an agent who names a date later speaks of something else."""
    return (turns[turn].role, turns[turn].channel) != (turns[asked].role, turns[asked].channel)


def _near(cue: Cue, date: _Date) -> bool:
    """Tell whether a date comes within two turns and few words of the cue."""
    turn, place = date.place
    return turn - cue.turn <= 2 and (place - cue.last if turn == cue.turn else place) <= MAX_WORDS_BEFORE


def _alike(first: re.Match[str], again: re.Match[str]) -> bool:
    """Tell whether two dates share half of their words: one is the other again, or a part of it."""
    one, two = (set(match.group().split()) - _GLUE for match in (first, again))
    return bool(one & two) and len(one & two) * 2 >= min(len(one), len(two))


def _place(stretch: Stretch, char: int) -> tuple[int, int]:
    word = stretch.words[stretch.at(char)]
    return word.turn, word.place
