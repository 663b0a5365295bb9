"""Charts as pictures of a page: light and dark, inside the page, so that nothing is reckoned a second time."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.records import CriterionSummary, TrendPoint


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A chart as data: addresses, and what it says in words."""

    light: str
    dark: str
    told: str


def trend_picture(trend: Sequence[TrendPoint], min_calls: int, *, about: str) -> Picture | None:
    """Return the weekly mean scores, or None where there are fewer than two weeks."""
    from pipeline.scorecards.charts import trend_svg  # noqa: PLC0415 - a second of imports

    told = f"Mean score by week, {about}; the figures are in the table below it"
    return _picture(trend_svg(trend, min_calls, label=told), told)


def criteria_picture(criteria: Sequence[CriterionSummary], min_calls: int, *, about: str) -> Picture | None:
    """Return the pass rate of every criterion, or None where none could be assessed."""
    from pipeline.scorecards.charts import criteria_svg  # noqa: PLC0415 - a second of imports

    told = f"Pass rate of each criterion, {about}; the figures are in the table below it"
    return _picture(criteria_svg(criteria, min_calls, label=told), told)


def _picture(svg: str, told: str) -> Picture | None:
    from pipeline.scorecards.charts import picture  # noqa: PLC0415 - a second of imports

    if not svg:
        return None
    return Picture(light=_address(picture(svg, "light")), dark=_address(picture(svg, "dark")), told=told)


def _address(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode("ascii")
