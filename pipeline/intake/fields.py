"""The names and values of metadata, made comparable, wherever they come from."""

from __future__ import annotations

import unicodedata

FIELDS = ("started_at", "agent_id", "team", "queue", "direction", "customer_ref", "external_id")

MAX_CHARACTERS = 200
"""Longer values are cut: an id is short, and a report or a terminal must not be flooded by a broken export."""

_TURNS_TEXT = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They show the rest of a line backwards: a name that ends in ``gnp.wav`` as ``vaw.png``."""


def field_name(text: str) -> str:
    """Return a column or key as a field name: ``Agent ID`` is ``agent_id``."""
    return clean(text).casefold().replace(" ", "_").replace("-", "_")


def clean(text: str) -> str:
    """Return a value on one line, composed (NFC), without what no database column can hold."""
    shown = (char for char in text if char not in _TURNS_TEXT)
    kept = "".join(" " if unicodedata.category(char) in ("Cc", "Cs") else char for char in shown)
    return " ".join(unicodedata.normalize("NFC", kept).split())[:MAX_CHARACTERS]
