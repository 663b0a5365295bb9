"""How true the intervals of scorecards are on made calls: ``python -m benchmarks.scorecard_statistics``.

Nothing is read or written: calls are drawn from known distributions, and counted is how often an interval holds what
they were drawn from. `docs/scorecards.md` quotes the figures.
"""

from __future__ import annotations

import argparse

import numpy as np
from numpy.typing import NDArray

from pipeline.records import PooledFigure
from pipeline.scorecards.correction import corrected_mean
from pipeline.scorecards.measures import compare_measures
from pipeline.scorecards.shrinkage import pooled_means, pooled_rates

SEED = 20261122
PEERS = (4, 8, 20, 100)
SPREADS = (0.0, 0.02, 0.05, 0.1)
MISSED = (0.01, 0.03, 0.08)
SAMPLES = ((200, 10), (200, 30), (1000, 30), (1000, 100))
CALLS_OF_AGENTS = (5, 10, 30)
TEAMS = (5, 10, 20)
MOST_CALLS = (11, 40)
HEARD = (0, 120, 180, 200)


def main() -> None:
    """Print what the simulations find."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=300, help="how often each is drawn")
    times = parser.parse_args().times
    random = np.random.default_rng(SEED)
    print("Drawn toward the peers: peers, spread | means held, error against plain | rates held, error against plain")
    for peers in PEERS:
        for spread in SPREADS:
            print(f"{peers:4d} {spread:.2f} | {_pooled(random, peers, spread, max(20, times * 10 // (peers + 10)))}")
    print("One agent of five passes 15 %, the others 95 %: agents, calls | rates held, least width")
    for agents in TEAMS:
        for most in MOST_CALLS:
            print(f"{agents:4d}, 4 to {most} | {_one_of_five(random, agents, most, times)}")
    print("Corrected by people: auto-fails missed | calls, pairs: held, width")
    for missed in MISSED:
        told = [f"{calls}, {pairs}: {_corrected(random, missed, calls, pairs, times)}" for calls, pairs in SAMPLES]
        print(f"{missed:.2f} | {' | '.join(told)}")
    print("1,000 calls, the machine 20 points too strict on 200 flagged ones, 60 drawn: heard | error, bias held")
    for what in ("flagged", "lowest"):
        for when in ("before", "after"):
            told = [f"{heard}: {_heard(random, what, when, heard, times)}" for heard in HEARD]
            print(f"{what} calls heard {when} the draw | {' | '.join(told)}")
    print("Beside the others: calls of the agent: held")
    for name in ("normal", "mostly 0", "skewed"):
        print(f"{name:9s} | {_measured(random, name, times)}")


def _pooled(random: np.random.Generator, peers: int, spread: float, times: int) -> str:
    found: list[list[tuple[bool, float, float]]] = [[], []]
    for _ in range(times):
        truth = np.clip(random.normal(0.8, spread, peers), 0.02, 0.98)
        calls = random.integers(3, 41, peers)
        scores = [random.beta(6 * mean, 6 * (1 - mean), n) for mean, n in zip(truth, calls, strict=True)]
        means = [float(own.mean()) for own in scores]
        passed = random.binomial(calls, truth)
        squares = [float(((own - own.mean()) ** 2).sum()) for own in scores]
        pooled = pooled_means(calls.tolist(), means, squares), pooled_rates(calls.tolist(), passed.tolist())
        for which, plain in enumerate((np.array(means), passed / calls)):
            found[which] += [
                _judged(figure, float(mean), float(own))
                for figure, mean, own in zip(pooled[which], truth, plain, strict=True)
                if figure is not None
            ]
    told = []
    for of in found:
        held, drawn, plain_error = (np.mean(column) for column in zip(*of, strict=True))
        told.append(f"{held:.2f}, {drawn / plain_error:.2f}")
    return " | ".join(told)


def _one_of_five(random: np.random.Generator, agents: int, most_calls: int, times: int) -> str:
    """Return how often pass rates' intervals hold the truth where one agent of five is far from the others."""
    truth = np.where(np.arange(agents) % 5 == 0, 0.15, 0.95)
    found = []
    for _ in range(times):
        calls = random.integers(4, most_calls + 1, agents)
        pooled = pooled_rates(calls.tolist(), random.binomial(calls, truth).tolist())
        found += [(each.figure, rate) for each, rate in zip(pooled, truth, strict=True) if each is not None]
    held = np.mean([figure.low <= rate <= figure.high for figure, rate in found])
    return f"{held:.2f}, {min(figure.high - figure.low for figure, _ in found):.2f}"


def _judged(pooled: PooledFigure, truth: float, plain: float) -> tuple[bool, float, float]:
    figure = pooled.figure
    return figure.low <= truth <= figure.high, (figure.estimate - truth) ** 2, (plain - truth) ** 2


def _corrected(random: np.random.Generator, missed: float, calls: int, pairs: int, times: int) -> str:
    """Return how often a corrected mean's interval holds the truth where the machine misses every auto-fail."""
    held, widths = [], []
    for _ in range(times):
        machine = random.beta(8, 2, calls)
        people = np.where(random.random(calls) < missed, 0.0, machine)
        nobody = np.zeros(calls, dtype=np.bool_)
        drawn = _drawn(random, ~nobody, pairs)
        heard = np.where(drawn, people, np.nan)
        found = corrected_mean(machine, heard, machine < 0.6, drawn, nobody, least_pairs=2)
        assert found is not None
        assert found.mean_share is not None
        held.append(found.mean_share.low <= 0.8 * (1 - missed) <= found.mean_share.high)
        widths.append(found.mean_share.high - found.mean_share.low)
    return f"{np.mean(held):.2f}, {np.mean(widths):.2f}"


def _heard(random: np.random.Generator, what: str, when: str, heard: int, times: int) -> str:
    """Return how far the machine's bias is missed, on average, where people hear calls of their own accord too."""
    flagged = np.arange(1000) < 200
    errors, held = [], []
    for _ in range(times):
        machine = np.where(flagged, random.uniform(0.3, 0.7, 1000), random.uniform(0.6, 1.0, 1000))
        people = np.clip(machine + np.where(flagged, 0.2, 0.0) + random.uniform(-0.05, 0.05, 1000), 0.0, 1.0)
        wanted = random.permutation(np.flatnonzero(flagged)) if what == "flagged" else np.argsort(machine)
        chosen = np.isin(np.arange(1000), wanted[:heard])
        before = chosen & (when == "before")
        drawn = _drawn(random, ~before, 60)
        told = np.where(drawn | chosen, people, np.nan)
        found = corrected_mean(machine, told, flagged, drawn, before, least_pairs=10)
        assert found is not None
        assert found.bias is not None
        truth = float((people - machine).mean())
        errors.append(100 * (found.bias.estimate - truth))
        held.append(found.bias.low <= truth <= found.bias.high)
    return f"{np.mean(errors):+.1f} points, {np.mean(held):.2f}"


def _drawn(random: np.random.Generator, among: NDArray[np.bool_], count: int) -> NDArray[np.bool_]:
    drawn = np.zeros(len(among), dtype=np.bool_)
    drawn[random.permutation(np.flatnonzero(among))[:count]] = True
    return drawn


def _measured(random: np.random.Generator, name: str, times: int) -> str:
    held: dict[int, list[bool]] = {calls: [] for calls in CALLS_OF_AGENTS}
    of_agent = [CALLS_OF_AGENTS[agent % len(CALLS_OF_AGENTS)] for agent in range(12)]
    subjects = np.repeat(np.arange(len(of_agent)), of_agent)
    for _ in range(times):
        queues = random.integers(0, 3, len(subjects))
        drawn = {
            "normal": random.normal(0.5 + 0.1 * queues, 0.1),
            "mostly 0": np.where(random.random(len(subjects)) < 0.25, random.exponential(0.2, len(subjects)), 0.0),
            "skewed": random.exponential(10.0 + queues),
        }
        found = compare_measures({"hold_share": drawn[name]}, subjects, queues, min_calls=5)
        for calls, of_subject in zip(of_agent, found, strict=True):
            difference = of_subject[0].difference
            if difference is not None:
                held[calls].append(difference.low <= 0 <= difference.high)
    return ", ".join(f"{calls}: {np.mean(of):.2f}" for calls, of in held.items())


if __name__ == "__main__":
    main()
