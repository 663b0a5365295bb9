"""What people type: names, reasons, and the ids that their words get."""

from __future__ import annotations

import unicodedata
from typing import Any

from pipeline.canonical import fingerprint
from pipeline.errors import ReviewError

MOST_NAME_CHARACTERS = 100
MOST_REASON_CHARACTERS = 2000
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")  # letters and signs by their category
_JOINERS = "\u200c\u200d"  # Persian, Hindi and others are written with them; no sign of their own


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
        raise ReviewError("a name holds letters, digits and signs only, no control characters and no invisible ones")
    if not _visible(tidy):
        raise ReviewError("a name is needed: whose answer is it?")
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
    if _unseen(tidy, allowed="\n\t" + _JOINERS):
        raise ReviewError("a reason holds text only, no control characters and no invisible ones")
    if not _visible(tidy):
        raise ReviewError("a reason is needed: one sentence that the next reader understands")
    return tidy


def folded(name: str) -> str:
    """Return what two spellings of one name have in common: capitals, widths and invisible characters are left out."""
    shown = "".join(each for each in name if unicodedata.category(each) != "Cf" and each not in _BLANK)
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", shown).casefold()).split())


def same_name(first: str, second: str) -> bool:
    """Tell whether two names are one person's."""
    return folded(first) == folded(second)


def made_id(prefix: str, **told: Any) -> str:
    """Return the id of something that a person said: of what was said, by whom and when, so that twice is once.

    Args:
        prefix: Its kind, such as ``r-``.
        told: All of it, as plain JSON data.
    """
    return prefix + fingerprint("said-1", {"kind": prefix, **told}).rpartition(":")[2][:16]


def _unseen(text: str, *, allowed: str) -> bool:
    return any(
        character not in allowed and (unicodedata.category(character) in _UNSEEN or character in _BLANK)
        for character in text
    )


def _visible(text: str) -> bool:
    return any(unicodedata.category(character)[0] in "LNPS" and character not in _BLANK for character in text)
