"""How a subject's calls went beside those of their peers in the same queues: talk, silence, pace, sentiment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.records import Interval, MeasureComparison
from pipeline.scorecards.statistics import DECIMALS

Unit = Literal["share", "seconds", "per_minute", "times", "sentiment"]
Numbers = NDArray[np.float64]
Codes = NDArray[np.intp]

_BORROWED = 2.0
"""So many calls' worth of the peers' spread goes into a subject's own: five calls without any hold would otherwise
claim that this subject never holds (a fixed form of the moderated t, Smyth 2004)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Measure:
    """A figure of a call that is compared: what it is called, and its unit (shares and sentiment as in the records)."""

    title: str
    unit: Unit


MEASURES: Mapping[str, Measure] = {
    "agent_talk_share": Measure(title="Agent's share of the talk", unit="share"),
    "agent_words_per_minute": Measure(title="Agent's pace, words a minute", unit="per_minute"),
    "agent_longest_monologue_s": Measure(title="Agent's longest monologue", unit="seconds"),
    "agent_response_time_s": Measure(title="Agent's time to answer", unit="seconds"),
    "agent_interruptions": Measure(title="Interruptions by the agent, a call", unit="times"),
    "overtalk_share": Measure(title="Both talk at once, share of the call", unit="share"),
    "dead_air_share": Measure(title="Dead air, share of the call", unit="share"),
    "hold_share": Measure(title="Hold, share of the call", unit="share"),
    "customer_sentiment": Measure(title="Customer's sentiment", unit="sentiment"),
    "customer_sentiment_change": Measure(title="Customer's sentiment, end less beginning", unit="sentiment"),
    "agent_sentiment": Measure(title="Agent's sentiment", unit="sentiment"),
    "duration_s": Measure(title="Length of the call", unit="seconds"),
}


def compare_measures(
    values: Mapping[str, Numbers], subjects: Codes, queues: Codes, *, min_calls: int, level: float = 0.95
) -> list[tuple[MeasureComparison, ...]]:
    """Return each subject's measures beside those of all other subjects, queue by queue.

    Queues differ more than agents do. So the peers' figure is that of their calls in the subject's queues, weighted by
    the subject's calls there (direct standardisation), and a call of a queue that nobody else has counts on neither
    side. The interval is Welch's (Biometrika 34, 1947) with the degrees of freedom of Satterthwaite (1946).

    Args:
        values: By measure, one value per call, NaN where unknown.
        subjects: 0, 1, 2 ... by call.
        queues: Likewise; an unknown queue is one of its own.
        min_calls: Fewer known calls on either side have no difference.
        level: Confidence level, 0..1.

    Returns:
        By subject, in the order of ``values``, without the measures that are known of none of its calls.
    """
    size = (int(subjects.max(initial=-1)) + 1, int(queues.max(initial=-1)) + 1)
    compared: list[list[MeasureComparison]] = [[] for _ in range(size[0])]
    cells = subjects * size[1] + queues
    for name, numbers in values.items():
        known = ~np.isnan(numbers)
        if known.any():
            found = _compared(numbers[known], cells[known], size, level)
            for subject in np.flatnonzero(found.all_calls).tolist():
                compared[subject].append(_comparison(name, found, subject, min_calls, level))
    return [tuple(of_subject) for of_subject in compared]


@dataclass(frozen=True, kw_only=True)
class _Cells:
    """Number, mean and sum of squared deviations of calls, by subject and queue."""

    n: Numbers
    mean: Numbers
    squares: Numbers


@dataclass(frozen=True, kw_only=True)
class _Compared:
    """One measure by subject: over all its calls, and over those of queues that others have as well."""

    all_calls: Numbers
    overall: Numbers
    calls: Numbers
    mean: Numbers
    peers_calls: Numbers
    peers_mean: Numbers
    peers: Codes
    half_width: Numbers


def _compared(values: Numbers, cells: Codes, size: tuple[int, int], level: float) -> _Compared:
    usual = float(values.mean())  # sums of squares about it keep their digits
    own, peers = _cells(values - usual, cells, size)
    shared = (own.n > 0) & (peers.n > 1)
    calls, all_calls = np.sum(own.n * shared, axis=1), own.n.sum(axis=1)
    weights = np.divide(own.n * shared, calls[:, None], out=np.zeros(size), where=calls[:, None] > 0)
    return _Compared(
        all_calls=all_calls,
        overall=np.sum(own.n * own.mean, axis=1) / np.maximum(all_calls, 1) + usual,
        calls=calls,
        mean=np.sum(weights * own.mean, axis=1) + usual,
        peers_calls=np.sum(peers.n * shared, axis=1),
        peers_mean=np.sum(weights * peers.mean, axis=1) + usual,
        peers=_others(own.n, shared),
        half_width=_half_width(own, peers, weights, shared, level),
    )


def _comparison(name: str, found: _Compared, subject: int, min_calls: int, level: float) -> MeasureComparison:
    calls = int(found.calls[subject])
    if not calls:
        return MeasureComparison(
            measure=name, value=_rounded(found.overall[subject]), calls=int(found.all_calls[subject])
        )
    peers_calls = int(found.peers_calls[subject])
    gap, half = found.mean[subject] - found.peers_mean[subject], found.half_width[subject]
    difference = None
    if min(calls, peers_calls) >= max(min_calls, 2):
        difference = Interval(estimate=_rounded(gap), low=_rounded(gap - half), high=_rounded(gap + half), level=level)
    return MeasureComparison(
        measure=name,
        value=_rounded(found.mean[subject]),
        calls=calls,
        peers_value=_rounded(found.peers_mean[subject]),
        peers_calls=peers_calls,
        peers=int(found.peers[subject]),
        difference=difference,
    )


def _cells(values: Numbers, cells: Codes, size: tuple[int, int]) -> tuple[_Cells, _Cells]:
    """Return the subjects' own calls and those of everybody else, by subject and queue."""

    def summed(weights: Numbers | None) -> Numbers:
        total: Numbers = np.bincount(cells, weights, minlength=size[0] * size[1]).reshape(size).astype(np.float64)
        return total

    n, total, squares = summed(None), summed(values), summed(values**2)
    everybody = [part.sum(axis=0) - part for part in (n, total, squares)]
    return _about_mean(n, total, squares), _about_mean(*everybody)


def _about_mean(n: Numbers, total: Numbers, squares: Numbers) -> _Cells:
    mean = np.divide(total, n, out=np.zeros_like(total), where=n > 0)
    return _Cells(n=n, mean=mean, squares=np.maximum(squares - n * mean**2, 0))


def _half_width(own: _Cells, peers: _Cells, weights: Numbers, shared: NDArray[np.bool_], level: float) -> Numbers:
    from scipy import stats  # noqa: PLC0415 - slow to import, and not every command needs it

    calls = np.maximum(np.sum(own.n * shared, axis=1), 1)
    spread = np.divide(peers.squares, peers.n - 1, out=np.zeros_like(peers.squares), where=shared)
    usual_spread = np.sum(weights * spread, axis=1)
    freedom = np.maximum(np.sum((own.n - 1) * shared, axis=1), 0)
    own_spread = (np.sum(own.squares * shared, axis=1) + _BORROWED * usual_spread) / (freedom + _BORROWED)
    of_own = own_spread / calls
    by_queue = weights**2 * np.divide(spread, peers.n, out=np.zeros_like(spread), where=shared)
    of_peers = by_queue.sum(axis=1)
    peers_part = np.divide(by_queue**2, peers.n - 1, out=np.zeros_like(spread), where=shared).sum(axis=1)
    unsure = of_own**2 / np.maximum(freedom, 1) + peers_part
    degrees = np.divide((of_own + of_peers) ** 2, unsure, out=np.ones_like(unsure), where=unsure > 0)
    half: Numbers = stats.t.ppf((1 + level) / 2, np.maximum(degrees, 1)) * np.sqrt(of_own + of_peers)
    return half


def _others(n: Numbers, shared: NDArray[np.bool_]) -> Codes:
    """Return how many other subjects have calls in each subject's queues."""
    there = (n > 0).astype(np.float64)
    meets = (shared.astype(np.float64) @ there.T) > 0
    others: Codes = meets.sum(axis=1) - np.diag(meets)
    return others


def _rounded(value: float) -> float:
    return round(float(value), DECIMALS)


def values_of(columns: Mapping[str, Sequence[float | None]]) -> dict[str, Numbers]:
    """Return the measures that are compared, of what the store keeps of calls.

    Args:
        columns: By name of `pipeline.store.call_measures`, one value per call; None or NaN where unknown.
    """
    kept = {name: np.asarray(column, dtype=np.float64) for name, column in columns.items() if name != "call_id"}
    length = np.where(kept["duration_ms"] > 0, kept["duration_ms"], np.nan)
    return {
        "agent_talk_share": kept["agent_talk_share"],
        "agent_words_per_minute": kept["agent_words_per_minute"],
        "agent_longest_monologue_s": kept["agent_longest_monologue_ms"] / 1000,
        "agent_response_time_s": kept["agent_response_time_ms"] / 1000,
        "agent_interruptions": kept["agent_interruptions"],
        "overtalk_share": kept["overtalk_ms"] / length,
        "dead_air_share": kept["dead_air_ms"] / length,
        "hold_share": kept["hold_ms"] / length,
        "customer_sentiment": kept["customer_sentiment"],
        "customer_sentiment_change": kept["customer_sentiment_change"],
        "agent_sentiment": kept["agent_sentiment"],
        "duration_s": kept["duration_ms"] / 1000,
    }
