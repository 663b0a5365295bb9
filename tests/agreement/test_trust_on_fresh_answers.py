"""What was learnt, held against answers that nobody has seen: drawn from known curves of confidence."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.agreement import MACHINES, TARGET, rounds
from pipeline.agreement.trust import learn
from tests.agreement.builders import drawn_pairs, rubric

ROUNDS = 40


@pytest.mark.parametrize("name", MACHINES)
@pytest.mark.parametrize("pairs", [20, 60, 200])
def test_error_of_what_is_given_stays_near_the_target(name: str, pairs: int) -> None:
    found = rounds(MACHINES[name], pairs, count=ROUNDS)
    assert found.missed <= 0.1
    if pairs == 200 and name != "uninformed":
        assert (found.given * found.error).sum() <= (TARGET + 0.01) * found.given.sum()


def test_a_threshold_by_the_counted_share_would_miss_the_target_more_often_than_not() -> None:
    assert rounds(MACHINES["uninformed"], 60, count=ROUNDS, by_bound=False).missed > 0.5


@pytest.mark.parametrize(("name", "least"), [("overconfident", 0.15), ("underconfident", 0.65), ("good", 0.9)])
def test_most_of_what_could_be_given_is_given_once_there_are_pairs_enough(name: str, least: float) -> None:
    assert rounds(MACHINES[name], 200, count=ROUNDS).given.mean() >= least


def test_hardly_anything_is_given_where_one_in_five_is_wrong_and_confidence_tells_nothing() -> None:
    assert rounds(MACHINES["uninformed"], 200, count=ROUNDS).given.mean() <= 0.02


@pytest.mark.parametrize(("name", "pairs"), [("underconfident", 20), ("uninformed", 60), ("overconfident", 300)])
def test_calibrated_confidences_are_nearer_to_the_truth_than_raw_ones(name: str, pairs: int) -> None:
    found = rounds(MACHINES[name], pairs, count=ROUNDS)
    assert found.off_after.mean() < 0.75 * found.off_before.mean()


@pytest.mark.parametrize("name", ["overconfident", "underconfident", "uninformed"])
def test_expected_calibration_error_falls(name: str) -> None:
    machine, generator = MACHINES[name], np.random.default_rng(11)
    raw = machine.draw(generator, 400)
    (lesson,) = learn(drawn_pairs(raw, generator.random(400) < machine.chance(raw)), rubric())
    assert lesson.calibration is not None
    before, after = lesson.calibration.raw_calibration_error, lesson.calibration.calibration_error
    assert before is not None
    assert after is not None
    assert after < 0.8 * before
