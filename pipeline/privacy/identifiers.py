"""Find social security, account and phone numbers, numbers of birth dates and postcodes: digits, by what was asked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.importing import importing
from pipeline.privacy.amounts import says_amounts
from pipeline.privacy.cards import counts_something, echoes, has_unit, masks_of_run, nearest_cue
from pipeline.privacy.cues import OTHER, Cue
from pipeline.privacy.masks import CARD_NUMBER, Mask, masked_words
from pipeline.privacy.runs import Run, digits_of, only_digits, runs_by_speaker
from pipeline.privacy.stretch import Stretch
from pipeline.records import Turn

CUE_TURNS = 5
ANSWER_TURNS = 2
MAX_AMOUNT_WORDS = 14
SOCIAL = "social_security_number"
_MIN_DIGITS = {"date_of_birth": 3, "address": 4, "social_security_number": 3}
_MAX_DIGITS = {"date_of_birth": 8, "address": 9, "social_security_number": 14, "phone_number": 16, "account_number": 30}
_SOCIAL = re.compile(r"\d{3}-\d{2}-\d{4}")
_UNIT = "(?:zero|oh|o|one|two|three|four|five|six|seven|eight|nine)"
_DASH = "(?:dash|hyphen|minus)"
_SPOKEN_SOCIAL = re.compile(rf"\b{_UNIT}(?: {_UNIT}){{2}} {_DASH} {_UNIT} {_UNIT} {_DASH} {_UNIT}(?: {_UNIT}){{3}}\b")
_IBAN = re.compile(r"\b[a-z]{2}\d{2}(?: ?[a-z0-9]){11,30}")
_MIXED = re.compile(r"(?=(?:[a-z-]*\d){3})(?=[\d-]*[a-z])[a-z0-9][a-z0-9-]{4,}")
_TIMES_AND_DATES = re.compile(r"\d+(?:st|nd|rd|th|am|pm|x|g|gb|mb|k|m|hz|mbps|kg|cm|mm)|\d{1,4}-\d{1,2}-\d{1,4}")


def find_identifiers(
    turns: Sequence[Turn], runs: Sequence[Run], cues: Sequence[Cue], taken: frozenset[tuple[int, int]], region: str
) -> Iterator[Mask]:
    """Yield where a number is said that names somebody.

    A number is what it was asked for as: the nearest cue before it decides, and one that answers "order number" is left
    as it is. Without a cue a social security number is known by its groups, and a phone number by the numbering plan.

    Args:
        turns: The call.
        runs: Its numbers by speaker.
        cues: What tells what they are.
        taken: Words that are masked already.
        region: Country whose phone numbers are known without a cue, such as ``US``.
    """
    answered = {kind: masked_words(turns, kind) for kind in _MAX_DIGITS}
    for run in sorted(_free(runs, taken), key=lambda r: (r[0].turn, r[0].first)):
        cue = nearest_cue(run, cues, CUE_TURNS)
        kind = _kind(run, cue, cues, turns, answered=answered, region=region)
        if kind is None:
            continue
        answered[kind].append((run[-1].turn, run[-1].last))
        yield from masks_of_run(run, kind)
        for echo in echoes(run, _free(runs, taken), 3):
            if not counts_something(echo, turns):
                yield from masks_of_run(echo, kind)


def find_social_amounts(turns: Sequence[Turn], cues: Sequence[Cue]) -> Iterator[Mask]:
    """Yield parts of a social security number that are said as amounts: "six thousand seven hundred eighty nine"."""
    if not any(cue.kind == SOCIAL for cue in cues) or not says_amounts(turns):
        return
    for run in runs_by_speaker(turns, amounts=True):
        cue = nearest_cue(run, cues, CUE_TURNS)
        said = {word.text.casefold().strip(".,;:?!") for word in turns[run[-1].turn].words}
        is_amount = len(said) <= MAX_AMOUNT_WORDS and not said.isdisjoint({"hundred", "thousand"})
        is_part = 3 <= len(digits_of(run)) <= _MAX_DIGITS[SOCIAL] and not counts_something(run, turns)
        if cue is None or cue.kind != SOCIAL or (cue.turn, cue.last) > (run[0].turn, run[0].first):
            continue
        if is_amount and is_part:
            yield from masks_of_run(run, SOCIAL)


def _free(runs: Sequence[Run], taken: frozenset[tuple[int, int]]) -> Iterator[Run]:
    for run in runs:
        rest = tuple(piece for piece in run if (piece.turn, piece.first) not in taken)
        if rest:
            yield rest


def _kind(
    run: Run,
    cue: Cue | None,
    cues: Sequence[Cue],
    turns: Sequence[Turn],
    *,
    answered: dict[str, list[tuple[int, int]]],
    region: str,
) -> str | None:
    digits = digits_of(run)
    if has_unit(turns[run[-1].turn], run[-1].last) and len(digits) < 9:
        return None
    asked = cue.kind if cue else None
    if cue is not None and cue.kind in _MAX_DIGITS:
        alone = all(only_digits(turns[piece.turn]) for piece in run)
        least = _MIN_DIGITS.get(cue.kind, 3 if alone else 4)
        start = (run[0].turn, run[0].first)
        answers = [turn for turn, word in answered[cue.kind] if (cue.turn, cue.last) < (turn, word) < start]
        is_fresh = not answers or run[0].turn - max(answers) <= ANSWER_TURNS
        if is_fresh and least <= len(digits) <= _MAX_DIGITS[cue.kind]:
            postcode = len(digits) in {5, 9} and any(c.turn == cue.turn and c.kind == "address" for c in cues)
            return "address" if postcode and cue.kind in {"date_of_birth", "account_number"} else cue.kind
    if asked in {OTHER, CARD_NUMBER}:
        return None
    written = turns[run[0].turn].words[run[0].first].text.strip(".,;:?!")
    grouped = [len(piece.digits) for piece in run] == [3, 2, 4]
    if len(digits) == 9 and (grouped or _SOCIAL.fullmatch(written)):
        return "social_security_number"
    if len(digits) in {10, 11, 12} and _is_private_phone(digits, region):
        return "phone_number"
    return None


def _is_private_phone(digits: str, region: str) -> bool:
    """Tell whether a number can be somebody's phone; a company's free or shared-cost number is nobody's."""
    with importing:
        import phonenumbers  # noqa: PLC0415

    kinds = phonenumbers.PhoneNumberType
    private = {kinds.FIXED_LINE, kinds.MOBILE, kinds.FIXED_LINE_OR_MOBILE, kinds.PERSONAL_NUMBER, kinds.VOIP}
    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.number_type(number) in private


def find_mixed_identifiers(stretches: Sequence[Stretch], cues: Sequence[Cue]) -> Iterator[Mask]:
    """Yield account numbers that hold letters: IBANs by their check digits, others where they were asked for."""
    for stretch in stretches:
        for match in _SPOKEN_SOCIAL.finditer(stretch.text):
            yield from stretch.masks_of(match.start(), match.end(), "social_security_number")
        for match in _IBAN.finditer(stretch.text):
            letters = match.group().replace(" ", "")
            for length in range(len(letters), 14, -1):
                if _is_iban(letters[:length]):
                    end = match.start() + _length_with_spaces(match.group(), length)
                    yield from stretch.masks_of(match.start(), end, "account_number")
                    break
        for i, word in enumerate(stretch.words):
            if not _MIXED.fullmatch(word.plain) or _TIMES_AND_DATES.fullmatch(word.plain):
                continue
            before = [c for c in cues if (c.turn, c.last) < (word.turn, word.place) and word.turn - c.turn <= 2]
            if before and before[-1].kind in {"account_number", "social_security_number"}:
                yield from stretch.masks(i, i, before[-1].kind)


def _is_iban(text: str) -> bool:
    """Tell whether an IBAN's check digits are right (ISO 13616, ISO/IEC 7064 MOD 97-10)."""
    return int("".join(str(int(char, 36)) for char in text[4:] + text[:4])) % 97 == 1


def _length_with_spaces(text: str, length: int) -> int:
    for end, _ in enumerate(text, 1):
        if len(text[:end].replace(" ", "")) == length:
            return end
    return len(text)
