"""What chance alone does to before and after: ``python -m benchmarks.coaching``, printed; no file is written.

Made teams, in which each agent has a share of calls passed and takes as many calls before a session as it happens, and
as many since. First how often the interval of a team's change holds the agents' mean true change; then what becomes of
an agent who is coached because a question was a topic (4 of the last 5 calls failed) where nobody ever changes:
whatever goes better afterwards is luck.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable

import numpy as np

from pipeline.coaching.statistics import Part, pooled_change
from pipeline.records import Interval
from pipeline.scorecards.statistics import difference


def _fewer_since(draw: np.random.Generator, size: tuple[int, ...]) -> np.ndarray:
    before = draw.integers(20, 60, size=size)
    return np.stack([before, np.maximum(1, before * draw.uniform(0.02, 0.3, size=size)).astype(int)])


AGENTS, MIN_CALLS = 8, 5
SPREADS = (0.0, 0.05, 0.1, 0.2)
SIZES = (2, 3, 5, 10)
OWN = (10, 12)
CALLS = {
    "1 to 40 calls on each side": lambda draw, size: draw.integers(1, 41, size=(2, *size)),
    "1 to 90 calls, mostly few": lambda draw, size: np.exp(draw.uniform(0, 4.5, size=(2, *size))).astype(int),
    "20 to 59 before, 2 to 30 % of them since": _fewer_since,
}


def coverage(times: int, seed: int) -> Iterable[tuple[str, float, int, float, float]]:
    """Yield how often intervals hold the truth, by calls, spread of true changes and agents: of change and effect.

    Shares before lie within 0.3 to 0.9; true changes are normal about 0 with the spread, as far as shares allow. The
    effect is that of an agent whose share goes from 0.4 to 0.7, with 10 calls before and 12 since.
    """
    draw = np.random.default_rng(seed)
    for name, calls in CALLS.items():
        for spread in SPREADS:
            true = _true_change(spread)
            for agents in SIZES:
                before = draw.uniform(0.3, 0.9, size=(times, agents))
                after = np.clip(before + draw.normal(0, spread, size=before.shape), 0, 1)
                n_before, n_after = calls(draw, before.shape)
                passed_before, passed_after = draw.binomial(n_before, before), draw.binomial(n_after, after)
                own = draw.binomial(OWN, (0.4, 0.7), size=(times, 2))
                change = effect = 0
                for row in range(times):
                    found = _pooled(passed_before[row], n_before[row], passed_after[row], n_after[row])
                    beside = difference(_pooled(own[row, :1], OWN[:1], own[row, 1:], OWN[1:]), found, most=2.0)
                    change += found.low <= true <= found.high
                    effect += beside.low <= 0.3 - true <= beside.high
                yield name, spread, agents, change / times, effect / times


def _true_change(spread: float) -> float:
    draw = np.random.default_rng(0)
    before = draw.uniform(0.3, 0.9, size=1_000_000)
    return float((np.clip(before + draw.normal(0, spread, size=before.shape), 0, 1) - before).mean())


def luck(teams: int, seed: int) -> dict[str, list[Interval]]:
    """Return the coached agents' changes, and what they exceed others' by, in teams in which nothing ever changes."""
    draw = np.random.default_rng(seed)
    found: dict[str, list[Interval]] = {"own": [], "less the uncoached": [], "less those who missed it as often": []}
    for _ in range(teams):
        shares = draw.beta(3, 3, size=AGENTS)
        n_before, n_after = draw.integers(1, 41, size=(2, AGENTS))
        calls = [draw.random(n) < share for n, share in zip(n_before, shares, strict=True)]
        before, after = np.array([each.sum() for each in calls]), draw.binomial(n_after, shares)
        topics = [agent for agent, each in enumerate(calls) if (~each[-5:]).sum() >= 4]
        if not topics:
            continue
        coached = int(draw.choice(topics))
        if min(n_before[coached], n_after[coached]) < MIN_CALLS:
            continue
        rest = [agent for agent in range(AGENTS) if agent != coached]
        alike = [agent for agent in topics if agent != coached]
        own = _pooled(before[[coached]], n_before[[coached]], after[[coached]], n_after[[coached]])
        found["own"].append(own)
        for name, agents in (("less the uncoached", rest), ("less those who missed it as often", alike)):
            if min(n_before[agents].sum(), n_after[agents].sum()) >= MIN_CALLS:
                others = _pooled(before[agents], n_before[agents], after[agents], n_after[agents])
                found[name].append(difference(own, others, most=2.0))
    return found


def _pooled(*counts: Iterable[int]) -> Interval:
    """Return the change from agents' passed and assessed calls before, passed and assessed calls since."""
    found = pooled_change(
        (Part(passed=int(a), assessed=int(n)), Part(passed=int(b), assessed=int(m)))
        for a, n, b, m in zip(*counts, strict=True)
    )
    assert found is not None, "each agent has calls on both sides"
    return found.change


def main() -> None:
    """Print what chance does."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--teams", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=1_000, help="How often each case of the coverage is drawn.")
    parser.add_argument("--seed", type=int, default=8)
    asked = parser.parse_args()
    print("coverage of nominal 95 % intervals: of the team's change / of what the coached agent gained more")
    told: dict[tuple[str, float], list[str]] = {}
    for name, spread, agents, change, effect in coverage(asked.times, asked.seed):
        line = told.setdefault((name, spread), [])
        line.append(f"{agents} agents {100 * change:.1f} / {100 * effect:.1f} %")
    for (name, spread), cells in told.items():
        print(f"{name}; true changes differ by {100 * spread:.0f} points: {', '.join(cells)}")
    for name, changes in luck(asked.teams, asked.seed).items():
        mean = sum(each.estimate for each in changes) / len(changes)
        better = sum(each.estimate > 0 for each in changes) / len(changes)
        clear = sum(each.low > 0 for each in changes) / len(changes)
        print(
            f"{name}: {len(changes)} teams, mean {100 * mean:+.1f} points, "
            f"better {100 * better:.0f} %, clearly better {100 * clear:.1f} %"
        )


if __name__ == "__main__":
    main()
