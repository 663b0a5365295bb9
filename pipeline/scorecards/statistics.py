"""Estimates with intervals that stay honest when there are few calls, and which of them can be told apart."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pipeline.intervals import DECIMALS, bootstrap_mean, wilson
from pipeline.records import Interval

__all__ = ["DECIMALS", "bootstrap_mean", "difference", "distinguishable", "wilson"]


def difference(later: Interval, earlier: Interval) -> Interval:
    """Return by how much one share exceeds another, -1..+1, with its interval.

    Newcombe's hybrid score interval (Statistics in Medicine 17, 1998, method 10) from the Wilson intervals of both.

    Args:
        later: Share of one sample, by `wilson`.
        earlier: Share of another that shares no call with it, by `wilson` at the same level.
    """
    estimate = later.estimate - earlier.estimate
    below = math.hypot(later.estimate - later.low, earlier.high - earlier.estimate)
    above = math.hypot(later.high - later.estimate, earlier.estimate - earlier.low)
    return Interval(
        estimate=round(estimate, DECIMALS),
        low=round(max(-1.0, estimate - below), DECIMALS),
        high=round(min(1.0, estimate + above), DECIMALS),
        level=later.level,
    )


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
