"""What a sample that people reviewed says about the machine's mean: the difference estimator.

The machine scored every call, people only some. Where those were drawn at random, the mean of (people's score minus the
machine's) over them estimates by how much the machine is off, and the machine's mean over all calls plus that is an
estimate that the machine's bias does not touch (Särndal, Swensson and Wretman 1992, "Model assisted survey sampling",
chapters 6 and 9; as prediction-powered inference: Angelopoulos and others, Science 382, 2023).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.records import CorrectedMean, Interval
from pipeline.scorecards.statistics import DECIMALS

Numbers = NDArray[np.float64]

RANDOM_POLICIES: Mapping[str, frozenset[str]] = {
    "agent": frozenset(("per-agent", "per-reviewer", "random")),
    "team": frozenset(("per-reviewer", "random")),
    "queue": frozenset(("per-reviewer", "random")),
}
"""Sampling policies under which every call of an agent, or of a team, is drawn with the same chance.

``per-agent`` draws as many calls of who has few as of who has many: within one agent chances are equal, within a team
they are not. ``stratified`` draws at least one call of every stratum, of small ones too many. ``disagreement`` draws
the calls on which machine and people probably differ. The review queue draws nothing.
"""


@dataclass(frozen=True, kw_only=True)
class _Stratum:
    """Calls that are told alike: how many there are, and of those known people's score less the machine's."""

    calls: int
    machine: Numbers
    differences: Numbers

    @property
    def whole(self) -> bool:
        """Whether the difference is known of every call, so that nothing is left to chance."""
        return len(self.differences) == self.calls


def corrected_mean(
    machine: Numbers,
    people: Numbers,
    flagged: NDArray[np.bool_],
    drawn: NDArray[np.bool_],
    heard_before: NDArray[np.bool_],
    *,
    least_pairs: int,
    level: float = 0.95,
) -> CorrectedMean | None:
    """Return the machine's mean score corrected by what people answered on calls drawn at random.

    No draw takes a call that people have reviewed already. Such calls are a stratum of their own: their difference is
    known, and they stand for themselves. All others could be drawn, also those that people reviewed of their own accord
    later, and those drawn are a simple random sample of them. It is stratified after the draw (ibid., section 7.6) by
    whether a call was ever flagged, where pairs of both are there (at least two each, or all); of a stratum in which
    people reviewed every call, drawn or not, all are known.

    The variance is that of two-phase sampling: of the corrected scores over all calls, and of the differences over
    those drawn, less the part of the calls that was drawn. Where few were drawn, all may agree by luck: like the means
    themselves (`bootstrap_mean`), each stratum's variance is told with two calls more, that people score 0 and 1. The
    quantile is Student's, with the degrees of freedom of the pairs.

    Args:
        machine: The machine's score of each call, 0..1.
        people: The score with people's answers; NaN where nobody reviewed the call.
        flagged: Whether a call was ever flagged. What people do with flags must not count: they close those of calls
            that they have reviewed.
        drawn: Whether it was drawn at random; only reviewed ones of these are pairs.
        heard_before: Whether people had reviewed it before it could be drawn.
        least_pairs: With fewer pairs nothing is corrected.
        level: Confidence level, 0..1.

    Returns:
        None without calls.
    """
    if not len(machine):
        return None
    reviewed = ~np.isnan(people)
    pairs = int(reviewed.sum() if reviewed.all() else (drawn & reviewed).sum())
    if pairs < least_pairs:
        return CorrectedMean(mean_share=None, bias=None, pairs=pairs, missing=least_pairs - pairs)
    differences = people - machine
    apart = heard_before & reviewed & ~drawn
    strata = _strata(machine, differences, ~apart & flagged, ~apart & ~flagged, drawn)
    if apart.any():
        strata.append(_Stratum(calls=int(apart.sum()), machine=machine[apart], differences=differences[apart]))
    total = len(machine)
    bias = sum(each.calls / total * float(each.differences.mean()) for each in strata)
    drawn_variance = sum((each.calls / total) ** 2 * _variance_of_mean(each) for each in strata)
    left_to_chance = [len(each.differences) - 1 for each in strata if not each.whole]
    quantile = _student(level, sum(left_to_chance) if left_to_chance else total - 1)
    # Whatever the machine got right or wrong, the subject's calls themselves are a sample of what they do.
    of_calls = _variance_of_scores(machine, strata) / total
    corrected = float(machine.mean()) + bias
    half = quantile * math.sqrt(of_calls + drawn_variance)
    half_bias = quantile * math.sqrt(drawn_variance)
    return CorrectedMean(
        mean_share=_interval(corrected, half, level, 0.0),
        bias=_interval(bias, half_bias, level, -1.0),
        pairs=pairs,
        missing=0,
    )


def _strata(
    machine: Numbers,
    differences: Numbers,
    flagged: NDArray[np.bool_],
    others: NDArray[np.bool_],
    drawn: NDArray[np.bool_],
) -> list[_Stratum]:
    """Return the strata of the calls that could be drawn: flagged ones and the others, or all together."""

    def stratum(part: NDArray[np.bool_]) -> _Stratum:
        known = part & ~np.isnan(differences)
        if known.sum() < part.sum():
            known &= drawn
        return _Stratum(calls=int(part.sum()), machine=machine[known], differences=differences[known])

    strata = [stratum(part) for part in (flagged, others) if part.any()]
    if all(each.whole or len(each.differences) >= 2 for each in strata):
        return strata
    return [stratum(flagged | others)]


def _variance_of_mean(stratum: _Stratum) -> float:
    """Return the variance of a stratum's mean difference about that of all its calls; 0 where all were drawn."""
    pairs = len(stratum.differences)
    typical = float(stratum.machine.mean())
    widened = np.concatenate([stratum.differences, [-typical, 1 - typical]])
    return (1 - pairs / stratum.calls) * float(widened.var(ddof=1)) / pairs


def _variance_of_scores(machine: Numbers, strata: list[_Stratum]) -> float:
    """Return the variance of single calls' corrected scores: the machine's is known of all, the rest of the drawn."""
    total = sum(each.calls for each in strata)
    weights = np.concatenate([np.full(len(each.machine), each.calls / total / len(each.machine)) for each in strata])
    scores = np.concatenate([each.machine for each in strata])
    differences = np.concatenate([each.differences for each in strata])
    about = differences - float(weights @ differences)
    with_scores = float(weights @ (about * (scores - float(weights @ scores))))
    of_machine = float(machine.var(ddof=1)) if len(machine) > 1 else 0.0
    told = of_machine + 2 * with_scores + float(weights @ about**2)
    return max(told, of_machine / len(machine))  # the parts come from different calls, and might add to nothing


def _student(level: float, freedom: int) -> float:
    from scipy import stats  # noqa: PLC0415 - slow to import, and not every command needs it

    return float(stats.t.ppf((1 + level) / 2, max(1, freedom)))


def _interval(estimate: float, half: float, level: float, least: float) -> Interval:
    within = round(min(1.0, max(least, estimate)), DECIMALS)
    return Interval(
        estimate=within,
        low=min(within, round(max(least, estimate - half), DECIMALS)),
        high=max(within, round(min(1.0, estimate + half), DECIMALS)),
        level=level,
    )
