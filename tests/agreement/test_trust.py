"""What is learnt of reviewed answers, and how it is checked."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.agreement.calibrators import calibrated, fit, method_for
from pipeline.agreement.reliability import calibration_error, reliability_curve
from pipeline.agreement.thresholds import NONE_GIVEN, answers_needed, error_bound, lowest_threshold
from pipeline.agreement.trust import TARGET_ERROR, learn, trust_of
from tests.agreement.builders import drawn_pairs, pair, rubric


@pytest.mark.parametrize(("pairs", "method"), [(0, None), (19, None), (20, "platt"), (49, "platt"), (50, "isotonic")])
def test_method_follows_the_number_of_pairs(pairs: int, method: str | None) -> None:
    assert method_for(pairs) == method
    confidences = np.linspace(0.5, 1, pairs)
    lessons = learn(drawn_pairs(confidences, confidences > 0.6), rubric())
    assert [each.calibration and each.calibration.method for each in lessons] == [method] * bool(pairs)


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(["isotonic", "platt"]),
    st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=20, max_size=80),
)
def test_calibration_never_falls_and_is_never_surer_than_so_many_answers_allow(
    method: str, answers: list[tuple[float, bool]]
) -> None:
    raw, right = (np.array(column, dtype=float) for column in zip(*answers, strict=True))
    knots = fit(method, raw, right)
    xs, ys = zip(*knots, strict=True)
    assert all(before < after for before, after in itertools.pairwise(xs))
    assert all(before <= after for before, after in itertools.pairwise(ys))
    least = 1 / (len(raw) + 2) - 1e-6
    assert least <= ys[0] <= ys[-1] <= 1 - least
    inside = calibrated(knots, np.array([0.0, *raw, 1.0]))
    assert ys[0] - 1e-6 <= inside.min() <= inside.max() <= ys[-1] + 1e-6


@pytest.mark.parametrize("method", ["isotonic", "platt"])
def test_confidence_that_tells_nothing_or_the_contrary_is_calibrated_to_the_mean(method: str) -> None:
    raw = np.linspace(0.5, 0.99, 60)
    right = (np.arange(60) < 45).astype(float)  # the surer, the oftener wrong
    heights = {height for _, height in fit(method, raw, right)}
    assert len(heights) == 1
    assert heights.pop() == pytest.approx(0.75, abs=0.02)
    ((_, height),) = fit("platt", np.full(30, 0.9), np.ones(30))
    assert height == pytest.approx(31 / 32)


def test_platt_finds_the_curve_that_answers_were_drawn_from() -> None:
    generator = np.random.default_rng(0)
    raw = generator.uniform(0.5, 0.99, 4000)
    truth = 1 / (1 + np.exp(-(0.7 * np.log(raw / (1 - raw)) - 0.5)))
    knots = fit("platt", raw, (generator.random(4000) < truth).astype(float))
    assert np.abs(calibrated(knots, raw) - truth).max() < 0.05


def test_calibration_error_is_the_mean_distance_of_the_bins() -> None:
    confidences = np.repeat([0.6, 0.9], 20)
    right = np.concatenate([np.arange(20) < 8, np.arange(20) < 19])
    curve = reliability_curve(confidences, right)
    assert [(part.answers, part.confidence, part.right) for part in curve] == [
        (20, pytest.approx(0.6), 0.4),
        (20, pytest.approx(0.9), 0.95),
    ]
    assert calibration_error(curve) == pytest.approx(0.5 * 0.2 + 0.5 * 0.05)


def test_bins_hold_about_equally_many_answers_and_never_part_equal_confidences() -> None:
    spread = reliability_curve(np.linspace(0, 1, 200), np.ones(200))
    assert [part.answers for part in spread] == [20] * 10
    assert len(reliability_curve(np.linspace(0, 1, 25), np.ones(25))) == 2
    assert len(reliability_curve(np.full(200, 0.9), np.ones(200))) == 1


@pytest.mark.parametrize(
    # exact one-sided bounds: 1 - 0.2 ** (1 / n) for none wrong, and the root of the binomial sum for one of twenty
    ("wrong", "answers", "bound"),
    [(0, 15, 0.1018), (0, 16, 0.0957), (1, 20, 0.1423), (20, 20, 1.0)],
)
def test_error_bound_is_clopper_and_pearsons(wrong: int, answers: int, bound: float) -> None:
    found = error_bound(np.array([float(wrong)]), np.array([float(answers)]), 0.8)
    assert found[0] == pytest.approx(bound, abs=0.0005)


def test_threshold_is_the_lowest_from_which_on_few_enough_are_wrong() -> None:
    confidences = np.repeat([0.5, 0.7, 0.9], 40)
    right = np.concatenate([np.arange(40) < 15, np.arange(40) < 38, np.ones(40)])
    found = lowest_threshold(confidences, right, target_error=0.1)
    assert 0.699 < found <= 0.7
    assert lowest_threshold(confidences[40:], right[40:], target_error=0.1) == 0.0
    assert lowest_threshold(confidences[:40], right[:40], target_error=0.1) == NONE_GIVEN
    assert lowest_threshold(confidences, right, target_error=0.5) == 0.0


def test_threshold_asks_for_proof_and_says_how_much() -> None:
    (few,) = learn(drawn_pairs(np.linspace(0.8, 0.9, 20), np.arange(20) < 19), rubric())
    assert few.calibration is not None
    assert few.calibration.threshold == NONE_GIVEN  # 1 of 20 is wrong: within 14 %, not 10 %
    assert few.needed == answers_needed(0.05, 0.1) == 45
    (many,) = learn(drawn_pairs(np.linspace(0.8, 0.9, 40), np.arange(40) < 39), rubric())
    assert many.calibration is not None
    assert (many.calibration.threshold, many.needed) == (0.0, None)
    assert answers_needed(0.1, 0.1) is None


def test_learning_leaves_out_what_it_cannot_use_and_counts_it() -> None:
    pairs = drawn_pairs(np.linspace(0.5, 1, 30), np.ones(30, dtype=bool))
    others = [
        pair(100, machine=None),
        pair(101, human="cannot_assess"),
        pair(102, changed=True),
        pair(103, criterion_id="gone"),
        pair(104, machine_confidence=None),
    ]
    (lesson,) = learn([*pairs, *others], rubric())
    assert (lesson.pairs, lesson.without_confidence) == (30, 1)
    withheld = [pair(200 + number, withheld=True, human="fail") for number in range(5)]
    (lesson,) = learn([*pairs, *withheld], rubric())
    assert (lesson.pairs, lesson.wrong) == (35, 5)


def test_lessons_come_in_the_order_of_the_rubric_and_by_question() -> None:
    confidences, right = np.linspace(0.5, 1, 20), np.ones(20, dtype=bool)
    pairs = [
        *drawn_pairs(confidences, right, criterion_id="close"),
        *drawn_pairs(confidences, right, criterion_id="greeting"),
        *drawn_pairs(confidences, right, criterion_id="greeting", asked="question-1:b"),
    ]
    lessons = learn(pairs, rubric("greeting", "close"))
    assert [(each.criterion_id, each.asked[-1]) for each in lessons] == [
        ("greeting", "a"),
        ("greeting", "b"),
        ("close", "a"),
    ]
    trust = trust_of(lessons, "mine", TARGET_ERROR)
    assert trust.of("close", "question-1:a") == lessons[2].calibration
    assert trust.of("close", "question-1:b") is None


def test_trust_is_the_same_whatever_the_order_and_another_where_scores_would_change() -> None:
    generator = np.random.default_rng(0)
    raw = generator.uniform(0.5, 1, 60)
    pairs = drawn_pairs(raw, generator.random(60) < raw)
    first, turned, other = (
        trust_of(learn(some, rubric()), "mine", TARGET_ERROR) for some in (pairs, pairs[::-1], pairs[:59])
    )
    assert turned == first
    assert first.fingerprint.startswith("trust-1:")
    assert other.fingerprint != first.fingerprint
    assert trust_of((), "mine", 0.1).calibrations == ()


def test_calibration_carries_cross_validated_figures() -> None:
    generator = np.random.default_rng(1)
    raw = generator.uniform(0.6, 1, 200)
    (lesson,) = learn(drawn_pairs(raw, generator.random(200) < raw**3), rubric(), target_error=0.3)
    learnt: Any = lesson.calibration
    assert learnt.pairs == 200
    assert learnt.calibration_error < learnt.raw_calibration_error
    assert 0 < learnt.threshold < 1
    assert 0 < learnt.error < 0.4
    assert lesson.given is not None
    assert 0 < lesson.given < 1
    assert sum(part.answers for part in lesson.before) == sum(part.answers for part in lesson.after) == 200
