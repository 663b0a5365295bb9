"""The arithmetic of a total: from what was earned in each section to one share. `docs/scoring.md` has check values.

It is done over sections, so that what a section is (a bonus, set to 0) is said once.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol


class Points(Protocol):
    """What a result tells the arithmetic."""

    @property
    def section_id(self) -> str:
        """Its section."""

    @property
    def points_possible(self) -> float:
        """What it could earn."""

    @property
    def points_earned(self) -> float | None:
        """What it earned; None where it has no answer."""

    @property
    def weight(self) -> float:
        """The weight of its section."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Assessed:
    """A question that applies; it "earned" all its points where it has an answer, and none where it has not."""

    section_id: str
    points_possible: float
    points_earned: float
    weight: float


@dataclass(frozen=True, kw_only=True, slots=True)
class SectionSum:
    """What the answered questions of one section add up to; ``earned`` and ``possible`` are points times weight."""

    section_id: str
    weight: float
    earned: float
    possible: float
    bonus: bool = False

    @property
    def share(self) -> float | None:
        """Share of its points 0..1; None where nothing in it was answered."""
        return self.earned / self.possible if self.possible > 0 else None


def sum_sections(
    results: Iterable[Points], *, bonus: Iterable[str] = (), zeroed: Iterable[str] = ()
) -> tuple[SectionSum, ...]:
    """Return the sums of every section that has a result, in their order.

    Args:
        results: Questions without an answer drop out of both sums.
        bonus: Ids of sections whose points are earned on top.
        zeroed: Ids of sections that earn nothing, whatever was answered.
    """
    summed = _sums_of(_Same(results)) if isinstance(results, tuple) else _sums(results)
    on_top, nothing = set(bonus), set(zeroed)
    return tuple(
        SectionSum(
            section_id=section_id,
            weight=weight,
            earned=0.0 if section_id in nothing else earned,
            possible=possible,
            bonus=section_id in on_top,
        )
        for section_id, weight, earned, possible in summed
    )


class _Same:
    """Results that are known again by what they are, not by what stands in them, which would take long to compare."""

    __slots__ = ("results",)

    def __init__(self, results: tuple[Points, ...]) -> None:
        self.results = results

    def __hash__(self) -> int:
        return id(self.results)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.results is self.results


@functools.lru_cache(maxsize=8)
def _sums_of(same: _Same) -> tuple[tuple[str, float, float, float], ...]:
    """Return the sums of results; a score is asked for its shares many times over, of the same ones."""
    return _sums(same.results)


def _sums(results: Iterable[Points]) -> tuple[tuple[str, float, float, float], ...]:
    """Return each section with its weight, and what it earned and could earn times that."""
    of_section: dict[str, list[Points]] = {}
    for result in results:
        of_section.setdefault(result.section_id, []).append(result)
    return tuple(
        (
            section_id,
            questions[0].weight,
            math.fsum([(q.points_earned or 0.0) * q.weight for q in questions]),
            math.fsum([q.points_possible * q.weight for q in questions if q.points_earned is not None]),
        )
        for section_id, questions in of_section.items()
    )


def by_points(sections: Sequence[SectionSum]) -> float | None:
    """Return sum(earned * weight) / sum(possible * weight) (Genesys Cloud); bonus sections count above only.

    None where no section but bonus ones has an answer.
    """
    possible = math.fsum(section.possible for section in sections if not section.bonus)
    return ratio(math.fsum(section.earned for section in sections), possible)


def by_sections(sections: Sequence[SectionSum]) -> float | None:
    """Return sum(weight * share of the section) / sum(weight), over the sections with an answer; bonus as above."""
    answered = [(section.weight, share, section.bonus) for section in sections if (share := section.share) is not None]
    weights = math.fsum(weight for weight, _, is_bonus in answered if not is_bonus)
    return ratio(math.fsum(weight * share for weight, share, _ in answered), weights)


def ratio(part: float, whole: float) -> float | None:
    """Return a share, or None of nothing; rounded, because 1.2 / 1.5 is 0.7999999999999999 and would miss 0.8."""
    return round(part / whole, 12) if whole > 0 else None
