"""Accuracy over the last 25 reviewed answers, and over all."""

from __future__ import annotations

from pipeline.agreement.figures import agreement_of
from pipeline.agreement.over_time import accuracy_over_time
from tests.agreement.builders import pair


def test_the_last_25_are_those_that_were_reviewed_last() -> None:
    pairs = [pair(number, human="pass" if number >= 20 else "fail") for number in range(45)]
    found = accuracy_over_time(pairs[::-1], seed=0)
    assert found.pairs == 45
    assert found.recent is not None
    assert found.recent.estimate == 1.0
    assert found.all_time is not None
    assert round(found.all_time.estimate, 6) == round(25 / 45, 6)
    assert [share for _, share in found.rolling] == [(5 + step) / 25 for step in range(21)]
    assert found.rolling[-1][0] == pairs[-1].reviewed_at


def test_of_fewer_than_25_all_are_recent_and_nothing_rolls() -> None:
    found = accuracy_over_time([pair(number, human="fail" if number > 9 else "pass") for number in range(22)], seed=0)
    assert found.recent == found.all_time
    assert found.recent is not None
    assert found.rolling == ()


def test_of_fewer_than_20_there_is_a_count_and_no_figure() -> None:
    found = accuracy_over_time([pair(number) for number in range(19)], seed=0)
    assert (found.pairs, found.all_time, found.recent) == (19, None, None)


def test_accuracy_over_all_time_is_the_accuracy_of_agreement_with_its_interval() -> None:
    # two pairs a call: an interval over pairs would be narrower than one over calls
    pairs = [
        pair(number // 2, criterion_id=f"q{number % 2}", human="fail" if number < 20 else "pass")
        for number in range(60)
    ]
    told, accuracy = accuracy_over_time(pairs, seed=3).all_time, agreement_of(pairs, seed=3).accuracy
    assert told is not None
    assert (told.estimate, told.low, told.high) == (accuracy.value, accuracy.low, accuracy.high)


def test_withheld_and_incomparable_answers_do_not_count() -> None:
    others = [pair(1, withheld=True), pair(2, machine=None), pair(3, human="cannot_assess")]
    assert accuracy_over_time(others, seed=0).pairs == 0
    assert accuracy_over_time([*others, pair(4)], seed=0).pairs == 1
