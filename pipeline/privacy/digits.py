"""Read digits out of words, written or spoken: "4111", "4-1-1-1", "forty-one eleven", "four, one, double one"."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from enum import Enum

from pipeline.text import fold


class Kind(Enum):
    """What a word is to a number that is being read out."""

    DIGITS = "digits"
    TENS = "tens"
    MULTIPLIER = "multiplier"
    FILLER = "filler"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """One word read: its digits (for a multiplier how often, as a digit)."""

    kind: Kind
    digits: str = ""


_UNITS = {"zero": "0", "oh": "0", "o": "0", "nought": "0", "naught": "0", "niner": "9"}
_UNITS |= {word: str(n) for n, word in enumerate("one two three four five six seven eight nine".split(), 1)}  # noqa: SIM905
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_SPOKEN = _UNITS | {word: str(n) for n, word in enumerate(_TEENS.split(), 10)}
_SPOKEN |= {word: f"{n}0" for n, word in enumerate(_TENS.split(), 2)}
_MULTIPLIERS = {"double": "2", "triple": "3", "treble": "3", "quadruple": "4"}
# What people say in the middle of a number without ending it. "for" and "to" may be a misheard digit: they are passed
# over, and what is left is still long enough to be found where a card number was asked for.
_FILLER_LIST = (
    "um uh uhm er erm hm hmm mm mhm ah eh and then dash hyphen space comma okay ok yes yeah yep right so sorry wait "
    "sure alright go ahead next i got it's its is that's thats the a let me see think for to too ate won hold on "
    "got it thank thanks you please uh-huh"
)
_FILLERS = frozenset(_FILLER_LIST.split())
_EDGES = " .,;:?!\"'()“”…–—-"
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[-.]\d{1,2}[-.](?:19|20)\d{2}")
_AMOUNT = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.\d+")
_GROUPS = re.compile(r"\d+(?:[-.,–—]+\d+)*")


@functools.lru_cache(maxsize=8192)
def read(word: str) -> Reading:
    """Return what one word is to a number. Amounts, dates, times and ordinals are no digits of a number."""
    bare = fold(word).strip(_EDGES)
    if bare in _FILLERS or not bare:
        return Reading(kind=Kind.FILLER)
    if bare in _MULTIPLIERS:
        return Reading(kind=Kind.MULTIPLIER, digits=_MULTIPLIERS[bare])
    if bare in _SPOKEN:
        tens = len(_SPOKEN[bare]) == 2 and bare in _TENS.split()
        return Reading(kind=Kind.TENS if tens else Kind.DIGITS, digits=_SPOKEN[bare])
    if _GROUPS.fullmatch(bare) and not _DATE.fullmatch(bare) and not _AMOUNT.fullmatch(bare):
        return Reading(kind=Kind.DIGITS, digits=re.sub(r"\D", "", bare))
    parts = [_SPOKEN.get(part) for part in bare.split("-")]
    if len(parts) > 1 and all(parts):  # "forty-one", "four-one-one-one"
        digits = [part for part in parts if part is not None]
        combined = len(digits) == 2 and digits[0][-1] == "0" and len(digits[0]) == 2 and digits[1] in "123456789"
        return Reading(kind=Kind.DIGITS, digits=digits[0][0] + digits[1] if combined else "".join(digits))
    return Reading(kind=Kind.OTHER)


def luhn(digits: str) -> bool:
    """Tell whether the check digit is right (ISO/IEC 7812-1, Annex B)."""
    total = 0
    for i, char in enumerate(reversed(digits)):
        value = int(char) * (2 if i % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def issued_as_card(digits: str) -> bool:
    """Tell whether a card scheme issues numbers of this beginning and length (public ranges of the large schemes)."""
    two, four, length = int(digits[:2]), int(digits[:4]), len(digits)
    return (
        (digits[0] == "4" and length in {13, 16, 19})  # Visa
        or ((51 <= two <= 55 or 2221 <= four <= 2720) and length == 16)  # Mastercard
        or (two in {34, 37} and length == 15)  # American Express
        or ((four == 6011 or two in {64, 65, 62, 81}) and 16 <= length <= 19)  # Discover, UnionPay
        or (two == 35 and length == 16)  # JCB
        or (two in {30, 36, 38, 39} and 14 <= length <= 16)  # Diners Club
        or (two in {50, 56, 57, 58, 63, 67} and length == 16)  # Maestro
    )
