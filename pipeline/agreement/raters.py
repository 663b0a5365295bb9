"""How far several people agree who answered the same questions, each by themselves: calibration sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.agreement.alpha import Level, alpha_figure, coincidences
from pipeline.agreement.figures import FEWEST_PAIRS, Agreement, agreement_of, few_pairs
from pipeline.agreement.pairs import AnswerPair, category
from pipeline.agreement.resample import Figure, resampled
from pipeline.records import Status

Item = tuple[str, str]
"""Call and question."""

Rating = tuple[Status, float | None]
"""Answer and share of the points."""

_FEWEST_CALLS = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class RaterAgreement:
    """How far several people agree.

    Attributes:
        items: So many questions of calls were answered by at least two people.
        raters: Who answered any of them.
        alpha: Krippendorff's alpha over all of them, the expert too, nominal.
        alpha_ordinal: The same over answers that have a share of the points, as ranks.
        with_expert: By person, the agreement with the expert; empty where there is none.
    """

    items: int
    raters: tuple[str, ...]
    alpha: Figure
    alpha_ordinal: Figure
    with_expert: Mapping[str, Agreement]


def rater_agreement(
    ratings: Mapping[Item, Mapping[str, Rating]],
    *,
    expert: str | None = None,
    compared: Sequence[str] | None = None,
    seed: int = 0,
) -> RaterAgreement:
    """Return how far people agree who answered the same questions about the same calls.

    Args:
        ratings: By call and question, who answered what. Not everybody has to have answered everything; who could not
            assess it counts as missing.
        expert: Whose answers the others are compared with; among the raters like them.
        compared: Who is compared with the expert, also where they answered nothing; None: everybody who did.
        seed: Of the resampling. Calls are drawn where there are at least ten, else questions: a session is often of one
            call, which cannot tell how other calls would have gone.
    """
    told = {
        item: {who: rating for who, rating in sorted(by_rater.items()) if rating[0] is not Status.CANNOT_ASSESS}
        for item, by_rater in sorted(ratings.items())
    }
    shared = {item: by_rater for item, by_rater in told.items() if len(by_rater) > 1}
    raters = tuple(sorted({who for by_rater in shared.values() for who in by_rater}))
    steps = {
        item: {who: rating for who, rating in by_rater.items() if rating[0] is not Status.NOT_APPLICABLE}
        for item, by_rater in shared.items()
    }
    stepped = {item: by_rater for item, by_rater in steps.items() if len(by_rater) > 1}
    return RaterAgreement(
        items=len(shared),
        raters=raters,
        alpha=_alpha(shared, "nominal", seed),
        alpha_ordinal=_alpha(stepped, "ordinal", seed),
        with_expert={
            who: _with_expert(shared, who, expert, seed)
            for who in (raters if compared is None else compared)
            if expert and who != expert
        },
    )


def _alpha(shared: Mapping[Item, Mapping[str, Rating]], level: Level, seed: int) -> Figure:
    if len(shared) < FEWEST_PAIRS:
        return Figure(why=few_pairs(len(shared)))
    answers = [[category(*rating) for rating in by_rater.values()] for by_rater in shared.values()]
    categories = sorted(
        {answer for each in answers for answer in each} | {category(Status.FAIL), category(Status.PASS)}
    )
    counts = np.array([[float(each.count(name)) for name in categories] for each in answers])
    drawn = resampled(_by_draw(list(shared), coincidences(counts)), seed=seed)
    return alpha_figure(counts, (drawn + np.swapaxes(drawn, -1, -2)) / 2, level=level)


def _by_draw(
    items: list[Item], each: np.ndarray[tuple[int, ...], np.dtype[np.float64]]
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return the coincidences of what is drawn: whole calls where there are enough, else single questions."""
    calls = sorted({call_id for call_id, _ in items})
    if len(calls) < _FEWEST_CALLS:
        return each
    rows = np.array([calls.index(call_id) for call_id, _ in items])
    return np.array([each[rows == row].sum(0) for row in range(len(calls))])


def _with_expert(shared: Mapping[Item, Mapping[str, Rating]], who: str, expert: str | None, seed: int) -> Agreement:
    pairs = [
        AnswerPair(
            call_id=call_id,
            criterion_id=question,
            asked="",
            machine=by_rater[who][0],
            machine_share=by_rater[who][1],
            machine_confidence=None,
            human=by_rater[expert][0],
            human_share=by_rater[expert][1],
        )
        for (call_id, question), by_rater in shared.items()
        if expert is not None and who in by_rater and expert in by_rater
    ]
    return agreement_of(pairs, seed=seed, ordered=False)
