"""Who called whom, in one spelling wherever it comes from."""

from __future__ import annotations

from collections.abc import Mapping

INBOUND = "inbound"
OUTBOUND = "outbound"
INTERNAL = "internal"
"""Between two of the house; no customer takes part."""
DIRECTIONS = (INBOUND, OUTBOUND, INTERNAL)

_WORDS: Mapping[str, str] = {
    **{word: word for word in DIRECTIONS},
    "in": INBOUND,
    "incoming": INBOUND,
    "out": OUTBOUND,
    "outgoing": OUTBOUND,
}


def direction(text: str) -> str:
    """Return ``inbound``, ``outbound`` or ``internal`` for the usual words for them, any other word in lower case."""
    folded = text.casefold()
    return _WORDS.get(folded, folded)
