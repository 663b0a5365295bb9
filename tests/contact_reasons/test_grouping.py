"""Groups of hand-made vectors, and which earlier group a group is."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.contact_reasons.grouping import NOWHERE, group_calls, place
from pipeline.contact_reasons.matching import match_groups
from pipeline.contact_reasons.vectors import DIMENSIONS, Vectors, from_bytes, to_bytes, unit


def around(axis: int, count: int, *, spread: float = 0.05, seed: int = 0) -> Vectors:
    """Vectors near an axis of a space of many dimensions."""
    found = np.random.default_rng(seed + axis).normal(0, spread / np.sqrt(DIMENSIONS) * 4, (count, DIMENSIONS))
    found[:, axis] += 1
    return unit(found)


def test_three_bundles_of_vectors_are_three_groups_the_largest_first() -> None:
    vectors = np.concatenate([around(0, 8), around(1, 20), around(2, 12)])
    found = group_calls(vectors, least=5, min_similarity=0.4)
    assert found.group.tolist() == [2] * 8 + [0] * 20 + [1] * 12
    assert [int(np.argmax(centre)) for centre in found.centres] == [1, 2, 0]
    assert found.similarity.min() > 0.9


def test_grouping_is_the_same_again() -> None:
    vectors = np.concatenate([around(0, 8), around(1, 20), around(2, 12)])
    once, again = (group_calls(vectors, least=5, min_similarity=0.4) for _ in range(2))
    assert (once.group == again.group).all()
    assert (once.centres == again.centres).all()


def test_calls_unlike_all_others_are_in_no_group() -> None:
    lonely = np.zeros((1, DIMENSIONS), dtype=np.float32)
    lonely[0, 300] = 1
    found = group_calls(np.concatenate([around(0, 12), around(1, 12), lonely]), least=5, min_similarity=0.4)
    assert found.group[-1] == NOWHERE
    assert set(found.group[:-1].tolist()) == {0, 1}


def test_groups_of_too_few_calls_are_dissolved() -> None:
    found = group_calls(np.concatenate([around(0, 20), around(1, 20), around(2, 3)]), least=5, min_similarity=0.4)
    assert len(found.centres) == 2
    assert found.group[-3:].tolist() == [NOWHERE] * 3


def test_two_ways_to_say_one_thing_are_one_group() -> None:
    one, other = np.zeros(DIMENSIONS), np.zeros(DIMENSIONS)
    one[:2], other[:2] = (1, 0.35), (1, -0.35)  # cosine .78
    near = np.concatenate([np.tile(one, (12, 1)), np.tile(other, (12, 1))])
    noise = np.random.default_rng(1).normal(0, 0.002, near.shape)
    found = group_calls(np.concatenate([unit(near + noise), around(5, 12)]), least=5, min_similarity=0.4)
    assert found.group.tolist() == [0] * 24 + [1] * 12


def test_few_calls_have_no_groups() -> None:
    found = group_calls(around(0, 9), least=5, min_similarity=0.4)
    assert len(found.centres) == 0
    assert found.group.tolist() == [NOWHERE] * 9
    assert group_calls(np.zeros((0, DIMENSIONS), dtype=np.float32), least=5, min_similarity=0.4).group.tolist() == []


def test_call_is_placed_with_the_nearest_centre_only_where_it_is_near_enough() -> None:
    centres = np.eye(3, dtype=np.float32)
    calls = unit(np.array([[1, 0.1, 0], [0, 0.9, 1], [1, 1, 1]]))
    found = place(calls, centres, min_similarity=0.6)
    assert found.group.tolist() == [0, 2, NOWHERE]  # 1/sqrt(3) = .577
    assert found.similarity.tolist() == pytest.approx([1 / np.sqrt(1.01), 1 / np.sqrt(1.81), 1 / np.sqrt(3)])


def test_group_keeps_the_id_of_the_nearest_earlier_one() -> None:
    earlier = np.eye(3, dtype=np.float32)
    found = unit(np.array([[0.1, 1, 0], [0, 0, 1], [1, 1, 1]]))
    assert match_groups(found, earlier) == [1, 2, None]


def test_two_groups_never_get_one_id_and_the_sum_of_cosines_decides() -> None:
    earlier = unit(np.array([[1.0, 0.0], [0.8, 0.6]]))
    found = unit(np.array([[0.96, 0.28], [1.0, 0.0]]))  # the first is .96 to both; the second 1 and .8
    assert match_groups(found, earlier) == [1, 0]


def test_nothing_is_matched_with_nothing() -> None:
    empty = np.zeros((0, 2), dtype=np.float32)
    assert match_groups(empty, np.eye(2, dtype=np.float32)) == []
    assert match_groups(np.eye(2, dtype=np.float32), empty) == [None, None]


def test_vectors_survive_16_bits() -> None:
    vectors = around(3, 4, spread=1)
    back = from_bytes([to_bytes(vector) for vector in vectors])
    assert len(to_bytes(vectors[0])) == 768
    assert np.abs(back @ vectors.T - vectors @ vectors.T).max() < 1e-3
    assert from_bytes([]).shape == (0, DIMENSIONS)
    with pytest.raises(ValueError, match="reshape"):
        from_bytes([b"1234"])
