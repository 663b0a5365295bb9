"""Estimates with intervals that stay honest when there are few calls, and which of them can be told apart."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pipeline.intervals import DECIMALS, bootstrap_mean, wilson
from pipeline.records import Interval

__all__ = ["DECIMALS", "bootstrap_mean", "difference", "distinguishable", "wilson"]


def difference(later: Interval, earlier: Interval, *, most: float = 1.0) -> Interval:
    """Return by how much one estimate exceeds another, with its interval.

    The interval is recovered from those of both (MOVER, "method of variance estimates recovery": Zou and Donner,
    Statistics in Medicine 27, 2008, pages 1693 to 1702): with ``p1 (l1, u1)`` and ``p2 (l2, u2)`` of samples that share
    no call,

        low  = p1 - p2 - sqrt((p1 - l1)^2 + (u2 - p2)^2)
        high = p1 - p2 + sqrt((u1 - p1)^2 + (p2 - l2)^2)

    Of two shares with Wilson's intervals this is Newcombe's hybrid score interval (Statistics in Medicine 17, 1998,
    method 10): few calls, and shares near 0 or 1, give no interval that is too narrow.

    Args:
        later: Of one sample: a share, by `wilson`; or a change of a share, as this function gives it.
        earlier: Of another that shares no call with it, at the same level.
        most: The largest difference that there can be, either way: 1 of two shares, 2 of two changes.

    Raises:
        ValueError: Their levels differ.
    """
    if later.level != earlier.level:
        raise ValueError(f"intervals at levels {later.level} and {earlier.level} cannot be combined")
    estimate = later.estimate - earlier.estimate
    below = math.hypot(later.estimate - later.low, earlier.high - earlier.estimate)
    above = math.hypot(later.high - later.estimate, earlier.estimate - earlier.low)
    return Interval(
        estimate=round(estimate, DECIMALS),
        low=round(max(-most, estimate - below), DECIMALS),
        high=round(min(most, estimate + above), DECIMALS),
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
