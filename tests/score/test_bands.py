from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.records import Band
from pipeline.score.bands import band_of, coverage_problems


def bands(*edges: tuple[float | None, float | None]) -> list[Band]:
    return [Band(share=i / 10, at_least=at_least, below=below) for i, (at_least, below) in enumerate(edges)]


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ([(None, None)], []),
        ([(None, 10), (10, None)], []),
        ([(20, None), (None, 10), (10, 20)], []),
        ([(None, -0.5), (-0.5, None)], []),
        ([(0, None)], ["no band holds values below 0; leave `at_least` out of the lowest band"]),
        ([(None, 10)], ["no band holds values from 10 on; leave `below` out of the highest band"]),
        ([(None, 10), (20, None)], ["no band holds values from 10 to below 20"]),
        ([(None, 20), (10, None)], ["two bands hold values from 10 to below 20"]),
        ([(None, None), (10, 20)], ["two bands hold values from 10 to below 20"]),
        ([(None, 10), (10, 10), (10, None)], ["a band from 10 to below 10 holds no value"]),
        ([(None, 10), (30, 20), (20, None)], ["a band from 30 to below 20 holds no value"]),
        (
            [(1, 2), (3, 4)],
            [
                "no band holds values below 1; leave `at_least` out of the lowest band",
                "no band holds values from 2 to below 3",
                "no band holds values from 4 on; leave `below` out of the highest band",
            ],
        ),
    ],
)
def test_bands_are_told_where_they_overlap_or_leave_gaps(
    edges: list[tuple[float | None, float | None]], expected: list[str]
) -> None:
    assert coverage_problems(bands(*edges)) == expected


@pytest.mark.parametrize(("value", "share"), [(-5, 0.0), (9.999, 0.0), (10, 0.1), (19.9, 0.1), (20, 0.2), (1e9, 0.2)])
def test_band_of_takes_the_lower_edge_in_and_leaves_the_upper_out(value: float, share: float) -> None:
    assert band_of(value, bands((None, 10), (10, 20), (20, None))).share == share


edge = st.none() | st.integers(-5, 5)


@given(st.lists(st.tuples(edge, edge), min_size=1, max_size=4), st.integers(-7, 7))
@settings(deadline=None)
def test_bands_without_problems_hold_every_value_exactly_once(
    edges: list[tuple[float | None, float | None]], value: int
) -> None:
    authored = bands(*edges)
    holding = [
        b for b in authored if (b.at_least is None or b.at_least <= value) and (b.below is None or value < b.below)
    ]
    if not coverage_problems(authored):
        assert holding == [band_of(value, authored)]
    elif len(edges) == 1:
        assert edges[0] != (None, None)
