"""What people type: names, reasons, and the ids that their words get."""

from __future__ import annotations

import unicodedata
from typing import Any

from pipeline.canonical import fingerprint
from pipeline.errors import ReviewError

MOST_NAME_CHARACTERS = 100
MOST_REASON_CHARACTERS = 2000
_UNSEEN = ("Cc", "Cs", "Co", "Cn", "Zl", "Zp")
_TURNS_TEXT_ROUND = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def checked_name(name: str) -> str:
    """Return a person's name as it is kept: no blanks around it, one between its words.

    Raises:
        ReviewError: It is empty, too long, or holds what nobody sees.
    """
    tidy = " ".join(name.split(" ")).strip()
    if not tidy:
        raise ReviewError("a name is needed: whose answer is it?")
    if len(tidy) > MOST_NAME_CHARACTERS:
        raise ReviewError(f"a name has at most {MOST_NAME_CHARACTERS} characters, this one has {len(tidy)}")
    if _unseen(tidy, allowed=""):
        raise ReviewError("a name holds letters, digits and signs only, no control characters")
    return " ".join(tidy.split())


def checked_reason(reason: str) -> str:
    """Return a reason as it is kept, without blanks around it.

    Raises:
        ReviewError: It is empty, too long, or holds what nobody sees.
    """
    tidy = reason.strip()
    if not tidy:
        raise ReviewError("a reason is needed: one sentence that the next reader understands")
    if len(tidy) > MOST_REASON_CHARACTERS:
        raise ReviewError(f"a reason has at most {MOST_REASON_CHARACTERS} characters, this one has {len(tidy)}")
    if _unseen(tidy, allowed="\n\t"):
        raise ReviewError("a reason holds text only, no control characters")
    return tidy


def made_id(prefix: str, **told: Any) -> str:
    """Return the id of something that a person said: of what was said, by whom and when, so that twice is once.

    Args:
        prefix: Its kind, such as ``r-``.
        told: All of it, as plain JSON data.
    """
    return prefix + fingerprint("said-1", {"kind": prefix, **told}).rpartition(":")[2][:16]


def _unseen(text: str, *, allowed: str) -> bool:
    return any(
        character not in allowed and (unicodedata.category(character) in _UNSEEN or character in _TURNS_TEXT_ROUND)
        for character in text
    )
