"""Whether the difference between two groups of calls may be chance.

Two calls of one agent are more alike than two calls of two agents. Where groups are groups of agents (teams, sites, the
agents' own traits), calls are therefore not counted as if each were drawn by itself: whole agents change groups.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Key = TypeVar("Key", bound=Hashable)

SIGNIFICANT = 0.05
RESAMPLES = 9999
NESTED = 0.9  # of the calls are in the group in which most of their agent's calls are


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """What is compared of one group: a sum over so many calls, by agent. Each call of unknown agent stands by itself.

    Attributes:
        agents: (sum, calls) of each; a sum of whole numbers is a count of successes.
    """

    agents: tuple[tuple[float, int], ...]

    @property
    def total(self) -> float:
        """The sum over all calls."""
        return sum(part for part, _ in self.agents)

    @property
    def n(self) -> int:
        """How many calls."""
        return sum(count for _, count in self.agents)

    @property
    def calls_for_one(self) -> float:
        """How many calls tell as much as one of an agent of its own would: the design effect (Kish 1965), at least 1.

        The variance of the rate between agents over that of as many independent calls. Where that cannot be told, as
        there is one agent or all calls came out alike, all calls of an agent tell as much as one.
        """
        rate, agents = self.total / self.n, len(self.agents)
        alone = rate * (1 - rate) / self.n
        if agents == 1 or alone == 0:
            return self.n / agents
        between = sum((part - rate * n) ** 2 for part, n in self.agents) * agents / (agents - 1) / self.n**2
        return max(1.0, between / alone)

    def __add__(self, other: Tally) -> Tally:
        """Return both together; the same agent in both stays two."""
        return Tally(agents=self.agents + other.agents)


def tally(values: Iterable[tuple[str | None, float]]) -> Tally:
    """Return the tally of (agent or None, value) of calls."""
    sums: dict[Hashable, list[float]] = {}
    for position, (agent, value) in enumerate(values):
        part = sums.setdefault(position if agent is None else agent, [0.0, 0])
        part[0] += value
        part[1] += 1
    return Tally(agents=tuple((total, int(n)) for total, n in sums.values()))


def groups_of_agents(calls: Iterable[tuple[str | None, str]]) -> bool:
    """Tell whether (agent, group) of calls make groups of agents: nearly all of an agent's calls are in one group.

    Agents with a single call tell nothing about that; without others, calls are taken for calls by themselves.
    """
    by_agent: dict[str, dict[str, int]] = {}
    for agent, group in calls:
        if agent is not None:
            counts = by_agent.setdefault(agent, {})
            counts[group] = counts.get(group, 0) + 1
    repeated = [counts for counts in by_agent.values() if sum(counts.values()) > 1]
    in_main, known = sum(max(c.values()) for c in repeated), sum(sum(c.values()) for c in repeated)
    return known > 0 and in_main >= NESTED * known


def chance_of_rates(one: Tally, other: Tally, *, whole_agents: bool) -> float:
    """Return how likely a difference of rates at least this large is where there is none, two-sided.

    Fisher's exact test over calls (Fisher 1935); with ``whole_agents`` a permutation test over agents.
    """
    if not (one.n and other.n):
        return 1.0
    if whole_agents:
        return _chance_over_agents(one, other)
    from scipy.stats import fisher_exact  # noqa: PLC0415 - half a second

    table = np.array([[int(side.total), side.n - int(side.total)] for side in (one, other)])
    return min(1.0, float(fisher_exact(table).pvalue))


def chance_of_means(
    one: Sequence[tuple[str | None, float]], other: Sequence[tuple[str | None, float]], *, whole_agents: bool
) -> float:
    """Return how likely a difference of (agent, value) at least this large is where there is none, two-sided.

    The Mann-Whitney test over calls (Mann and Whitney 1947); with ``whole_agents`` a permutation test of means over
    agents.
    """
    if not (one and other):
        return 1.0
    if whole_agents:
        return _chance_over_agents(tally(one), tally(other))
    from scipy.stats import mannwhitneyu  # noqa: PLC0415 - half a second

    first, second = (np.array([value for _, value in side], dtype=np.float64) for side in (one, other))
    if np.ptp(np.concatenate([first, second])) == 0:
        return 1.0
    return float(mannwhitneyu(first, second, axis=None).pvalue)


def holm(chances: Mapping[Key, float]) -> dict[Key, float]:
    """Return chances made larger for being several: one in 20 reports at most has any under 5 % wrongly (Holm 1979)."""
    adjusted: dict[Key, float] = {}
    largest = 0.0
    for rank, (key, chance) in enumerate(sorted(chances.items(), key=lambda item: item[1])):
        largest = max(largest, min(1.0, (len(chances) - rank) * chance))
        adjusted[key] = largest
    return adjusted


def false_discoveries(chances: Sequence[float]) -> list[float]:
    """Return chances made larger for being many: of those under 5 %, one in 20 errs (Benjamini and Hochberg 1995)."""
    if not chances:
        return []
    from scipy.stats import false_discovery_control  # noqa: PLC0415 - half a second

    return [float(chance) for chance in false_discovery_control(list(chances))]


def _chance_over_agents(one: Tally, other: Tally) -> float:
    """Return the share of ways to deal the agents out anew that give means at least as far apart.

    All ways where they are few, else so many at random, by a fixed seed: equal data give an equal chance.
    """
    from scipy.stats import permutation_test  # noqa: PLC0415 - half a second

    everybody = (*one.agents, *other.agents)
    sums = np.array([part for part, _ in everybody], dtype=np.float64)
    counts = np.array([count for _, count in everybody], dtype=np.float64)
    if len(one.agents) + len(other.agents) < 3 or np.ptp(sums / counts) == 0:
        return 1.0

    def apart(first: NDArray[Any], second: NDArray[Any], axis: int = -1) -> NDArray[Any]:
        left, right = first.astype(np.intp), second.astype(np.intp)
        means = [sums[side].sum(axis=axis) / counts[side].sum(axis=axis) for side in (left, right)]
        return np.asarray(np.round(means[0] - means[1], 12))

    places = np.arange(len(everybody))
    tested = permutation_test(
        (places[: len(one.agents)], places[len(one.agents) :]),
        apart,
        permutation_type="independent",
        vectorized=True,
        n_resamples=RESAMPLES,
        batch=1000,
        rng=np.random.default_rng(0),
    )
    return min(1.0, float(tested.pvalue))
