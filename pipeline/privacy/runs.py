"""Find numbers that are read out: digits of one speaker, over pauses, fillers and the other party's "okay"."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.privacy.amounts import amount_at
from pipeline.privacy.digits import Kind, Reading, read
from pipeline.records import Role, Turn

# A number goes on after so much of the other party's ...
MAX_BACKCHANNEL_WORDS = 4
# ... and after a pause of so much: people look for their card.
MAX_PAUSE_MS = 30_000
MAX_FILLERS = 4
# "the first four are": that four is no digit of the number.
_PART_NAMES = frozenset("first next last second third middle final other remaining".split())  # noqa: SIM905
_BEHIND_PART = frozenset("are is were being digits digit numbers ones".split())  # noqa: SIM905 - a list of words
_HOMOPHONES = {"won": "1", "to": "2", "too": "2", "for": "4", "ate": "8"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """Digits from the words ``first..last`` (both included) of the turn at a position; two for "double four".

    ``apart`` are the digits where tens and unit are not one number: "twenty seven" may be 20 and 7.
    """

    turn: int
    first: int
    last: int
    digits: str
    apart: str = ""


Run = tuple[Piece, ...]


def digits_of(run: Run) -> str:
    """Return all digits of a run."""
    return "".join(piece.digits for piece in run)


def runs_by_speaker(turns: Sequence[Turn], *, amounts: bool = False, homophones: bool = False) -> Iterator[Run]:
    """Yield the numbers that each speaker reads out, in the order of the speakers' first words.

    Args:
        turns: The call.
        amounts: Whether "four thousand twelve" is 4012 and "fifteen ones" fifteen digits, or such words end a number.
        homophones: Whether "won", "to", "for" and "ate" are digits.
    """
    for own in turns_by_speaker(turns):
        yield from _runs(turns, own, amounts=amounts, homophones=homophones)


def turns_by_speaker(turns: Sequence[Turn]) -> Iterator[list[int]]:
    """Yield the positions of each speaker's turns, in the order of the speakers' first words."""
    own: dict[tuple[Role, int], list[int]] = {}
    for position, turn in enumerate(turns):
        own.setdefault((turn.role, turn.channel), []).append(position)
    yield from own.values()


def runs_of_anybody(turns: Sequence[Turn]) -> Iterator[Run]:
    """Yield the numbers found when it is not minded who speaks: speakers may have been told apart wrongly."""
    yield from _runs(turns, range(len(turns)))


def _runs(
    turns: Sequence[Turn], positions: Sequence[int], *, amounts: bool = False, homophones: bool = False
) -> Iterator[Run]:
    run: list[Piece] = []
    before: int | None = None
    for position in positions:
        if run and before is not None and not goes_on(turns, before, position):
            yield tuple(run)
            run = []
        before = position
        for piece in _pieces(turns[position], position, amounts=amounts, homophones=homophones):
            if piece is not None:
                run.append(piece)
            elif run:
                yield tuple(run)
                run = []
    if run:
        yield tuple(run)


def goes_on(turns: Sequence[Turn], before: int, now: int) -> bool:
    """Tell whether a speaker goes on at position ``now`` after ``before``: the pause is short, and so is the other."""
    between = turns[before + 1 : now]
    return turns[now].start_ms - turns[before].end_ms <= MAX_PAUSE_MS and all(
        len(turn.words) <= MAX_BACKCHANNEL_WORDS or only_digits(turn) for turn in between
    )


def only_digits(turn: Turn) -> bool:
    """Tell whether a turn holds nothing but digits and fillers."""
    return all(read(word.text).kind is not Kind.OTHER for word in turn.words)


def _pieces(turn: Turn, position: int, *, amounts: bool, homophones: bool) -> Iterator[Piece | None]:
    """Yield the digits of a turn, and None where a number ends."""
    words = [_plain(word.text) for word in turn.words]
    readings = [_heard(word.text, plain, homophones) for word, plain in zip(turn.words, words, strict=True)]
    fillers = i = 0
    while i < len(readings):
        reading, first = readings[i], i
        following = readings[i + 1] if i + 1 < len(readings) else None
        digits = apart = ""
        amount = amount_at(words, i) if amounts and reading.kind in {Kind.DIGITS, Kind.TENS} else None
        if amount is not None:
            digits, apart, i = amount.digits, amount.apart, amount.last
        elif _names_part(words, i):
            yield None
            i += 1
            continue
        elif (
            reading.kind is Kind.MULTIPLIER
            and following
            and following.kind is Kind.DIGITS
            and len(following.digits) == 1
        ):
            digits, i = following.digits * int(reading.digits), i + 1
        elif reading.kind is Kind.TENS:
            unit = following is not None and following.kind is Kind.DIGITS and following.digits in set("123456789")
            digits = reading.digits
            if unit and following is not None:  # "forty one" is 41
                digits, apart, i = reading.digits[0] + following.digits, reading.digits + following.digits, i + 1
        elif reading.kind is Kind.DIGITS:
            digits = reading.digits
        fillers = fillers + 1 if reading.kind is Kind.FILLER else 0
        if digits:
            yield Piece(turn=position, first=first, last=i, digits=digits, apart=apart)
        elif reading.kind is not Kind.FILLER or fillers > MAX_FILLERS:
            yield None
        i += 1


def _heard(word: str, plain: str, homophones: bool) -> Reading:
    if homophones and plain in _HOMOPHONES:
        return Reading(kind=Kind.DIGITS, digits=_HOMOPHONES[plain])
    return read(word)


@functools.lru_cache(maxsize=8192)
def _plain(word: str) -> str:
    return word.casefold().strip(".,;:?!")


def _names_part(words: Sequence[str], i: int) -> bool:
    """Tell whether a word counts the digits that follow: "the first four are", "the last three digits"."""
    return 0 < i < len(words) - 1 and words[i - 1] in _PART_NAMES and words[i + 1] in _BEHIND_PART
