"""Estimates with intervals that stay honest when there are few calls, and which of them can be told apart."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pipeline.intervals import DECIMALS, bootstrap_mean, wilson
from pipeline.records import Interval

__all__ = ["DECIMALS", "bootstrap_mean", "distinguishable", "wilson"]


def distinguishable(intervals: Sequence[Interval]) -> tuple[tuple[int, ...], ...]:
    """Group intervals that cannot be told apart.

    Args:
        intervals: One per subject.

    Returns:
        Groups of positions in ``intervals``, best group first. Every interval of a group lies wholly above every
        interval of the groups after it; within a group they overlap, if only by way of a third. A single group means
        that no ranking can be made.
    """
    groups: list[list[int]] = []
    lowest = math.inf
    for position in sorted(range(len(intervals)), key=lambda i: (-intervals[i].high, -intervals[i].low, i)):
        if groups and intervals[position].high >= lowest:
            groups[-1].append(position)
            lowest = min(lowest, intervals[position].low)
        else:
            groups.append([position])
            lowest = intervals[position].low
    return tuple(tuple(sorted(group)) for group in groups)
