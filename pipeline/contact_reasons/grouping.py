"""Groups of similar calls, and to which of them a call belongs.

Principal components take away what is particular to single calls; k-means parts the rest into as many parts as are
best told apart by their silhouette (Rousseeuw 1987); parts that are near each other become one group. A call that is
near no group is in none. `benchmarks/REASONS.md` has this beside HDBSCAN, agglomeration and TF-IDF.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.contact_reasons.matching import SAME_GROUP
from pipeline.contact_reasons.vectors import Vectors, unit
from pipeline.importing import importing

NOWHERE = -1
COMPONENTS = 20
MOST_PARTS = 40
MOST_LEARNT_FROM = 10_000  # more calls do not change the groups, only the time that it takes
SILHOUETTE_OF = 2_000
_STARTS = 5
_SEED = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Grouping:
    """Groups of calls, the largest first.

    Attributes:
        centres: Unit vectors [groups, 384].
        group: By call, the position of its group, or `NOWHERE`.
        similarity: By call, the cosine of its vector and the nearest centre; 0 where there is no group.
    """

    centres: Vectors
    group: NDArray[np.intp]
    similarity: NDArray[np.float32]


def group_calls(vectors: Vectors, *, least: int, min_similarity: float) -> Grouping:
    """Return groups of at least so many calls; equal vectors in equal order give equal groups.

    Args:
        vectors: Unit vectors [calls, 384].
        least: Groups of fewer calls are dissolved; their calls are in no group.
        min_similarity: A call whose cosine with every centre is lower is in none.
    """
    empty = np.zeros((0, vectors.shape[1]), dtype=np.float32)
    if len(vectors) < 2 * least:
        return place(vectors, empty, min_similarity=min_similarity)
    learnt = vectors
    if len(vectors) > MOST_LEARNT_FROM:
        chosen = np.random.default_rng(_SEED).choice(len(vectors), MOST_LEARNT_FROM, replace=False)
        learnt = vectors[np.sort(chosen)]
    parts = _parts(learnt, most=min(MOST_PARTS, len(learnt) // least))
    centres = _merged(np.array([learnt[parts == part].sum(axis=0) for part in np.unique(parts)]))
    while len(centres):
        made = place(vectors, centres, min_similarity=min_similarity)
        sizes = np.bincount(made.group[made.group != NOWHERE], minlength=len(centres))
        if sizes.min() >= least:
            return _largest_first(made, sizes)
        centres = np.delete(centres, sizes.argmin(), axis=0)  # its calls may be near another group
    return place(vectors, empty, min_similarity=min_similarity)


def place(vectors: Vectors, centres: Vectors, *, min_similarity: float) -> Grouping:
    """Return the nearest of some groups for each call, if one is near enough."""
    if not len(centres) or not len(vectors):
        nobody = np.full(len(vectors), NOWHERE, dtype=np.intp)
        return Grouping(centres=centres, group=nobody, similarity=np.zeros(len(vectors), dtype=np.float32))
    cosines = vectors @ centres.T
    nearest = cosines.argmax(axis=1)
    similarity = cosines[np.arange(len(vectors)), nearest]
    group = np.where(similarity >= min_similarity, nearest, NOWHERE)
    return Grouping(centres=centres, group=group, similarity=similarity)


def _parts(vectors: Vectors, *, most: int) -> NDArray[np.intp]:
    """Return the part of each call, for the number of parts whose silhouette is highest."""
    with importing:
        from sklearn.cluster import KMeans  # noqa: PLC0415 - a second of imports
        from sklearn.decomposition import PCA  # noqa: PLC0415
        from sklearn.metrics import silhouette_score  # noqa: PLC0415

    components = min(COMPONENTS, len(vectors) - 1)
    reduced = unit(PCA(components, random_state=_SEED).fit_transform(vectors))
    best: tuple[float, NDArray[np.intp]] | None = None
    for k in range(2, most + 1):
        found = KMeans(k, n_init=_STARTS, random_state=_SEED).fit_predict(reduced)
        sample = SILHOUETTE_OF if len(reduced) > SILHOUETTE_OF else None
        score = silhouette_score(reduced, found, metric="cosine", sample_size=sample, random_state=_SEED)
        if best is None or score > best[0]:
            best = float(score), found
    assert best is not None
    return best[1]


def _merged(sums: NDArray[np.floating]) -> Vectors:
    """Return the centres of parts from the sums of their vectors; the two nearest are one while they are too near.

    The silhouette of many calls likes small parts: two ways to say one thing.
    """
    while True:
        centres = unit(sums)
        cosines = np.triu(centres @ centres.T, 1)
        one, other = np.unravel_index(cosines.argmax(), cosines.shape)
        if cosines[one, other] < SAME_GROUP:
            return centres
        sums[one] += sums[other]
        sums = np.delete(sums, other, axis=0)


def _largest_first(made: Grouping, sizes: Sequence[int] | NDArray[np.intp]) -> Grouping:
    order = np.argsort(-np.asarray(sizes), kind="stable")
    position = np.empty(len(order), dtype=np.intp)
    position[order] = np.arange(len(order))
    known = made.group != NOWHERE
    group = np.where(known, position[np.where(known, made.group, 0)], NOWHERE)
    return Grouping(centres=made.centres[order], group=group, similarity=made.similarity)
