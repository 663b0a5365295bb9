"""Groups that were found before keep their ids, so that weeks can be compared and names stay."""

from __future__ import annotations

from pipeline.contact_reasons.vectors import Vectors

SAME_GROUP = 0.7
"""Centres at least so near are one group. Of the labelled openings, halves of one reason have a cosine of .69 or more
in 95 of 100 cases, halves of two reasons .64 or less in 99 of 100 (`benchmarks/REASONS.md`)."""


def match_groups(found: Vectors, earlier: Vectors) -> list[int | None]:
    """Return for each found group which earlier one it is, or None where it is new.

    Pairs are chosen so that the sum of their cosines is highest (the assignment problem of Kuhn's Hungarian method,
    1955, as scipy solves it); a pair less near than `SAME_GROUP` is none.

    Args:
        found: Unit vectors [groups, d].
        earlier: Unit vectors [earlier groups, d].
    """
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415 - half a second

    if not len(found) or not len(earlier):
        return [None] * len(found)
    cosines = found @ earlier.T
    cosines[cosines < SAME_GROUP] = 0.0
    pairs = zip(*linear_sum_assignment(cosines, maximize=True), strict=True)
    matched = {int(one): int(other) for one, other in pairs if cosines[one, other] > 0}
    return [matched.get(position) for position in range(len(found))]
