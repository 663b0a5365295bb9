"""How a share changed with several agents, each beside themselves, and how sure one can be of it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from pipeline.records import Interval
from pipeline.scorecards.statistics import DECIMALS, difference, wilson


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """How a question went in some calls: so many of the assessed were passed."""

    passed: int
    assessed: int

    @property
    def rate(self) -> Interval | None:
        """Share passed, with its Wilson interval; None where nothing was assessed."""
        return wilson(self.passed, self.assessed)


@dataclass(frozen=True, kw_only=True, slots=True)
class PooledChange:
    """How a share changed with several agents, where each counts for the same before and after.

    Attributes:
        agents: How many have calls on both sides; others are left out.
        before: The agents' shares before, 0..1, by the weights of the change.
        after: Their shares since, by the same weights.
        change: ``after - before``, -1..+1, with its interval.
    """

    agents: int
    before: float
    after: float
    change: Interval


def pooled_change(parts: Iterable[tuple[Part, Part]]) -> PooledChange | None:
    """Return by how much agents' share passed grew on average, with the mix of agents held fixed.

    All calls of before beside all calls since would show who took them: where a good agent is away and a poor one is
    not, the sum falls though nobody changed. So each agent is compared with themselves, and the differences ``d`` are
    averaged with the weights of Mantel and Haenszel for a risk difference, ``w = n_b n_a / (n_b + n_a)`` (Greenland and
    Robins, Biometrics 41, 1985, pages 55 to 68), which hang on numbers of calls only, brought to a sum of 1:

        change = sum(w d)
        low    = change - sqrt(sum(w^2 (d - l)^2) + t^2 tau^2 sum(w^2)),  and likewise high with u - d

    Each agent's ``(l, u)`` is Newcombe's interval, which does not fail at 0 or 100 %; they are put together as in
    stratified Newcombe intervals (Yan and Su, Statistics in Biopharmaceutical Research 2, 2010, pages 329 to 335). The
    second term is of agents who change differently: ``tau^2`` is the moment estimate for fixed weights (DerSimonian and
    Kacker, Contemporary Clinical Trials 28, 2007, pages 105 to 114), with each difference's variance as Agresti and
    Caffo take it (The American Statistician 54, 2000, pages 280 to 288), and ``t`` is Student's quantile with one
    degree of freedom less than agents. Of one agent no such spread can be seen.

    Args:
        parts: Each agent's calls before and after; whoever has calls on one side only does not count.

    Returns:
        None where nobody has calls on both sides.
    """
    both, changes = [], []
    for before, after in parts:
        earlier, later = before.rate, after.rate
        if earlier is not None and later is not None:
            both.append((before.passed, before.assessed, after.passed, after.assessed))
            changes.append(difference(later, earlier))
    if not both:
        return None
    passed_before, n_before, passed_after, n_after = np.array(both, dtype=np.float64).T
    weights = n_before * n_after / (n_before + n_after)
    weights /= weights.sum()
    share_before, share_after = weights @ (passed_before / n_before), weights @ (passed_after / n_after)
    estimates = np.array([change.estimate for change in changes])
    below = estimates - [change.low for change in changes]
    above = [change.high for change in changes] - estimates
    estimate = float(weights @ estimates)
    variances = _variance(passed_before, n_before) + _variance(passed_after, n_after)
    between = _spread(estimates, variances, weights, changes[0].level)
    return PooledChange(
        agents=len(both),
        before=round(float(share_before), DECIMALS),
        after=round(float(share_after), DECIMALS),
        change=Interval(
            estimate=round(estimate, DECIMALS),
            low=round(max(-1.0, estimate - math.sqrt(weights**2 @ below**2 + between)), DECIMALS),
            high=round(min(1.0, estimate + math.sqrt(weights**2 @ above**2 + between)), DECIMALS),
            level=changes[0].level,
        ),
    )


def _variance(passed: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Return the variances of shares with one pass and one miss added (Agresti and Caffo): never 0."""
    share = (passed + 1) / (n + 2)
    return np.asarray(share * (1 - share) / (n + 2))


def _spread(changes: np.ndarray, variances: np.ndarray, weights: np.ndarray, level: float) -> float:
    """Return ``t^2 tau^2 sum(w^2)``: by how much agents who change differently widen an interval; 0 of one agent."""
    from scipy.special import stdtrit  # noqa: PLC0415 - slow to import, and not every command needs it

    if len(changes) == 1:
        return 0.0
    seen = weights @ (changes - weights @ changes) ** 2
    by_chance = weights @ (variances * (1 - weights))
    tau_squared = max(0.0, float(seen - by_chance)) / float(1 - weights @ weights)
    return float(stdtrit(len(changes) - 1, (1 + level) / 2)) ** 2 * tau_squared * float(weights @ weights)
