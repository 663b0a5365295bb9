"""How often the tests of the fairness report call two groups different that are drawn alike.

    python -m benchmarks.false_alarms

Two groups of eight agents with fifteen calls each; seven in ten calls pass, for every agent or on the average of agents
who differ (Beta(7, 3)). docs/fairness.md has the figures.
"""

from __future__ import annotations

import numpy as np

from pipeline.fairness.differences import SIGNIFICANT, chance_of_rates, tally

AGENTS, CALLS, SEED = 8, 15, 3


def false_alarms(*, agents_differ: bool, whole_agents: bool, times: int) -> float:
    """Return the share of draws in which the difference is called unlikely chance."""
    drawn, alarms = np.random.default_rng(SEED), 0
    for _ in range(times):
        sides = []
        for side in "ab":
            rates = drawn.beta(7, 3, size=AGENTS) if agents_differ else np.full(AGENTS, 0.7)
            passed = drawn.random((CALLS, AGENTS)) < rates
            sides.append(tally([(f"{side}{k}", float(one)) for row in passed for k, one in enumerate(row)]))
        alarms += chance_of_rates(sides[0], sides[1], whole_agents=whole_agents) <= SIGNIFICANT
    return alarms / times


if __name__ == "__main__":
    for label, differ, whole, times in (
        ("over calls, agents alike", False, False, 1000),
        ("over calls, agents differ", True, False, 1000),
        ("over agents, agents differ", True, True, 400),
    ):
        share = false_alarms(agents_differ=differ, whole_agents=whole, times=times)
        print(f"{label}: {100 * share:.1f} % of {times} draws")
