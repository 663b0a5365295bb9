"""The order in which criteria are answered: one that hangs on the answer to another comes after it."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from graphlib import TopologicalSorter


def answering_order(depends_on: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Return criteria so that each comes after those on which it hangs.

    Args:
        depends_on: For every criterion, in the order of the file, the ids of those on which it hangs.

    Raises:
        graphlib.CycleError: They hang on each other in a circle; a rubric that was checked has none.
    """
    return _ordered(tuple((id_, tuple(others)) for id_, others in depends_on.items()))


@functools.lru_cache(maxsize=256)
def _ordered(depends_on: tuple[tuple[str, tuple[str, ...]], ...]) -> tuple[str, ...]:
    """Return the order, found once for a rubric, not once for a call."""
    known = dict(depends_on)
    return tuple(id_ for id_ in TopologicalSorter(known).static_order() if id_ in known)
