"""What takes more than a subject's own calls: figures drawn toward the peers', and measures beside theirs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from pipeline.config import ScorecardSettings
from pipeline.records import CorrectedMean, MeasureComparison, Scorecard, SubjectSummary
from pipeline.scorecards.correction import corrected_mean
from pipeline.scorecards.measures import compare_measures, values_of
from pipeline.scorecards.shrinkage import pooled_means, pooled_rates

Compared = TypeVar("Compared", Scorecard, SubjectSummary)


@dataclass(frozen=True, kw_only=True, slots=True)
class Spread:
    """How the scores of a subject's counted calls lie: number, mean, sum of squared deviations, and how many passed.

    ``rated`` are the calls of which it is known whether they passed.
    """

    calls: int
    mean: float
    squares: float
    rated: int
    passed: int


def spread_of(counted: pd.DataFrame) -> Spread:
    """Return how the scores of counted calls lie."""
    shares = counted["share"].to_numpy(dtype=np.float64)
    passed = counted["passed"].dropna()
    mean = float(shares.mean()) if len(shares) else 0.0
    return Spread(
        calls=len(shares),
        mean=mean,
        squares=float(((shares - mean) ** 2).sum()),
        rated=len(passed),
        passed=int(passed.sum()),
    )


def corrected(counted: pd.DataFrame, least_pairs: int) -> CorrectedMean | None:
    """Return the mean of counted calls corrected by those that were drawn at random and reviewed."""
    return corrected_mean(
        counted["share"].to_numpy(dtype=np.float64),
        counted["reviewed_share"].to_numpy(dtype=np.float64),
        counted["ever_flagged"].to_numpy(dtype=np.bool_),
        counted["drawn"].to_numpy(dtype=np.bool_),
        counted["heard_before"].to_numpy(dtype=np.bool_),
        least_pairs=least_pairs,
    )


def with_pooled(
    subjects: Sequence[Compared], spreads: Sequence[Spread], comparable: Callable[[Compared], Hashable]
) -> tuple[Compared, ...]:
    """Give subjects the figures that are drawn toward those of their peers.

    Args:
        subjects: Scorecards or summaries.
        spreads: Of each subject's counted calls.
        comparable: Subjects with equal keys are peers.
    """
    races: dict[Hashable, list[int]] = {}
    for position, subject in enumerate(subjects):
        if spreads[position].calls:
            races.setdefault(comparable(subject), []).append(position)
    pooled = list(subjects)
    for race in races.values():
        own = [spreads[position] for position in race]
        means = pooled_means([each.calls for each in own], [each.mean for each in own], [each.squares for each in own])
        rates = pooled_rates([each.rated for each in own], [each.passed for each in own])
        for position, mean, rate in zip(race, means, rates, strict=True):
            pooled[position] = dataclasses.replace(pooled[position], pooled_mean=mean, pooled_pass_rate=rate)
    return tuple(pooled)


def with_measures(
    summaries: Sequence[SubjectSummary],
    calls: pd.DataFrame,
    columns: Mapping[str, Sequence[Any]],
    settings: ScorecardSettings,
) -> tuple[SubjectSummary, ...]:
    """Give summaries the measures of their counted calls beside those of the others in the same period.

    Args:
        summaries: Of everybody who is compared.
        calls: Lines of `selection.select`; a call may have several.
        columns: Of the store; ``call_id`` and the figures.
        settings: The minimum sample.
    """
    if not columns or not len(columns["call_id"]):
        return tuple(summaries)
    counted = calls[calls["why_not"].isna()]
    counted = counted[~counted.duplicated(["period", "subject", "call_id"])]
    place = pd.Index(columns["call_id"], dtype="object").get_indexer(pd.Index(counted["call_id"], dtype="object"))
    counted, place = counted[place >= 0], place[place >= 0]
    figures = {name: values[place] for name, values in values_of(columns).items()}
    found: dict[tuple[str, str], tuple[MeasureComparison, ...]] = {}
    periods = counted["period"].to_numpy()
    for period in pd.unique(counted["period"]):
        here = np.flatnonzero(periods == period)
        subjects, names = pd.factorize(counted["subject"].to_numpy()[here])
        queues, _ = pd.factorize(counted["queue"].to_numpy()[here], use_na_sentinel=False)
        of_period = {name: values[here] for name, values in figures.items()}
        compared = compare_measures(of_period, subjects, queues, min_calls=settings.min_calls)
        found.update(((period, name), measures) for name, measures in zip(names, compared, strict=True))
    return tuple(
        dataclasses.replace(summary, measures=found.get((summary.period.label, summary.subject), ()))
        for summary in summaries
    )
