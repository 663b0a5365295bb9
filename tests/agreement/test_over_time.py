"""Accuracy over the last 25 reviewed answers, and over all."""

from __future__ import annotations

from pipeline.agreement.over_time import accuracy_over_time
from tests.agreement.builders import pair


def test_the_last_25_are_those_that_were_reviewed_last() -> None:
    pairs = [pair(number, human="pass" if number >= 20 else "fail") for number in range(45)]
    found = accuracy_over_time(pairs[::-1])
    assert found.pairs == 45
    assert found.recent is not None
    assert found.recent.estimate == 1.0
    assert found.all_time is not None
    assert round(found.all_time.estimate, 6) == round(25 / 45, 6)
    assert [share for _, share in found.rolling] == [(5 + step) / 25 for step in range(21)]
    assert found.rolling[-1][0] == pairs[-1].reviewed_at


def test_of_fewer_than_25_all_are_recent_and_nothing_rolls() -> None:
    found = accuracy_over_time([pair(number, human="fail" if number else "pass") for number in range(5)])
    assert found.recent == found.all_time
    assert found.recent is not None
    assert (round(found.recent.low, 2), round(found.recent.high, 2)) == (0.04, 0.62)  # Wilson 95 % of 1 in 5
    assert found.rolling == ()


def test_withheld_and_incomparable_answers_do_not_count() -> None:
    others = [pair(1, withheld=True), pair(2, machine=None), pair(3, human="cannot_assess")]
    assert accuracy_over_time(others).all_time is None
    assert accuracy_over_time([*others, pair(4)]).pairs == 1
