"""A trend as small as a word: the weekly means as lines that break where a week has no calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.records import TrendPoint
from pipeline.scorecards import words

WIDTH, HEIGHT, _MARGIN = 96, 24, 3
_MOST_WEEKS = 26


@dataclass(frozen=True, kw_only=True, slots=True)
class Sparkline:
    """A drawing in a box of `WIDTH` by `HEIGHT`.

    Attributes:
        lines: Points of each unbroken line, as SVG takes them.
        dots: Weeks that no line touches, and the last week.
        told: The same in words.
    """

    lines: tuple[str, ...]
    dots: tuple[tuple[float, float], ...]
    told: str


def sparkline(trend: Sequence[TrendPoint]) -> Sparkline | None:
    """Return the drawing of the latest weeks, or None where there are fewer than two with calls."""
    weeks = list(trend)[-_MOST_WEEKS:]
    known = [(place, point.mean_share) for place, point in enumerate(weeks) if point.mean_share is not None]
    if len(known) < 2:
        return None
    step = (WIDTH - 2 * _MARGIN) / max(1, len(weeks) - 1)
    at = {place: (round(_MARGIN + place * step, 1), _height(share)) for place, share in known}
    runs: list[list[tuple[float, float]]] = []
    for place, point in at.items():
        if runs and place - 1 in at:
            runs[-1].append(point)
        else:
            runs.append([point])
    first, last = known[0], known[-1]
    return Sparkline(
        lines=tuple(" ".join(f"{x},{y}" for x, y in run) for run in runs if len(run) > 1),
        dots=(*(run[0] for run in runs if len(run) == 1), at[last[0]]),
        told=f"Mean score by week: {words.percent(first[1])} in the week from {words.week(weeks[first[0]].label)}, "
        f"{words.percent(last[1])} in the week from {words.week(weeks[last[0]].label)}",
    )


def _height(share: float) -> float:
    return round(HEIGHT - _MARGIN - share * (HEIGHT - 2 * _MARGIN), 1)
