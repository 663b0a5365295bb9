"""Scores week by week."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from pipeline.records import TrendPoint
from pipeline.scorecards.statistics import DECIMALS, bootstrap_mean


def weekly_trend(shares: Mapping[date, Sequence[float]], *, intervals: bool = True) -> tuple[TrendPoint, ...]:
    """Return every ISO week from the first scored call to the last.

    Args:
        shares: Call scores by the Monday of their week.
        intervals: Whether each week gets one: for thousands of weeks they take long.
    """
    points = []
    for monday, of_week in shares.items():
        mean = round(math.fsum(of_week) / len(of_week), DECIMALS)
        interval = bootstrap_mean(of_week) if intervals else None
        points.append(TrendPoint(label=week_label(monday), calls=len(of_week), mean_share=mean, interval=interval))
    return with_empty_weeks(points)


def with_empty_weeks(points: Iterable[TrendPoint]) -> tuple[TrendPoint, ...]:
    """Return the weeks in order, and those between them that had no call: a gap in a chart must look like one."""
    known = {monday_of(point.label): point for point in points}
    monday, last = min(known, default=None), max(known, default=None)
    weeks = []
    while monday is not None and last is not None and monday <= last:
        weeks.append(known.get(monday) or TrendPoint(label=week_label(monday), calls=0, mean_share=None))
        monday += timedelta(days=7)
    return tuple(weeks)


def week_label(day: date) -> str:
    """Return the ISO week of a day, such as ``2026-W41``."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def monday_of(label: str) -> date:
    """Return the Monday of an ISO week such as ``2026-W41``."""
    year, _, week = label.partition("-W")
    return date.fromisocalendar(int(year), int(week), 1)
