"""Whether words ask or state, and of whose things they speak."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

_ASKING = frozenset(["is", "are", "was", "were", "has", "have", "had", "how", "why", "when", "where", "who", "which"])
_DO, _DONE_BY = frozenset(["do", "does", "did"]), frozenset(["you", "we", "they", "i", "he", "she", "it"])
_TOLD = frozenset(["know", "understand", "realise", "realize"])  # "do you know that ..." tells
_AFTER_WHAT = frozenset(["is", "are", "was", "were", "do", "does", "did", "would", "will"])
_REQUESTS = frozenset(itertools.product(("can", "could", "may", "will", "would"), ("you", "i", "we")))
_FIRST, _SECOND = frozenset({"my", "our"}), frozenset({"your"})


def asks(words: Sequence[str], ends_in_question: bool) -> bool:
    """Tell whether words ask for information: by how they begin, or by the question mark behind them.

    "Can you", "may I" and "would you" ask for something to be done: see `requests`.

    Args:
        words: Folded words, contractions written out.
        ends_in_question: Whether a question mark follows.
    """
    first, second, third = (*words[:3], "", "", "")[:3]
    if first in _DO and second in _DONE_BY:
        return third not in _TOLD
    if first == "what":
        return second in _AFTER_WHAT  # and not "what I tell you today is ..."
    return ends_in_question or first in _ASKING


def requests(words: Sequence[str]) -> bool:
    """Tell whether words ask for something to be done or told: "can you verify", "may I have".

    Args:
        words: Folded words, contractions written out.
    """
    return tuple(words[:2]) in _REQUESTS


def swapped_possessives(words: Sequence[str], wording: Sequence[str]) -> bool:
    """Tell whether words speak of "my date" where a wording speaks of "your date", or the other way round."""
    said, written = set(itertools.pairwise(words)), set(itertools.pairwise(wording))
    for one, other in ((_FIRST, _SECOND), (_SECOND, _FIRST)):
        things = {thing for owner, thing in written if owner in one}
        same = any((owner, thing) in said for thing in things for owner in one)
        swapped = any((owner, thing) in said for thing in things for owner in other)
        if swapped and not same:
            return True
    return False
