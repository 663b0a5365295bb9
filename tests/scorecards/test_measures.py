from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ttest_ind

from pipeline.records import MeasureComparison
from pipeline.scorecards import measures as module
from pipeline.scorecards.measures import MEASURES, compare_measures, values_of
from pipeline.store.call_measures import MEASURED


def _compare(
    values: list[float], subjects: list[int], queues: list[int] | None = None, *, min_calls: int = 2
) -> list[MeasureComparison]:
    """One measure's comparisons by subject."""
    found = compare_measures(
        {"hold_share": np.array(values)}, np.array(subjects), np.array(queues or [0] * len(values)), min_calls=min_calls
    )
    return [of_subject[0] for of_subject in found]


def test_the_difference_in_one_queue_is_welchs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BORROWED", 0.0)
    own, others = [0.1, 0.3, 0.2, 0.4], [0.5, 0.6, 0.7, 0.4, 0.8]

    ann, _ = _compare([*own, *others], [0] * 4 + [1] * 5)

    expected = ttest_ind(own, others, equal_var=False).confidence_interval(0.95)
    assert ann.difference is not None
    assert ann.difference.estimate == pytest.approx(0.25 - 0.6)
    assert (ann.difference.low, ann.difference.high) == pytest.approx((expected.low, expected.high), abs=1e-5)
    assert (ann.value, ann.peers_value, ann.calls, ann.peers_calls, ann.peers) == (0.25, 0.6, 4, 5, 1)


def test_peers_are_weighted_by_the_subjects_queues() -> None:
    # Ann has three calls of queue 0 and one of queue 1; the others' means are 0.2 and 0.6.
    values = [0.2, 0.2, 0.2, 0.6, 0.1, 0.3, 0.5, 0.7, 0.6]

    ann, _ = _compare(values, [0, 0, 0, 0, 1, 1, 1, 1, 1], [0, 0, 0, 1, 0, 0, 1, 1, 1])

    assert ann.peers_value == pytest.approx(0.75 * 0.2 + 0.25 * 0.6)
    assert ann.difference is not None
    assert ann.difference.estimate == pytest.approx(0.0)


def test_calls_of_a_queue_that_nobody_else_has_count_on_neither_side() -> None:
    ann, _ = _compare([0.1, 0.3, 0.9, 0.2, 0.4], [0, 0, 0, 1, 1], [0, 0, 1, 0, 0])

    assert (ann.value, ann.calls) == pytest.approx((0.2, 2))


def test_without_peers_a_measure_stands_alone() -> None:
    (ann,) = _compare([0.1, 0.3], [0, 0])

    assert ann == MeasureComparison(measure="hold_share", value=0.2, calls=2)


def test_too_few_calls_on_either_side_have_no_difference() -> None:
    ann, bob, eve = _compare([0.1, 0.3, 0.2, 0.4, 0.5, 0.6], [0, 0, 0, 1, 1, 2], min_calls=3)

    assert ann.difference is not None  # three calls against three
    assert bob.difference is None
    assert eve.difference is None
    assert bob.peers_value == pytest.approx((0.1 + 0.3 + 0.2 + 0.6) / 4)


def test_unknown_values_are_left_out_and_not_zero() -> None:
    ann, bob = _compare([0.2, np.nan, 0.4, 0.5, 0.5], [0, 0, 0, 1, 1])

    assert (ann.value, ann.calls) == pytest.approx((0.3, 2))
    assert bob.peers_value == pytest.approx(0.3)
    unknown = compare_measures({"hold_share": np.array([np.nan, 0.5])}, np.array([0, 1]), np.array([0, 0]), min_calls=2)
    assert unknown[0] == ()


def test_five_calls_without_any_hold_do_not_prove_that_nobody_holds() -> None:
    values = [0.0] * 5 + [0.0] * 70 + [0.4] * 30

    ann, _ = _compare(values, [0] * 5 + [1] * 100, min_calls=5)

    assert ann.difference is not None
    assert ann.difference.low < 0 < ann.difference.high


def test_intervals_of_equal_subjects_hold_zero() -> None:
    random = np.random.default_rng(4)
    held = []
    for _ in range(60):
        subjects = np.repeat(np.arange(12), 20)
        queues = random.integers(0, 3, len(subjects))
        values = random.normal(0.5 + 0.1 * queues, 0.1)
        found = compare_measures({"hold_share": values}, subjects, queues, min_calls=5)
        differences = [of_subject[0].difference for of_subject in found]
        held += [each.low <= 0 <= each.high for each in differences if each is not None]

    assert 0.93 <= np.mean(held) <= 0.98


def test_values_are_made_of_the_stored_columns() -> None:
    columns: dict[str, list[float | None]] = {name: [None] for name in MEASURED}
    columns |= {"duration_ms": [200_000], "hold_ms": [50_000], "dead_air_ms": [0], "agent_response_time_ms": [1500]}

    values = values_of(columns)

    assert set(values) == set(MEASURES)
    assert [values[name][0] for name in ("hold_share", "dead_air_share", "agent_response_time_s", "duration_s")] == [
        *(0.25, 0.0, 1.5),
        200.0,
    ]
    assert np.isnan(values["overtalk_share"][0])
