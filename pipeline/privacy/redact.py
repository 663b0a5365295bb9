"""Mask card numbers and security codes before anything is stored (PCI DSS 3.3: no security code is kept, ever).

A card number is 13 to 19 digits with a right check digit, or any 12 to 24 digits that follow "card number": a
recogniser that drops or doubles a digit must not leave the rest readable. An identifier that happens to pass the check
(one in ten of that length) is masked too: between a lost reference and a stored card number, the reference goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.privacy.cues import Cue, find_cues
from pipeline.privacy.digits import Kind, issued_as_card, luhn, read
from pipeline.privacy.runs import Piece, Run, digits_of, runs_by_speaker, runs_of_anybody
from pipeline.records import Redaction, Transcript, Turn, Word

CARD_NUMBER, SECURITY_CODE, NUMBER = "card_number", "security_code", "number"
CARD_LENGTHS = range(13, 20)
CUED_CARD_LENGTHS = range(12, 25)
# Spoken by themselves, or run together with the expiry date's four digits.
SECURITY_CODE_LENGTHS = frozenset({3, 4, 7, 8})
CARD_CUE_TURNS = 6
SECURITY_CUE_TURNS = 6
SECURITY_CUE_WORDS_AFTER = 4
ECHO_TURNS = 3
MIN_ECHO_DIGITS = 3
MAX_LEADING_DIGITS = 2
MAX_TRAILING_DIGITS = 8
_UNIT_LIST = (
    "dollars dollar pounds pound euros euro cents pence bucks percent am pm days day weeks hours minutes miles years "
    "months digits digit street road hundred thousand million a p times"
)
_UNITS = frozenset(_UNIT_LIST.split())
_NOT_A_CODE_AFTER = frozenset(["ending", "ends", "since", "year", "in", "zip", "extension", "amount"])


@dataclass(frozen=True, kw_only=True, slots=True)
class _Mask:
    turn: int
    first: int
    last: int
    kind: str


def redact(transcript: Transcript) -> Transcript:
    """Return the transcript with card numbers and security codes masked, `redacted`, and where they were.

    In each turn that a number touches, the words from its first to its last digit become one word ``[card_number]`` or
    ``[security_code]`` with their times and mean confidence. Text that was dropped loses every number of three or more
    digits. Redacting again changes nothing.
    """
    turns, redactions = transcript.turns, list(transcript.redactions)
    while masks := _find(turns):
        turns, added = _apply(turns, masks)
        redactions += added
    redactions.sort(key=lambda redaction: (redaction.start_ms, redaction.turn_index, redaction.kind))
    dropped = tuple(replace(dropped, text=_without_numbers(dropped.text)) for dropped in transcript.dropped)
    return replace(transcript, turns=turns, redacted=True, redactions=tuple(redactions), dropped=dropped)


def _without_numbers(text: str) -> str:
    """Return dropped text with every number of three or more digits masked.

    It was never weighed against its neighbours' questions as turns are: a loop may repeat a card number, and what leaks
    from the other channel may be a security code. Nothing that matters is lost.
    """
    words = text.split()
    readings = [read(word) for word in words]
    masked: list[str] = []
    i = 0
    while i < len(words):
        end, digits = i, 0
        for j in range(i, len(words)):
            if readings[j].kind is Kind.OTHER and not _is_written_number(words[j]):
                break
            if readings[j].kind is not Kind.FILLER:
                written = sum(char.isdigit() for char in words[j])
                end, digits = j + 1, digits + max(written, len(readings[j].digits))
        named = readings[i].kind is not Kind.FILLER and digits >= MIN_ECHO_DIGITS
        masked.append(f"[{NUMBER}]" if named else words[i])
        i = end if named else i + 1
    return " ".join(masked)


def _is_written_number(word: str) -> bool:
    return any(char.isdigit() for char in word)


def _find(turns: Sequence[Turn]) -> list[_Mask]:
    cues = find_cues(turns)
    runs = tuple(runs_by_speaker(turns))
    cards: list[Run] = []
    for run in runs:
        card = _card_in(run, cued=_cued(run, cues))
        if card:
            cards.append(card)
    # the same number, cut in two by a wrong speaker; only where somebody asked for it, two phone numbers are as long
    cards += [run for run in runs_of_anybody(turns) if len(digits_of(run)) in CUED_CARD_LENGTHS and _cued(run, cues)]
    masks = [mask for card in cards for mask in _masks(card, CARD_NUMBER)]
    for card in cards:
        masks += [mask for run in _echoes(card, runs, MIN_ECHO_DIGITS) for mask in _masks(run, CARD_NUMBER)]
    codes = [run for cue in cues if cue.kind == SECURITY_CODE for run in _codes_at(cue, runs, turns)]
    codes += [echo for code in codes for echo in _echoes(code, runs, len(digits_of(code)))]
    masks += [mask for code in codes for mask in _masks(code, SECURITY_CODE)]
    return _merged(masks)


def _card_in(run: Run, *, cued: bool) -> Run | None:
    """Return the part of a run that is to be masked as a card number."""
    digits = digits_of(run)
    if (len(digits) in CARD_LENGTHS and luhn(digits)) or (cued and len(digits) in CUED_CARD_LENGTHS):
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


def _cued(run: Run, cues: Sequence[Cue]) -> bool:
    """Tell whether the last cue before a number, or else the first right behind it, speaks of a card number."""
    start, end = (run[0].turn, run[0].first), (run[-1].turn, run[-1].last)
    named = [cue for cue in cues if cue.kind != SECURITY_CODE]
    before = [cue for cue in named if (cue.turn, cue.last) < start and start[0] - cue.turn <= CARD_CUE_TURNS]
    behind = [cue for cue in named if (cue.turn, cue.first) > end and cue.turn - end[0] <= 1]
    nearest = before[-1] if before else behind[0] if behind else None
    return nearest is not None and nearest.kind == CARD_NUMBER


def _echoes(said: Run, runs: Iterable[Run], min_digits: int) -> Iterator[Run]:
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
        is_code = len(digits_of(run)) in SECURITY_CODE_LENGTHS and not _counts_something(first, last, turns)
        if (after or just_before) and is_code:
            yield run


def _counts_something(first: Piece, last: Piece, turns: Sequence[Turn]) -> bool:
    """Tell whether a unit follows ("250 dollars") or a word before says that it is no code ("ending in 1111")."""
    before, behind = turns[first.turn].words[: first.first], turns[last.turn].words[last.last + 1 :]
    return (bool(behind) and _plain(behind[0]) in _UNITS) or (bool(before) and _plain(before[-1]) in _NOT_A_CODE_AFTER)


def _plain(word: Word) -> str:
    return word.text.casefold().strip(".,;:?!")


def _masks(run: Run, kind: str) -> list[_Mask]:
    by_turn: dict[int, list[Piece]] = {}
    for piece in run:
        by_turn.setdefault(piece.turn, []).append(piece)
    return [
        _Mask(turn=turn, first=pieces[0].first, last=pieces[-1].last, kind=kind) for turn, pieces in by_turn.items()
    ]


def _merged(masks: Iterable[_Mask]) -> list[_Mask]:
    """Return masks that share no word, in order; where kinds meet, it is a card number."""
    merged: list[_Mask] = []
    for mask in sorted(masks, key=lambda m: (m.turn, m.first, m.last)):
        last = merged[-1] if merged else None
        if last and last.turn == mask.turn and mask.first <= last.last:
            kind = last.kind if last.kind == mask.kind else CARD_NUMBER
            merged[-1] = replace(last, last=max(last.last, mask.last), kind=kind)
        else:
            merged.append(mask)
    return merged


def _apply(turns: Sequence[Turn], masks: Sequence[_Mask]) -> tuple[tuple[Turn, ...], list[Redaction]]:
    changed, redactions = list(turns), []
    for mask in reversed(masks):  # from the back, so that the places of the others stay right
        turn = changed[mask.turn]
        said = turn.words[mask.first : mask.last + 1]
        known = [word.confidence for word in said if word.confidence is not None]
        word = Word(
            text=f"[{mask.kind}]",
            start_ms=said[0].start_ms,
            end_ms=said[-1].end_ms,
            confidence=sum(known) / len(known) if known else None,
        )
        changed[mask.turn] = replace(turn, words=(*turn.words[: mask.first], word, *turn.words[mask.last + 1 :]))
        redactions.append(Redaction(kind=mask.kind, turn_index=turn.index, start_ms=word.start_ms, end_ms=word.end_ms))
    return tuple(changed), redactions
