"""Tell "this call is recorded" from "this call is not recorded".

Similarity cannot: one small word turns the meaning round and changes hardly a letter.
"""

from __future__ import annotations

from collections.abc import Sequence

NEGATORS = frozenset({"not", "never", "no", "without", "nor", "neither", "nothing", "none", "nobody", "unable"})
# Sayings whose negator denies nothing that follows.
_HARMLESS = (
    ("not", "only"),
    ("not", "worry"),
    ("no", "worries"),
    ("no", "problem"),
    ("no", "doubt"),
    ("not", "hesitate"),
    ("not", "forget"),
    ("never", "forget"),
)
# "No, we record all calls" is an answer and a statement; "no recording" is not.
_SUBJECTS = "i we you he she it they this that the there my our your all sir madam okay thank"
_AFTER_AN_ANSWER = frozenset(_SUBJECTS.split())
WORDS_BEFORE = 3
WORDS_BEFORE_COMPLEMENT = 5
_COMPLEMENTS = frozenset({"that", "whether"})
_NEW_THOUGHTS = frozenset({"but", "and", "so", "because", "if", "though", "although"})
_CONDITIONS = frozenset({"if", "unless", "until"})
_CONDITION_WORDS = 6


def has_negator(words: Sequence[str]) -> bool:
    """Tell whether one of the words denies something. Words are folded, contractions written out."""
    return any(_denies(words, i) for i in range(len(words)))


def denied(words: Sequence[str], clause_ends: Sequence[bool], start: int, end: int) -> bool:
    """Tell whether words ``[start, end)`` are denied, inside or by one of a few words before in the same clause.

    Three words before are looked at, and more before a "that" or "whether": "you never told me that you agree".

    Args:
        words: Folded words of one speaker, contractions written out.
        clause_ends: For each word whether a comma or full stop follows it; what stands before that denies nothing.
        start: Index of the first word of the hit.
        end: Index behind its last word.
    """
    return any(_denies(words, i) for i in range(_reach(words, clause_ends, start), end))


def states_denial(words: Sequence[str], clause_ends: Sequence[bool], start: int, end: int) -> bool:
    """Tell whether what is stated in words ``[start, end)`` is a denial.

    A condition states nothing: "if payment is not received, a fee is charged" says that a fee is charged, and "you are
    not charged if you pay" denies it.

    Args:
        words: Folded words of one speaker, contractions written out.
        clause_ends: For each word whether a comma or full stop follows it.
        start: Index of the first word.
        end: Index behind the last word.
    """
    return any(
        _denies(words, i) and not _conditional(words, clause_ends, i)
        for i in range(_reach(words, clause_ends, start), end)
    )


def _reach(words: Sequence[str], clause_ends: Sequence[bool], start: int) -> int:
    """Return from which word on something before ``start`` belongs to it."""
    first, least = start, start - WORDS_BEFORE
    while first > max(0, least) and not clause_ends[first - 1]:
        first -= 1
        if words[first] in _COMPLEMENTS and start - first <= WORDS_BEFORE:
            least = first - WORDS_BEFORE_COMPLEMENT
        elif words[first] in _NEW_THOUGHTS and first < start - WORDS_BEFORE:
            return first + 1
    return first


def _conditional(words: Sequence[str], clause_ends: Sequence[bool], i: int) -> bool:
    """Tell whether a condition begins a few words before a negator, in the same clause."""
    for k in range(i - 1, max(-1, i - 1 - _CONDITION_WORDS), -1):
        if clause_ends[k]:
            return False
        if words[k] in _CONDITIONS or (words[k] == "case" and k > 0 and words[k - 1] == "in"):
            return True
    return False


def _denies(words: Sequence[str], i: int) -> bool:
    if words[i] not in NEGATORS:
        return False
    following = words[i + 1] if i + 1 < len(words) else ""
    return (words[i], following) not in _HARMLESS and not (words[i] == "no" and following in _AFTER_AN_ANSWER)
