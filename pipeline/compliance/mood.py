"""Whether words ask or state, and of whose things they speak."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

# "can you", "may I" and "would you" ask for something to be done; these ask for something to be told.
_ASKING = frozenset("is are was were am do does did has have had why how what when where who which".split())  # noqa: SIM905
_REQUESTS = frozenset(itertools.product(("can", "could", "may", "will", "would"), ("you", "i", "we")))
_FIRST, _SECOND = frozenset({"my", "our"}), frozenset({"your"})


def asks(words: Sequence[str], ends_in_question: bool) -> bool:
    """Tell whether words ask for information: by their first word, or by the question mark behind them.

    Args:
        words: Folded words, contractions written out.
        ends_in_question: Whether a question mark follows.
    """
    return ends_in_question or (bool(words) and words[0] in _ASKING)


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
