from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import t

from pipeline.records import CorrectedMean, Interval
from pipeline.review.sampling import POLICIES
from pipeline.scorecards.correction import RANDOM_POLICIES, corrected_mean

NOBODY = math.nan


def _corrected(
    machine: list[float],
    people: list[float],
    *,
    flagged: list[bool] | None = None,
    drawn: list[bool] | None = None,
    heard_before: list[bool] | None = None,
    least_pairs: int = 2,
) -> CorrectedMean:
    found = corrected_mean(
        np.array(machine),
        np.array(people),
        np.array(flagged or [False] * len(machine)),
        np.array(drawn if drawn is not None else [True] * len(machine)),
        np.array(heard_before or [False] * len(machine)),
        least_pairs=least_pairs,
    )
    assert found is not None
    return found


def _known(interval: Interval | None) -> Interval:
    assert interval is not None
    return interval


def test_the_mean_difference_of_drawn_calls_corrects_the_mean_of_all() -> None:
    found = _corrected([0.9, 0.7, 0.8, 1.0, 0.6, 0.8], [0.8, 0.7, *[NOBODY] * 4])

    assert _known(found.mean_share).estimate == pytest.approx(0.8 - 0.05)
    assert _known(found.bias).estimate == pytest.approx(-0.05)
    assert (found.pairs, found.missing) == (2, 0)


def test_the_interval_is_that_of_two_phase_sampling() -> None:
    machine = np.array([0.9, 0.7, 0.8, 1.0, 0.6, 0.8])
    found = _corrected(machine.tolist(), [0.8, 0.7, 0.5, *[NOBODY] * 3])

    differences, scores = np.array([-0.1, 0.0, -0.3]), np.array([0.9, 0.7, 0.8])
    widened = np.array([*differences, -0.8, 0.2])  # people who score two calls of 0.8 with 0 and 1
    of_bias = (1 - 3 / 6) * widened.var(ddof=1) / 3
    with_scores = np.mean((differences - differences.mean()) * (scores - scores.mean()))
    of_scores = (machine.var(ddof=1) + 2 * with_scores + differences.var()) / 6
    quantile = t.ppf(0.975, 2)
    bias, mean = _known(found.bias), _known(found.mean_share)
    assert bias.high == pytest.approx(differences.mean() + quantile * math.sqrt(of_bias), abs=1e-6)
    assert mean.low == pytest.approx(
        max(0.0, machine.mean() + differences.mean() - quantile * math.sqrt(of_scores + of_bias)), abs=1e-6
    )


def test_flagged_and_other_calls_are_weighted_by_how_many_they_are() -> None:
    flagged = [True] * 4 + [False] * 16
    machine = [0.4] * 4 + [0.9] * 16
    people = [0.6, 0.6, NOBODY, NOBODY, *[0.8, 0.9], *[NOBODY] * 14]

    found = _corrected(machine, people, flagged=flagged)

    assert _known(found.bias).estimate == pytest.approx(0.2 * 0.2 + 0.8 * -0.05)


def test_calls_that_people_heard_before_the_draw_stand_for_themselves_only() -> None:
    machine, people = [0.4] * 3 + [0.9] * 7, [1.0, 1.0, NOBODY, 0.9, 0.8, *[NOBODY] * 5]
    flagged, heard_before = [True] * 3 + [False] * 7, [True] * 2 + [False] * 8

    found = _corrected(
        machine, people, flagged=flagged, drawn=[not each for each in heard_before], heard_before=heard_before
    )

    assert found.pairs == 2
    assert _known(found.bias).estimate == pytest.approx((2 * 0.6 + 8 * -0.05) / 10)


def test_calls_that_people_heard_after_the_draw_do_not_stand_for_others() -> None:
    machine, people = [0.4] * 3 + [0.9] * 7, [1.0, 1.0, NOBODY, 0.9, 0.8, *[NOBODY] * 5]

    found = _corrected(machine, people, flagged=[True] * 3 + [False] * 7, drawn=[False] * 3 + [True] * 7)

    assert (found.pairs, _known(found.bias).estimate) == (2, pytest.approx(-0.05))


def test_flagged_calls_count_where_people_heard_every_one() -> None:
    machine, people = [0.4] * 2 + [0.9] * 8, [0.9, 0.9, 0.9, 0.8, *[NOBODY] * 6]
    drawn = [False] * 2 + [True] * 8

    found = _corrected(machine, people, flagged=[True] * 2 + [False] * 8, drawn=drawn)

    assert found.pairs == 2
    assert _known(found.bias).estimate == pytest.approx(0.2 * 0.5 + 0.8 * -0.05)


def test_only_calls_left_to_chance_make_the_bias_unsure() -> None:
    machine, people = [0.4] * 6 + [0.9] * 4, [0.8] * 6 + [0.9, 0.8, NOBODY, NOBODY]
    heard_before = [True] * 6 + [False] * 4

    found = _corrected(machine, people, drawn=[False] * 6 + [True] * 4, heard_before=heard_before)

    widened = np.array([0.0, -0.1, -0.9, 0.1])
    half = t.ppf(0.975, 1) * 0.4 * math.sqrt((1 - 2 / 4) * widened.var(ddof=1) / 2)
    bias = _known(found.bias)
    assert bias.estimate == pytest.approx(0.6 * 0.4 + 0.4 * -0.05)
    assert (bias.low, bias.high) == pytest.approx(
        (max(-1, bias.estimate - half), min(1, bias.estimate + half)), abs=1e-6
    )


def test_without_enough_pairs_nothing_is_corrected_and_the_missing_are_counted() -> None:
    found = _corrected([0.9] * 6, [0.8, 0.8, 0.8, *[NOBODY] * 3], drawn=[True, True, *[False] * 4], least_pairs=5)

    assert found == CorrectedMean(mean_share=None, bias=None, pairs=2, missing=3)


def test_without_calls_there_is_nothing_to_correct() -> None:
    nothing, none = np.array([]), np.array([], dtype=np.bool_)
    assert corrected_mean(nothing, nothing, none, none, none, least_pairs=2) is None


def test_people_who_agree_on_few_calls_do_not_prove_the_machine_right() -> None:
    ten = _known(_corrected([0.9] * 500, [0.9] * 10 + [NOBODY] * 490).bias)
    hundred = _known(_corrected([0.9] * 500, [0.9] * 100 + [NOBODY] * 400).bias)

    assert ten.low < -0.1 < hundred.low < -0.005


def test_a_whole_population_leaves_nothing_to_chance_but_the_calls_themselves() -> None:
    found = _corrected([0.9, 0.8, 0.7], [0.8, 0.8, 0.6])

    assert _known(found.bias).low == _known(found.bias).high == pytest.approx(-0.2 / 3, abs=1e-6)
    assert _known(found.mean_share).low < _known(found.mean_share).high


@pytest.mark.parametrize(("calls", "pairs", "most"), [(400, 100, 0.985), (1000, 200, 0.985), (60, 60, 0.975)])
def test_intervals_hold_the_truth_about_95_times_of_100(calls: int, pairs: int, most: float) -> None:
    random = np.random.default_rng(16)
    held, off_machine, off_corrected = [], [], []
    scores = _calls(random, 1_000_000)[1]
    truth = float(scores.mean())
    for _ in range(300):
        machine, people = _calls(random, calls)
        flagged = machine < 0.6
        heard_before = flagged & (random.random(calls) < 0.5) & (pairs < calls)  # many flagged ones as well
        drawn = _drawn(random, ~heard_before, pairs)
        heard = np.where(drawn | heard_before, people, NOBODY)
        found = corrected_mean(machine, heard, flagged, drawn, heard_before, least_pairs=10)
        assert found is not None
        mean = _known(found.mean_share)
        held.append(mean.low <= truth <= mean.high)
        off_machine.append(machine.mean() - truth)
        off_corrected.append(mean.estimate - truth)

    assert 0.91 <= np.mean(held) <= most
    assert abs(np.mean(off_corrected)) < 0.2 * abs(np.mean(off_machine))


def _drawn(random: np.random.Generator, among: np.ndarray, count: int) -> np.ndarray:
    drawn = np.zeros(len(among), dtype=np.bool_)
    drawn[random.permutation(np.flatnonzero(among))[:count]] = True
    return drawn


@pytest.mark.parametrize("heard", [0, 120, 180, 200])
@pytest.mark.parametrize("when", ["before the draw", "after the draw"])
@pytest.mark.parametrize("what", ["flagged calls", "low scores"])
def test_whatever_people_hear_of_their_own_accord_the_bias_is_found(heard: int, when: str, what: str) -> None:
    random = np.random.default_rng(23)
    errors, held_bias, held_mean = [], [], []
    flagged = np.arange(1000) < 200
    for _ in range(200):
        machine = np.where(flagged, random.uniform(0.3, 0.7, 1000), random.uniform(0.6, 1.0, 1000))
        differences = np.where(flagged, 0.2, 0.0) + random.uniform(-0.05, 0.05, 1000)  # 20 points too strict on flagged
        people = np.clip(machine + differences, 0.0, 1.0)
        wanted = random.permutation(np.flatnonzero(flagged)) if what == "flagged calls" else np.argsort(machine)
        chosen = np.isin(np.arange(1000), wanted[:heard])
        before = chosen & (when == "before the draw")
        drawn = _drawn(random, ~before, 60)
        found = corrected_mean(
            machine, np.where(drawn | chosen, people, NOBODY), flagged, drawn, before, least_pairs=10
        )
        assert found is not None
        bias, mean, truth = _known(found.bias), _known(found.mean_share), float((people - machine).mean())
        errors.append(bias.estimate - truth)
        held_bias.append(bias.low <= truth <= bias.high)
        held_mean.append(mean.low <= people.mean() <= mean.high)

    assert abs(np.mean(errors)) < 0.003
    assert np.mean(held_bias) >= 0.9
    assert np.mean(held_mean) >= 0.9


def _calls(random: np.random.Generator, calls: int) -> tuple[np.ndarray, np.ndarray]:
    """Return machine's and people's scores: the machine misses half of the auto-fails, and is kind to some calls."""
    people = np.where(random.random(calls) < 0.06, 0.0, random.beta(8, 2, calls))
    wrong = random.random(calls)
    machine = np.where((people == 0) & (wrong < 0.5), random.beta(8, 2, calls), people)
    return np.where(wrong > 0.7, np.clip(machine + 0.05, 0, 1), machine), people


def test_random_policies_are_policies() -> None:
    assert RANDOM_POLICIES["team"] < RANDOM_POLICIES["agent"] < set(POLICIES)
    assert not RANDOM_POLICIES["agent"] & {"disagreement", "stratified"}
