"""The order in which criteria are answered: one that hangs on the answer to another comes after it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import TopologicalSorter


def answering_order(depends_on: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Return criteria so that each comes after those on which it hangs.

    Args:
        depends_on: For every criterion, in the order of the file, the ids of those on which it hangs.

    Raises:
        graphlib.CycleError: They hang on each other in a circle; a rubric that was checked has none.
    """
    return tuple(id_ for id_ in TopologicalSorter(depends_on).static_order() if id_ in depends_on)
