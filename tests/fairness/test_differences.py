"""Whether differences may be chance: published values, and how often equal groups are called different."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.fairness.differences import (
    Tally,
    chance_of_means,
    chance_of_rates,
    false_discoveries,
    groups_of_agents,
    holm,
    tally,
)


def counted(successes: int, n: int) -> Tally:
    return tally([(None, float(k < successes)) for k in range(n)])


def test_chance_of_rates_is_fishers_exact_test() -> None:
    assert chance_of_rates(counted(3, 4), counted(1, 4), whole_agents=False) == pytest.approx(
        0.4857, abs=1e-4
    )  # his tea
    assert chance_of_rates(counted(0, 0), counted(1, 4), whole_agents=False) == 1


def test_agents_that_change_groups_whole_are_dealt_out_in_every_way() -> None:
    one = tally([(f"a{k}", value) for k in range(3) for value in (1.0,) * 20])
    other = tally([(f"b{k}", value) for k in range(3) for value in (0.0,) * 20])
    # 20 ways to deal six agents to two groups, two of them as far apart as this: no number of calls makes it less
    assert chance_of_rates(one, other, whole_agents=True) == pytest.approx(2 / 20)
    assert chance_of_rates(one, other, whole_agents=False) < 1e-9
    same = tally([("c", 1.0), ("d", 1.0)])
    assert chance_of_rates(one, same, whole_agents=True) == 1


def test_chance_of_means_sees_worse_recognition_and_not_equal_one() -> None:
    worse, better = [(None, 0.7 + k / 1000) for k in range(30)], [(None, 0.8 + k / 1000) for k in range(30)]
    assert chance_of_means(worse, better, whole_agents=False) < 1e-9
    assert chance_of_means([(None, 0.9)] * 5, [(None, 0.9)] * 5, whole_agents=False) == 1
    agents = [
        [(f"{side}{k % 3}", value) for k, (_, value) in enumerate(some)] for side, some in (("a", worse), ("b", better))
    ]
    assert chance_of_means(*agents, whole_agents=True) == pytest.approx(2 / 20)


def test_corrections_give_the_values_worked_by_hand() -> None:
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03}) == pytest.approx({"a": 0.03, "c": 0.06, "b": 0.06})
    assert false_discoveries([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.04, 0.04])
    assert (holm({}), false_discoveries([])) == ({}, [])


@pytest.mark.parametrize(
    ("calls", "nested"),
    [
        ([("a", "x"), ("a", "x"), ("b", "y"), ("b", "y")], True),
        ([("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")], False),
        ([("a", "x"), ("b", "y")], False),  # a single call of each tells nothing
        ([(None, "x"), (None, "y")], False),
        ([*[("a", "x")] * 19, ("a", "y"), *[("b", "y")] * 20], True),  # one who changed teams
    ],
)
def test_groups_are_of_agents_where_agents_stay_in_them(calls: list[tuple[str | None, str]], nested: bool) -> None:
    assert groups_of_agents(calls) is nested


def test_calls_of_agents_who_differ_tell_less_than_calls_by_themselves() -> None:
    alike = tally([(f"a{k % 5}", float(k // 5 % 2)) for k in range(50)])
    apart = tally([(f"a{k % 5}", float(k % 5 < 2)) for k in range(50)])
    assert alike.calls_for_one == 1
    assert apart.calls_for_one == pytest.approx(12.5)  # 5 agents of 10 calls, all alike: 10 calls for one, times 5 / 4
    assert tally([("only", 1.0)] * 7).calls_for_one == 7


@pytest.mark.parametrize("value", [0.0, 1.0])
@pytest.mark.parametrize(
    ("calls_of", "calls_for_one"),
    [({"a": 200}, 200), ({"a": 100, "b": 100}, 100), ({"a": 30, "b": 10, "c": 20}, 20), ({None: 50}, 1)],
)
def test_calls_that_are_all_alike_tell_as_much_as_there_are_agents(
    calls_of: dict[str | None, int], calls_for_one: float, value: float
) -> None:
    found = tally([(agent, value) for agent, calls in calls_of.items() for _ in range(calls)])
    assert found.calls_for_one == calls_for_one


def _false_alarms(*, whole_agents: bool, spread: bool, times: int = 300) -> float:
    """Return how often two groups of eight agents each are told apart that are drawn alike."""
    drawn, alarms = np.random.default_rng(11), 0
    for _ in range(times):
        sides = []
        for side in "ab":
            rates = drawn.beta(7, 3, size=8) if spread else np.full(8, 0.7)
            sides.append(tally([(f"{side}{k % 8}", float(drawn.random() < rates[k % 8])) for k in range(120)]))
        alarms += chance_of_rates(sides[0], sides[1], whole_agents=whole_agents) <= 0.05
    return alarms / times


def test_equal_groups_are_called_different_at_most_once_in_twenty() -> None:
    assert _false_alarms(whole_agents=False, spread=False) <= 0.05
    assert _false_alarms(whole_agents=True, spread=True, times=150) <= 0.08  # 5 %, and what 150 draws can add to it


def test_counting_calls_where_agents_differ_would_err_far_more_often() -> None:
    assert _false_alarms(whole_agents=False, spread=True) > 0.1
