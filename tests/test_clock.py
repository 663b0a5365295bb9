from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clock import clock


@pytest.mark.parametrize(
    ("at_ms", "expected"),
    [(0, "0:00"), (999, "0:00"), (59_999, "0:59"), (61_000, "1:01"), (65_900, "1:05"), (3_725_000, "62:05")],
)
def test_clock_counts_minutes_and_cuts_to_the_second(at_ms: int, expected: str) -> None:
    assert clock(at_ms) == expected


@given(st.integers(min_value=0, max_value=10**9))
def test_clock_can_be_read_back_to_the_second(at_ms: int) -> None:
    minutes, seconds = clock(at_ms).split(":")
    assert len(seconds) == 2
    assert int(minutes) * 60 + int(seconds) == at_ms // 1000
