"""Find card numbers that are told in parts: groups of digits of one speaker, with talk of any length between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.privacy.digits import issued_as_card, luhn
from pipeline.privacy.runs import Run, digits_of
from pipeline.records import Turn

MAX_SPAN_MS = 60_000
CARD_LENGTHS = range(13, 20)
GROUP_LENGTHS = frozenset({4, 8, 12})
MIN_GROUP_DIGITS = 2


def cards_in_parts(turns: Sequence[Turn], runs: Sequence[Run]) -> Iterator[Run]:
    """Yield the groups of four, eight or twelve digits that are together a card number.

    They follow each other within a minute, their check digit is right, and a scheme issues such numbers; single digits
    between them ("one moment") are passed over.

    Args:
        turns: The call.
        runs: Its numbers, speaker by speaker.
    """
    by_speaker: dict[tuple[str, int], list[Run]] = {}
    for run in runs:
        if len(digits_of(run)) >= MIN_GROUP_DIGITS:
            turn = turns[run[0].turn]
            by_speaker.setdefault((turn.role.value, turn.channel), []).append(run)
    for own in by_speaker.values():
        for first in range(len(own)):
            yield from _from(turns, own[first : first + 4])


def _from(turns: Sequence[Turn], groups: Sequence[Run]) -> Iterator[Run]:
    """Yield the parts of the card number that begins with the first group, where one does."""
    digits, start_ms = "", turns[groups[0][0].turn].start_ms
    for count, group in enumerate(groups, 1):
        digits += digits_of(group)
        said_ms = turns[group[-1].turn].words[group[-1].last].start_ms
        is_group = len(digits_of(group)) in GROUP_LENGTHS and said_ms - start_ms <= MAX_SPAN_MS
        if not is_group or len(digits) > max(CARD_LENGTHS):
            return
        if count > 1 and len(digits) in CARD_LENGTHS and luhn(digits) and issued_as_card(digits):
            yield from groups[:count]
            return
