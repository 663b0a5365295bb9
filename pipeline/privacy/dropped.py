"""Mask text that is no turn: what the recogniser wrote and Earmark left out, and what the vocabulary replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pipeline.privacy.digits import Kind, read
from pipeline.privacy.masks import Mask
from pipeline.privacy.names import names_again

NUMBER = "number"
MIN_DIGITS = 3


def masked_text(text: str, names: frozenset[str], find: Callable[[str], Iterable[Mask]]) -> str:
    """Return text in which names, addresses and every number of three or more digits are masked.

    It was never weighed against its neighbours' questions as turns are: a loop may repeat a card number, and what leaks
    from the other channel may be a security code. Nothing that matters is lost.

    Args:
        text: What was dropped.
        names: Names that were found in the call, folded.
        find: Gives what is found in a line by itself, as masks of its words.
    """
    words = text.split()
    masks = list(find(" ".join(words))) if words else []
    for mask in reversed(masks):
        words[mask.first : mask.last + 1] = [f"[{mask.kind}]"]
    again = names_again(words, names)
    words = ["[person_name]" if is_name else word for word, is_name in zip(words, again, strict=True)]
    return without_numbers(words)


def without_numbers(words: list[str]) -> str:
    """Return words as text, every number of three or more digits masked."""
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
        named = readings[i].kind is not Kind.FILLER and digits >= MIN_DIGITS
        masked.append(f"[{NUMBER}]" if named else words[i])
        i = end if named else i + 1
    return " ".join(masked)


def _is_written_number(word: str) -> bool:
    return any(char.isdigit() for char in word)
