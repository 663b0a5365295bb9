"""Places in turns that are to be masked, and turns in which they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.records import Redaction, Turn, Word
from pipeline.records.transcript import REDACTION_KINDS

CARD_NUMBER, SECURITY_CODE = "card_number", "security_code"
IS_MASK = re.compile(r"\[[a-z_]+\]")
_RANK = {kind: rank for rank, kind in enumerate(REDACTION_KINDS)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Mask:
    """The words ``first..last`` (both included) of the turn at a position."""

    turn: int
    first: int
    last: int
    kind: str


def covered(masks: Iterable[Mask]) -> frozenset[tuple[int, int]]:
    """Return the (turn, word) places that masks cover."""
    return frozenset((mask.turn, word) for mask in masks for word in range(mask.first, mask.last + 1))


def merged(masks: Iterable[Mask]) -> list[Mask]:
    """Return masks that share no word, in order.

    Where kinds meet, the graver one covers both, and a code inside a card number is a card number. Words of one name or
    address that stand side by side become one mask.
    """
    result: list[Mask] = []
    for mask in sorted(masks, key=lambda m: (m.turn, m.first, m.last)):
        last = result[-1] if result else None
        beside = 1 if last and last.kind == mask.kind and mask.kind in {"person_name", "address"} else 0
        if last and last.turn == mask.turn and mask.first <= last.last + beside:
            kind = min(last.kind, mask.kind, key=_RANK.__getitem__)
            result[-1] = replace(last, last=max(last.last, mask.last), kind=kind)
        else:
            result.append(mask)
    return result


def around_masked(turns: Sequence[Turn], masks: Iterable[Mask]) -> Iterator[Mask]:
    """Yield masks without the words that are masked already: what was found there keeps its kind and its time."""
    for mask in masks:
        first = mask.first
        for place in range(mask.first, mask.last + 2):
            if place == mask.last + 1 or IS_MASK.match(turns[mask.turn].words[place].text):
                if first < place:
                    yield replace(mask, first=first, last=place - 1)
                first = place + 1


def masked_words(turns: Sequence[Turn], kind: str) -> list[tuple[int, int]]:
    """Return the (turn, word) places of words that stand for what was masked as a kind."""
    return [
        (position, place)
        for position, turn in enumerate(turns)
        for place, word in enumerate(turn.words)
        if word.text.startswith(f"[{kind}]")
    ]


def apply(turns: Sequence[Turn], masks: Sequence[Mask]) -> tuple[tuple[Turn, ...], list[Redaction]]:
    """Return turns in which each mask is one word ``[kind]``, and the redactions.

    The word has the times and mean confidence of those that it stands for, and the punctuation behind them: a sentence
    that ended there still does.
    """
    changed, redactions = list(turns), []
    for mask in reversed(masks):  # from the back, so that the places of the others stay right
        turn = changed[mask.turn]
        said = turn.words[mask.first : mask.last + 1]
        known = [word.confidence for word in said if word.confidence is not None]
        word = Word(
            text=f"[{mask.kind}]{_punctuation(said[-1].text)}",
            start_ms=said[0].start_ms,
            end_ms=max(word.end_ms for word in said),
            confidence=sum(known) / len(known) if known else None,
        )
        changed[mask.turn] = replace(turn, words=(*turn.words[: mask.first], word, *turn.words[mask.last + 1 :]))
        redactions.append(Redaction(kind=mask.kind, turn_index=turn.index, start_ms=word.start_ms, end_ms=word.end_ms))
    return tuple(changed), redactions


def _punctuation(text: str) -> str:
    return text[len(text.rstrip(".,;:?!")) :][:1]
