"""A reason's share of the calls week by week, as a drawing of its own or as small as a word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.contact_reasons.figures import Part

SMALL = (96, 24)
LARGE = (760, 180)
_MARGIN = 3
_STEPS = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0)
_MOST_SMALL = 26


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A drawing in a box; lines break where a week has no calls.

    Attributes:
        lines: Points of each unbroken line, as SVG takes them.
        bands: Outlines of the intervals around them.
        dots: Each known week.
        top: The share at the upper edge; the lower one is 0.
        told: The same in words.
    """

    width: int
    height: int
    lines: tuple[str, ...]
    bands: tuple[str, ...]
    dots: tuple[tuple[float, float], ...]
    top: float
    told: str


def small_picture(weeks: Sequence[Part]) -> Picture | None:
    """Return the latest weeks, to the highest of them, or None where fewer than two have calls."""
    return _picture(weeks[-_MOST_SMALL:], *SMALL, intervals=False)


def large_picture(weeks: Sequence[Part]) -> Picture | None:
    """Return all weeks with their intervals, or None where fewer than two have calls."""
    return _picture(weeks, *LARGE, intervals=True)


def _picture(weeks: Sequence[Part], width: int, height: int, *, intervals: bool) -> Picture | None:
    shares = {place: week.share for place, week in enumerate(weeks) if week.share is not None}
    if len(shares) < 2:
        return None
    highest = max((share.high if intervals else share.estimate) for share in shares.values())
    top = next(step for step in _STEPS if step >= highest or step == 1.0) if intervals else max(highest, 0.01)
    step = (width - 2 * _MARGIN) / max(1, len(weeks) - 1)

    def at(place: int, share: float) -> tuple[float, float]:
        return round(_MARGIN + place * step, 1), round(height - _MARGIN - share / top * (height - 2 * _MARGIN), 1)

    runs: list[list[int]] = []
    for place in shares:
        if runs and runs[-1][-1] == place - 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    first, last = weeks[min(shares)], weeks[max(shares)]
    return Picture(
        width=width,
        height=height,
        lines=tuple(_points([at(place, shares[place].estimate) for place in run]) for run in runs if len(run) > 1),
        bands=tuple(
            _points(
                [
                    *(at(place, shares[place].high) for place in run),
                    *(at(place, shares[place].low) for place in reversed(run)),
                ]
            )
            for run in runs
            if intervals and len(run) > 1
        ),
        dots=tuple(at(place, shares[place].estimate) for place in shares),
        top=top,
        told=f"Share of the week's calls: {_told(first)}, {_told(last)}",
    )


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in points)


def _told(week: Part) -> str:
    share = 100 * week.share.estimate if week.share else 0
    return f"{share:.0f} % in the week from {week.first_day}"
