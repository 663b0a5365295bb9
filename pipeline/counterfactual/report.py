"""What swapped words did to many calls, added up by what was swapped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.counterfactual.movements import Movement

WORST = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeFigures:
    """What one kind of swap did.

    Attributes:
        calls: In which there was something to swap.
        words: Swapped in all of them.
        scores_moved: Calls whose total is another one.
        answers_moved: Calls with at least one other answer.
        largest_change: Of a total, 0..1.
        flips: Other answers by question, the most frequent first.
        steps: What moved them, the most frequent first.
        rules_moved: Calls in which a rule has another outcome, whether an answer hangs on it or not.
        readings: Passages read for sentiment in all calls; ``relabelled`` of them sound otherwise.
        largest_customer_change: Of a customer's overall sentiment (-1..+1), up or down; None where no call has it on
            both sides.
        customers_came_or_went: Calls that have it on one side only.
    """

    change: str
    reference: str
    calls: int
    words: int
    scores_moved: int
    answers_moved: int
    largest_change: float
    flips: dict[str, int]
    steps: dict[str, int]
    rules_moved: int
    readings: int
    relabelled: int
    largest_customer_change: float | None
    customers_came_or_went: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CounterfactualReport:
    """What swapped names, pronouns and forms of address did to scores. It must be nothing.

    Attributes:
        seed: What calls and names were drawn with.
        sampled: Calls drawn of all that have a score.
        tried: Calls in which something was swapped.
        left_out: Why the others were not tried, with how many.
        changes: By what was swapped.
        worst: The largest movement of each call, the largest first, without words of the calls.
    """

    seed: int
    sampled: int
    tried: int
    left_out: dict[str, int]
    changes: tuple[ChangeFigures, ...]
    worst: tuple[Movement, ...]

    @property
    def moved(self) -> bool:
        """Whether any score or answer moved."""
        return any(change.scores_moved or change.answers_moved for change in self.changes)


def add_up(movements: Sequence[Movement], *, seed: int, sampled: int, left_out: Counter[str]) -> CounterfactualReport:
    """Return the report on the movements of all calls."""
    by_change: dict[str, list[Movement]] = {}
    for movement in movements:
        by_change.setdefault(movement.change, []).append(movement)
    moved = [movement for movement in movements if movement.moved]
    worst: dict[str, Movement] = {}
    for movement in sorted(moved, key=lambda m: (-m.share_change, -len(m.flips), m.call_id)):
        worst.setdefault(movement.call_id, movement)
    return CounterfactualReport(
        seed=seed,
        sampled=sampled,
        tried=len({movement.call_id for movement in movements}),
        left_out=dict(sorted(left_out.items())),
        changes=tuple(_figures(change, some) for change, some in by_change.items()),
        worst=tuple(worst.values())[:WORST],
    )


def _figures(change: str, movements: Sequence[Movement]) -> ChangeFigures:
    flips = [flip for movement in movements for flip in movement.flips]
    changes = (movement.customer_sentiment_change for movement in movements)
    customers = [abs(change) for change in changes if change is not None]
    return ChangeFigures(
        change=change,
        reference=movements[0].reference,
        calls=len(movements),
        words=sum(movement.words for movement in movements),
        scores_moved=sum(movement.share_before != movement.share_after for movement in movements),
        answers_moved=sum(bool(movement.flips) for movement in movements),
        largest_change=max(movement.share_change for movement in movements),
        flips=dict(Counter(flip.criterion_id for flip in flips).most_common()),
        steps=dict(Counter(step for flip in flips for step in flip.steps).most_common()),
        rules_moved=sum(bool(movement.rules) for movement in movements),
        readings=sum(movement.readings for movement in movements),
        relabelled=sum(movement.relabelled for movement in movements),
        largest_customer_change=max(customers, default=None),
        customers_came_or_went=sum(movement.customer_sentiment_came_or_went for movement in movements),
    )
