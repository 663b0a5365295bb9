"""How far two sets of answers agree: accuracy, kappa, AC1 and alpha, each with an interval, where there are enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.agreement.alpha import alpha_figure, both_ways
from pipeline.agreement.coefficients import (
    Tables,
    accuracy,
    cohen_kappa,
    gwet_ac1,
    interval_distances,
    nominal_distances,
)
from pipeline.agreement.pairs import AnswerPair, category
from pipeline.agreement.resample import ONE_ANSWER, Figure, figure, resampled
from pipeline.agreement.wording import counted
from pipeline.importing import importing
from pipeline.records import Status

FEWEST_PAIRS = 20
"""With fewer there is a count and no figure."""

_NOT_ORDERED = "for answers with at least three steps"
_NOMINAL = ("accuracy", "kappa", "ac1", "alpha")
_ORDERED = ("weighted_kappa", "alpha_ordinal", "alpha_interval")
_ALWAYS_POSSIBLE = (category(Status.FAIL), category(Status.PASS))


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreement:
    """How far machine and people, or two people, agree.

    Attributes:
        pairs: So many pairs of answers.
        agreed: So many of them say the same.
        calls: On so many calls.
        accuracy: Share of pairs that say the same.
        kappa: Cohen's, unweighted.
        weighted_kappa: Cohen's with squared distances, over answers that have a share of the points.
        ac1: Gwet's AC1.
        alpha: Krippendorff's, nominal.
        alpha_ordinal: Krippendorff's, ordinal, over answers that have a share of the points.
        alpha_interval: The same, by the size of the difference.
    """

    pairs: int
    agreed: int
    calls: int
    accuracy: Figure
    kappa: Figure
    weighted_kappa: Figure
    ac1: Figure
    alpha: Figure
    alpha_ordinal: Figure
    alpha_interval: Figure


def agreement_of(pairs: Sequence[AnswerPair], *, seed: int, ordered: bool = True) -> Agreement:
    """Return the figures of the pairs in which both answered and nothing was withheld.

    Args:
        pairs: In any order; those that cannot be compared, or were withheld, are left out.
        seed: Of the resampling; equal seeds give equal intervals.
        ordered: Whether the answers lie on one scale; pairs of several questions together do not.
    """
    given = [pair for pair in pairs if pair.given]
    counted = (len(given), sum(pair.agree for pair in given), len({pair.call_id for pair in given}))
    if len(given) < FEWEST_PAIRS:
        few = Figure(why=few_pairs(len(given)))
        return _agreement(counted, dict.fromkeys((*_NOMINAL, *_ORDERED), few))
    stepped = [pair for pair in given if pair.shares is not None] if ordered else []
    return _agreement(counted, {**_nominal(given, seed), **_ordered(stepped, seed)})


def _agreement(counted: tuple[int, int, int], figures: Mapping[str, Figure]) -> Agreement:
    pairs, agreed, calls = counted
    return Agreement(pairs=pairs, agreed=agreed, calls=calls, **figures)


def accuracy_figure(given: Sequence[AnswerPair], *, seed: int) -> Figure:
    """Return the share of pairs that say the same, by the same resampling as in `agreement_of`.

    Args:
        given: Pairs in which both answered and nothing was withheld.
        seed: Of the resampling.
    """
    if len(given) < FEWEST_PAIRS:
        return Figure(why=few_pairs(len(given)))
    tables = tables_by_call(given, _categories(given))
    return figure(float(accuracy(tables.sum(0))), accuracy, resampled(tables, seed=seed), undefined="")


def few_pairs(pairs: int) -> str:
    """Return why there is no figure."""
    return f"{counted(pairs, 'pair')}; figures need {FEWEST_PAIRS}"


def tables_by_call(pairs: Sequence[AnswerPair], categories: Sequence[str]) -> Tables:
    """Return how often each pair of answers was given on each call, shape (calls, k, k): machine by person."""
    calls = {call_id: row for row, call_id in enumerate(sorted({pair.call_id for pair in pairs}))}
    places = {name: place for place, name in enumerate(categories)}
    tables = np.zeros((len(calls), len(categories), len(categories)))
    for pair in pairs:
        machine, human = pair.answers
        tables[calls[pair.call_id], places[machine], places[human]] += 1
    return tables


def _categories(given: Sequence[AnswerPair]) -> list[str]:
    """Return the answers that there are, sorted.

    "fail" and "pass" could always have been given: AC1 asks how many categories there are, not how many were used.
    """
    return sorted({answer for pair in given for answer in pair.answers} | set(_ALWAYS_POSSIBLE))


def _nominal(given: Sequence[AnswerPair], seed: int) -> dict[str, Figure]:
    with importing:
        from sklearn.metrics import cohen_kappa_score  # noqa: PLC0415 - a second of imports that few commands need

    answers = [pair.answers for pair in given]
    categories = _categories(given)
    tables = tables_by_call(given, categories)
    drawn, apart = resampled(tables, seed=seed), nominal_distances(len(categories))
    total = tables.sum(0)
    varied = len({answer for both in answers for answer in both}) > 1
    kappa = float(cohen_kappa_score(*zip(*answers, strict=True))) if varied else None
    return {
        "accuracy": figure(float(accuracy(total)), accuracy, drawn, undefined=""),
        "kappa": figure(kappa, lambda tables: cohen_kappa(tables, apart), drawn, undefined=ONE_ANSWER),
        "ac1": figure(float(gwet_ac1(total)), gwet_ac1, drawn, undefined=""),
        "alpha": alpha_figure(_counts(answers, categories), both_ways(drawn), level="nominal"),
    }


def _ordered(stepped: Sequence[AnswerPair], seed: int) -> dict[str, Figure]:
    categories = sorted({answer for pair in stepped for answer in pair.answers})
    if len(set(categories) | set(_ALWAYS_POSSIBLE)) < 3:
        return dict.fromkeys(_ORDERED, Figure(why=_NOT_ORDERED))
    if len(stepped) < FEWEST_PAIRS:
        return dict.fromkeys(_ORDERED, Figure(why=few_pairs(len(stepped))))
    if len(categories) < 2:
        return dict.fromkeys(_ORDERED, Figure(why=ONE_ANSWER))
    tables = tables_by_call(stepped, categories)
    drawn, total = resampled(tables, seed=seed), tables.sum(0)
    shares = np.array([float(name) for name in categories])
    squared, counts = interval_distances(shares), _counts([pair.answers for pair in stepped], categories)
    weighted = float(cohen_kappa(total, squared))  # by shares: scikit-learn weighs by places, and would close up gaps
    return {
        "weighted_kappa": figure(
            None if np.isnan(weighted) else weighted,
            lambda tables: cohen_kappa(tables, squared),
            drawn,
            undefined=ONE_ANSWER,
        ),
        "alpha_ordinal": alpha_figure(counts, both_ways(drawn), level="ordinal"),
        "alpha_interval": alpha_figure(counts, both_ways(drawn), level="interval", values=shares),
    }


def _counts(answers: Sequence[tuple[str, str]], categories: Sequence[str]) -> Tables:
    """Return how often each category was given in each pair, shape (pairs, k)."""
    places = {name: place for place, name in enumerate(categories)}
    counts = np.zeros((len(answers), len(categories)))
    for row, both in enumerate(answers):
        for answer in both:
            counts[row, places[answer]] += 1
    return counts
