"""Find card numbers and security codes (PCI DSS 3.3: no security code is kept, ever).

A card number is 13 to 19 digits with a right check digit, or any number of six or more digits that follows "card
number": a recogniser that drops, doubles or mishears digits must not leave the rest readable. An identifier that
happens to pass the check (one in ten of that length) is masked too: between a lost reference and a stored card number,
the reference goes.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

from pipeline.privacy.amounts import says_amounts
from pipeline.privacy.cues import Cue
from pipeline.privacy.digits import issued_as_card, luhn, read
from pipeline.privacy.masks import CARD_NUMBER, SECURITY_CODE, Mask
from pipeline.privacy.parts import cards_in_parts
from pipeline.privacy.runs import Piece, Run, digits_of, only_digits, runs_by_speaker, runs_of_anybody
from pipeline.records import Turn, Word

CARD_LENGTHS = range(13, 20)
CUED_CARD_LENGTHS = range(12, 25)
MIN_CUED_DIGITS = 6
# Spoken by themselves, or run together with the expiry date's four digits.
SECURITY_CODE_LENGTHS = frozenset({3, 4, 7, 8})
CARD_CUE_TURNS = 6
SECURITY_CUE_TURNS = 6
SECURITY_CUE_WORDS_AFTER = 4
MAX_MISHEARD_WORDS = 2
MAX_READ_APART = 7
MAX_CODE_TURN_WORDS = 10
ECHO_TURNS = 3
MIN_ECHO_DIGITS = 3
MAX_LEADING_DIGITS = 2
MAX_TRAILING_DIGITS = 8
# What is longer is no one number: where it holds a card number, all of it is masked, and it is searched only once.
MAX_RUN_DIGITS = 64
_UNIT_LIST = (
    "dollars dollar pounds pound euros euro cents pence bucks percent am pm days day weeks week hours hour minutes "
    "minute miles years months month digits digit street road hundred thousand million a p times year"
)
UNITS = frozenset(_UNIT_LIST.split())
_NOT_A_CODE_AFTER = frozenset(["ending", "ends", "since", "year", "in", "zip", "extension", "amount"])


def find_cards(turns: Sequence[Turn], runs: Sequence[Run], cues: Sequence[Cue]) -> list[Mask]:
    """Return where card numbers and security codes are said, written or repeated."""
    cards: list[Run] = []
    for run in runs:
        card = _card_in(run, cued=card_was_asked(run, cues), turns=turns)
        if card:
            cards.append(card)
    # the same number, cut in two by a wrong speaker; only where somebody asked for it, two phone numbers are as long
    cards += [run for run in runs_of_anybody(turns) if _has_card_length(run) and card_was_asked(run, cues)]
    cards += [run for run in _bridged(runs) if card_was_asked(run, cues)]
    cards += _loosely_said(turns, cues)
    cards += cards_in_parts(turns, runs)
    masks = [mask for card in cards for mask in masks_of_run(card, CARD_NUMBER)]
    for card in cards:
        masks += [mask for run in echoes(card, runs, MIN_ECHO_DIGITS) for mask in masks_of_run(run, CARD_NUMBER)]
    codes = [run for cue in cues if cue.kind == SECURITY_CODE for run in _codes_at(cue, runs, turns)]
    codes += [echo for code in codes for echo in echoes(code, runs, len(digits_of(code)))]
    masks += [mask for code in codes for mask in masks_of_run(code, SECURITY_CODE)]
    masks += [mask for cue in cues if cue.kind == SECURITY_CODE for mask in _misheard_code(cue, runs, turns, masks)]
    return masks


def masks_of_run(run: Run, kind: str) -> list[Mask]:
    """Return what covers a number from its first to its last digit, in each turn that it touches."""
    by_turn: dict[int, list[Piece]] = {}
    for piece in run:
        by_turn.setdefault(piece.turn, []).append(piece)
    return [Mask(turn=turn, first=pieces[0].first, last=pieces[-1].last, kind=kind) for turn, pieces in by_turn.items()]


def _has_card_length(run: Run) -> bool:
    return len(digits_of(run)) in CUED_CARD_LENGTHS


def _card_in(run: Run, *, cued: bool, turns: Sequence[Turn]) -> Run | None:
    """Return the part of a run that is to be masked as a card number."""
    digits = digits_of(run)
    if len(digits) > MAX_RUN_DIGITS:
        return run if _holds_card(digits) else None
    if len(digits) in CARD_LENGTHS and luhn(digits):
        return run
    if cued and (_has_card_length(run) or _part_of_card(run, digits, turns)):
        return run
    if any(len(number) in CARD_LENGTHS and luhn(number) and issued_as_card(number) for number in _read_apart(run)):
        return run
    for start in range(len(run)):
        if len(digits_of(run[:start])) > MAX_LEADING_DIGITS and not cued:
            break
        for end in range(len(run), start, -1):
            number = digits_of(run[start:end])
            if len(number) in CARD_LENGTHS and luhn(number) and issued_as_card(number):
                # what follows at once is the expiry date and the security code
                trailing = len(digits_of(run[end:]))
                return run[start:] if trailing <= MAX_TRAILING_DIGITS else run[start:end]
    return None


def _holds_card(digits: str) -> bool:
    """Tell whether a card number begins at any digit."""
    windows = (digits[start : start + length] for start in range(len(digits)) for length in CARD_LENGTHS)
    return any(len(window) in CARD_LENGTHS and issued_as_card(window) and luhn(window) for window in windows)


def _loosely_said(turns: Sequence[Turn], cues: Sequence[Cue]) -> Iterator[Run]:
    """Yield card numbers that hold "four thousand twelve" or "fifteen ones", or, where asked for, "to" for "two"."""
    ways = [False] * says_amounts(turns) + [True] * any(cue.kind == CARD_NUMBER for cue in cues)
    for homophones in ways:
        for run in runs_by_speaker(turns, amounts=True, homophones=homophones):
            digits, cued = digits_of(run), card_was_asked(run, cues)
            numbers = (digits, *_read_apart(run))
            checked = any(len(n) in CARD_LENGTHS and luhn(n) and issued_as_card(n) for n in numbers)
            if (cued and len(digits) in CUED_CARD_LENGTHS) or (checked and not homophones):
                yield run


def _read_apart(run: Run) -> Iterator[str]:
    """Yield what a run may be where "twenty seven" is 20 and 7 in some places."""
    ways = [(piece.digits, piece.apart) if piece.apart else (piece.digits,) for piece in run]
    if 1 <= sum(len(way) > 1 for way in ways) <= MAX_READ_APART:
        yield from ("".join(chosen) for chosen in itertools.product(*ways))


def _part_of_card(run: Run, digits: str, turns: Sequence[Turn]) -> bool:
    """Tell whether digits that follow "card number" are a part of one: nobody says that they are its last four."""
    if counts_something(run, turns) or len(digits) > max(CUED_CARD_LENGTHS):
        return False
    alone = all(only_digits(turns[piece.turn]) for piece in run)
    return len(digits) >= MIN_CUED_DIGITS or (alone and len(digits) >= MIN_ECHO_DIGITS)


def _bridged(runs: Sequence[Run]) -> Iterator[Run]:
    """Yield numbers of a speaker that a misheard word or two cut in parts, together as long as a card number."""
    chain: list[Run] = []
    for run in runs:
        if chain and not _nearly_joined(chain[-1][-1], run[0]):
            if len(chain) > 1:
                yield tuple(piece for part in chain for piece in part)
            chain = []
        chain.append(run)
    if len(chain) > 1:
        yield tuple(piece for part in chain for piece in part)


def _nearly_joined(last: Piece, first: Piece) -> bool:
    return last.turn == first.turn and 0 < first.first - last.last <= MAX_MISHEARD_WORDS + 1


def card_was_asked(run: Run, cues: Sequence[Cue]) -> bool:
    """Tell whether the last cue before a number, or else the first right behind it, speaks of a card number."""
    if len(digits_of(run)) < MIN_ECHO_DIGITS:
        return False
    return kind_by_cue(run, cues, CARD_CUE_TURNS, leave_out=SECURITY_CODE) == CARD_NUMBER


def kind_by_cue(run: Run, cues: Sequence[Cue], max_turns: int, *, leave_out: str = "") -> str | None:
    """Return the kind of the cue that `nearest_cue` gives; None without a cue."""
    cue = nearest_cue(run, cues, max_turns, leave_out=leave_out)
    return cue.kind if cue else None


def nearest_cue(run: Run, cues: Sequence[Cue], max_turns: int, *, leave_out: str = "") -> Cue | None:
    """Return the last cue before a number, or else the first right behind it; None where there is none."""
    start, end = (run[0].turn, run[0].first), (run[-1].turn, run[-1].last)
    named = [cue for cue in cues if cue.kind != leave_out]
    before = [cue for cue in named if (cue.turn, cue.last) < start and start[0] - cue.turn <= max_turns]
    behind = [cue for cue in named if (cue.turn, cue.first) > end and cue.turn - end[0] <= 1]
    return before[-1] if before else behind[0] if behind else None


def echoes(said: Run, runs: Iterable[Run], min_digits: int) -> Iterator[Run]:
    """Yield what somebody repeats of a number while it is said or soon after."""
    digits, first, last = digits_of(said), said[0].turn, said[-1].turn + ECHO_TURNS
    for run in runs:
        inside = tuple(piece for piece in run if first <= piece.turn <= last)
        repeated = digits_of(inside)
        if inside and len(repeated) >= min_digits and repeated in digits:
            yield inside


def _codes_at(cue: Cue, runs: Iterable[Run], turns: Sequence[Turn]) -> Iterator[Run]:
    for run in runs:
        first, last = run[0], run[-1]
        after = (first.turn, first.first) > (cue.turn, cue.last) and first.turn - cue.turn <= SECURITY_CUE_TURNS
        just_before = last.turn == cue.turn and 0 < cue.first - last.last <= SECURITY_CUE_WORDS_AFTER
        is_code = len(digits_of(run)) in SECURITY_CODE_LENGTHS and not counts_something(run, turns)
        if (after or just_before) and is_code:
            yield run


def _misheard_code(cue: Cue, runs: Iterable[Run], turns: Sequence[Turn], masks: Sequence[Mask]) -> Iterator[Mask]:
    """Yield the digits of a short answer that are no whole code: one of them was misheard, or "hundred" was said."""
    masked = {mask.turn for mask in masks}
    for position in range(cue.turn, min(cue.turn + ECHO_TURNS + 1, len(turns))):
        start = cue.last + 1 if position == cue.turn else 0
        words = [_plain(word) for word in turns[position].words]
        hundred = next((i for i in range(start, len(words) - 1) if words[i + 1] == "hundred"), None)
        if position not in masked and hundred is not None and len(words) - start <= MAX_CODE_TURN_WORDS:
            read_before = read(words[hundred]).digits
            if len(read_before) == 1 and words[hundred + 2 : hundred + 3] not in ([unit] for unit in UNITS):
                behind = range(hundred + 2, min(hundred + 5, len(words)))
                ends = [i for i in behind if read(words[i]).digits or words[i] == "and"]
                yield Mask(turn=position, first=hundred, last=max(ends, default=hundred + 1), kind=SECURITY_CODE)
                return
        places = [i for run in runs for piece in run if piece.turn == position for i in (piece.first, piece.last)]
        places = [i for i in places if i >= start]
        if position in masked:
            return
        if places and len(turns[position].words) - start <= MAX_CODE_TURN_WORDS:
            digits = sum(len(read(word.text).digits) for word in turns[position].words[min(places) : max(places) + 1])
            if 1 < digits <= max(SECURITY_CODE_LENGTHS) and not has_unit(turns[position], max(places)):
                yield Mask(turn=position, first=min(places), last=max(places), kind=SECURITY_CODE)
                return


def counts_something(run: Run, turns: Sequence[Turn]) -> bool:
    """Tell whether a unit follows ("250 dollars") or a word before says that it is no code ("ending in 1111")."""
    before = turns[run[0].turn].words[: run[0].first]
    return has_unit(turns[run[-1].turn], run[-1].last) or (bool(before) and _plain(before[-1]) in _NOT_A_CODE_AFTER)


def has_unit(turn: Turn, place: int) -> bool:
    """Tell whether a unit follows a word: "250 dollars", "3 days"."""
    behind = turn.words[place + 1 :]
    return bool(behind) and _plain(behind[0]) in UNITS


def _plain(word: Word) -> str:
    return word.text.casefold().strip(".,;:?!")
