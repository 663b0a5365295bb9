"""Bands: which share of the points a number earns."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Protocol

from pipeline.records import Band


class Edges(Protocol):
    """Anything with the two edges of a band; None is open-ended."""

    @property
    def at_least(self) -> float | None:
        """First value inside."""

    @property
    def below(self) -> float | None:
        """First value above."""


def low(band: Edges) -> float:
    """Return the first value inside the band."""
    return -math.inf if band.at_least is None else band.at_least


def high(band: Edges) -> float:
    """Return the first value above the band."""
    return math.inf if band.below is None else band.below


def coverage_problems(bands: Sequence[Edges]) -> list[str]:
    """Say where bands overlap, leave a gap or are empty; every number must lie in exactly one band."""
    problems = [
        f"a band from {low(band):g} to below {high(band):g} holds no value" for band in bands if low(band) >= high(band)
    ]
    if problems:
        return problems
    ordered = sorted(bands, key=low)
    if low(ordered[0]) != -math.inf:
        problems.append(f"no band holds values below {low(ordered[0]):g}; leave `at_least` out of the lowest band")
    for lower, upper in itertools.pairwise(ordered):
        if high(lower) < low(upper):
            problems.append(f"no band holds values from {high(lower):g} to below {low(upper):g}")
        elif high(lower) > low(upper):
            problems.append(f"two bands hold values from {low(upper):g} to below {min(high(lower), high(upper)):g}")
    highest = max(high(band) for band in ordered)
    if highest != math.inf:
        problems.append(f"no band holds values from {highest:g} on; leave `below` out of the highest band")
    return problems


def band_of(value: float, bands: Sequence[Band]) -> Band:
    """Return the band that holds a value (bands of a loaded rubric hold every value)."""
    return next(band for band in bands if low(band) <= value < high(band))
