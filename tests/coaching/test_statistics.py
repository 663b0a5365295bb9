"""How several agents changed, and what one change exceeds another by: by hand, by scipy, and with simulated calls."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binomtest, t

from pipeline.coaching.statistics import Part, pooled_change
from pipeline.records import Interval
from pipeline.scorecards.statistics import difference, wilson

Counts = tuple[int, int]


def _share(passed: int, assessed: int) -> Interval:
    share = wilson(passed, assessed)
    assert share is not None
    return share


def _change(before: Counts, after: Counts) -> Interval:
    return difference(_share(*after), _share(*before))


def _part(counts: Counts) -> Part:
    return Part(passed=counts[0], assessed=counts[1])


def _pooled(*agents: tuple[Counts, Counts]) -> Interval:
    found = pooled_change((_part(before), _part(after)) for before, after in agents)
    assert found is not None
    return found.change


def test_mix_of_agents_is_held_fixed() -> None:
    """Two agents who never change, one of whom is away in the later weeks: the sum of calls falls by 49 points."""
    found = pooled_change([(_part((90, 100)), _part((9, 10))), (_part((3, 10)), _part((30, 100)))])
    assert found is not None
    assert (found.agents, found.before, found.after) == (2, 0.6, 0.6)  # both weigh 100 * 10 / 110
    assert found.change.estimate == 0
    assert found.change.low < 0 < found.change.high


def test_change_is_that_of_agents_by_the_weights_of_mantel_and_haenszel() -> None:
    found = pooled_change([(_part((2, 10)), _part((8, 10))), (_part((20, 30)), _part((9, 15)))])
    assert found is not None
    # by hand: weights 10 * 10 / 20 = 5 and 30 * 15 / 45 = 10, changes +0.6 and 0.6 - 2/3
    assert found.change.estimate == pytest.approx((5 * 0.6 - 10 * (2 / 3 - 0.6)) / 15, abs=1e-6)
    assert found.before == pytest.approx((5 * 0.2 + 10 * 2 / 3) / 15, abs=1e-6)
    assert found.after == pytest.approx((5 * 0.8 + 10 * 0.6) / 15, abs=1e-6)


def test_interval_of_equal_agents_is_that_of_each_by_the_root_of_their_number() -> None:
    alone, both = _change((12, 20), (16, 20)), _pooled(((12, 20), (16, 20)), ((12, 20), (16, 20)))
    assert both.estimate == pytest.approx(0.2)
    assert both.estimate - both.low == pytest.approx((alone.estimate - alone.low) / math.sqrt(2), abs=1e-5)
    assert both.high - both.estimate == pytest.approx((alone.high - alone.estimate) / math.sqrt(2), abs=1e-5)


def test_one_agent_has_the_interval_of_one_change() -> None:
    assert _pooled(((3, 10), (30, 100))) == _change((3, 10), (30, 100))


def test_interval_carries_how_differently_agents_change() -> None:
    apart = _pooled(((20, 100), (60, 100)), ((50, 100), (50, 100)), ((60, 100), (40, 100)))
    # by hand: weights of a third each; changes 0.4, 0, -0.2, which lie 1/3, 1/15 and 4/15 from their mean of 1/15
    changes = (0.4, 0.0, -0.2)
    mean = sum(changes) / 3
    shares = [[(21, 102), (61, 102)], [(51, 102), (51, 102)], [(61, 102), (41, 102)]]  # a pass and a miss added
    by_chance = sum(x / n * (1 - x / n) / n for agent in shares for x, n in agent) / 3 * (2 / 3)
    tau_squared = (sum((change - mean) ** 2 for change in changes) / 3 - by_chance) / (2 / 3)
    each = [_change((20, 100), (60, 100)), _change((50, 100), (50, 100)), _change((60, 100), (40, 100))]
    below = sum((one.estimate - one.low) ** 2 for one in each) / 9
    between = t.ppf(0.975, 2) ** 2 * tau_squared / 3
    assert apart.estimate == pytest.approx(mean, abs=1e-6)
    assert apart.low == pytest.approx(mean - math.sqrt(below + between), abs=1e-5)
    assert apart.low < -0.5


def test_shares_of_none_and_all_leave_an_interval_of_some_width() -> None:
    for counts in (((0, 5), (0, 6)), ((5, 5), (6, 6))):
        found = _pooled(counts, counts)
        assert found.estimate == 0
        assert found.low < -0.1 < 0.1 < found.high


def test_agents_with_calls_on_one_side_only_do_not_count() -> None:
    assert _pooled(((3, 10), (5, 10)), ((0, 0), (9, 9)), ((2, 9), (0, 0))) == _change((3, 10), (5, 10))
    assert pooled_change([(_part((0, 0)), _part((9, 9)))]) is None
    assert pooled_change([]) is None


@pytest.mark.parametrize(("spread", "agents"), [(0.0, 2), (0.0, 6), (0.1, 3), (0.1, 8)])
def test_interval_of_agents_with_unequal_calls_holds_the_mean_change_as_often_as_it_says(
    spread: float, agents: int
) -> None:
    draw, held, times = np.random.default_rng(8), 0, 1000
    for _ in range(times):
        before = draw.uniform(0.3, 0.7, size=agents)
        after = before + draw.normal(0, spread, size=agents).clip(-0.3, 0.3)
        n_before, n_after = draw.integers(1, 41, size=(2, agents))
        x_before, x_after = draw.binomial(n_before, before), draw.binomial(n_after, after)
        rows = zip(*(each.tolist() for each in (x_before, n_before, x_after, n_after)), strict=True)
        found = _pooled(*(((a, n), (b, m)) for a, n, b, m in rows))
        held += found.low <= 0 <= found.high
    assert 0.925 <= held / times <= 0.995


def test_difference_of_changes_is_that_of_hand_computed_ones() -> None:
    own = Interval(estimate=0.5, low=0.2, high=0.7)
    others = Interval(estimate=0.1, low=0.0, high=0.25)
    found = difference(own, others, most=2.0)
    # by hand: 0.4 - sqrt(0.3^2 + 0.15^2) = 0.4 - sqrt(0.1125); 0.4 + sqrt(0.2^2 + 0.1^2) = 0.4 + sqrt(0.05)
    assert found.estimate == pytest.approx(0.4)
    assert found.low == pytest.approx(0.064590, abs=1e-6)
    assert found.high == pytest.approx(0.623607, abs=1e-6)


def test_difference_of_changes_from_counts_is_two_steps_of_recovery_from_wilsons_intervals() -> None:
    counts = ((2, 10), (8, 10), (30, 60), (36, 60))
    shares = []
    for passed, assessed in counts:
        told = binomtest(passed, assessed).proportion_ci(method="wilson")
        shares.append((passed / assessed, told.low, told.high))
    (a, a_low, a_high), (b, b_low, b_high), (c, c_low, c_high), (d, d_low, d_high) = shares
    own, others = b - a, d - c
    own_low, own_high = own - math.hypot(b - b_low, a_high - a), own + math.hypot(b_high - b, a - a_low)
    others_low, others_high = others - math.hypot(d - d_low, c_high - c), others + math.hypot(d_high - d, c - c_low)
    low = own - others - math.hypot(own - own_low, others_high - others)
    high = own - others + math.hypot(own_high - own, others - others_low)
    found = difference(_change(counts[0], counts[1]), _pooled((counts[2], counts[3])), most=2.0)
    assert (found.estimate, found.low, found.high) == pytest.approx((0.5, low, high), abs=1e-5)
    assert found.low > 0


def test_swapping_who_is_compared_turns_the_interval_around() -> None:
    own, others = _change((1, 8), (6, 9)), _change((20, 40), (25, 38))
    there, back = difference(own, others, most=2.0), difference(others, own, most=2.0)
    assert (back.estimate, back.low, back.high) == pytest.approx((-there.estimate, -there.high, -there.low))


def test_difference_stays_within_what_is_possible() -> None:
    one, other = _change((0, 5), (5, 5)), _change((5, 5), (0, 5))
    assert one.high == 1.0
    found = difference(one, other, most=2.0)
    assert (found.estimate, found.high) == (2.0, 2.0)
    assert found.low < 2


def test_changes_at_different_levels_are_refused() -> None:
    with pytest.raises(ValueError, match="levels"):
        difference(Interval(estimate=0, low=-1, high=1, level=0.95), Interval(estimate=0, low=-1, high=1, level=0.9))
