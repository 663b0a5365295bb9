"""A closed session: where people differ from the expert, totals apart, how far they agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.web.site import Site
from app.web.snapshots import Snapshot, snapshot
from pipeline.records import Review
from pipeline.review.sessions import Difference
from pipeline.reviewing.sessions import SessionView, session_agreement

if TYPE_CHECKING:
    from pipeline.agreement.raters import RaterAgreement

SEED = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Beside:
    """Somebody's answer beside the expert's; None where they gave none."""

    review: Review | None
    difference: Difference | None


@dataclass(frozen=True, kw_only=True, slots=True)
class DifferingQuestion:
    """A question about a call on which somebody differs from the expert."""

    call_id: str
    number: int
    criterion_id: str
    title: str
    expert: Review
    others: tuple[Beside, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Results:
    """What a closed session shows.

    Attributes:
        compared: Pairs of answers in all; ``same`` of them say the same.
        agreement: Its figures, computed beside requests.
    """

    view: SessionView
    differing: tuple[DifferingQuestion, ...]
    compared: int
    same: int
    numbers: dict[str, int]
    agreement: Snapshot[RaterAgreement]


def results_of(site: Site, view: SessionView) -> Results:
    """Return what a closed session shows."""
    session = view.session
    agreement = snapshot(site, ("session agreement", session.session_id), lambda: session_agreement(view, seed=SEED))
    numbers = {call.call_id: number for number, call in enumerate(session.calls, 1)}
    return Results(
        view=view,
        differing=tuple(_differing(view, view.differences, numbers)),
        compared=len(view.differences),
        same=sum(each.same for each in view.differences),
        numbers=numbers,
        agreement=agreement,
    )


def _differing(
    view: SessionView, differences: Sequence[Difference], numbers: dict[str, int]
) -> list[DifferingQuestion]:
    given = {(review.call_id, review.criterion_id, review.reviewer): review for review in view.answers}
    beside = {(each.call_id, each.criterion_id, each.reviewer): each for each in differences}
    found = []
    asked = [(call.call_id, each) for call in view.session.calls for each in view.asked[call.call_id]]
    compared = {(each.call_id, each.criterion_id) for each in differences}
    for call_id, criterion_id in (each for each in asked if each in compared):
        people = view.session.reviewers
        others = tuple(
            Beside(
                review=given.get((call_id, criterion_id, name)), difference=beside.get((call_id, criterion_id, name))
            )
            for name in people
        )
        if all(each.difference is None or each.difference.same for each in others):
            continue
        found.append(
            DifferingQuestion(
                call_id=call_id,
                number=numbers[call_id],
                criterion_id=criterion_id,
                title=view.titles.get(criterion_id, criterion_id),
                expert=given[call_id, criterion_id, view.session.expert],
                others=others,
            )
        )
    return found
