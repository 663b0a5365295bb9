"""Figures of digests as sentences say them."""

from __future__ import annotations

from pipeline.digests.digest import BudgetLine, Change
from pipeline.records import Interval
from pipeline.scorecards.words import count, percent

FIGURES = {
    "mean_share": "Mean score",
    "pass_rate": "Pass rate",
    "critical_error_share": "Calls with a critical error, at most",
    "calls_scored": "Calls scored, at least",
}


AUTO_FAILS_APART = "auto-fails are counted by themselves"
"""What is to be known wherever critical errors are counted: another mark of a criterion, another flag."""


def share_from_to(interval: Interval | None) -> str:
    """Return ``82% (74 to 88)``: the figure, and where the true value probably lies."""
    if interval is None:
        return "unknown"
    return f"{percent(interval.estimate)} ({_whole(interval.low)} to {_whole(interval.high)})"


def percent_points(interval: Interval) -> str:
    """Return the size of a change that leaves out 0, ``6 points (2 to 10)``, without its direction."""
    ends = sorted((abs(interval.low), abs(interval.high)))
    return f"{_points(abs(interval.estimate))} ({_tenth(ends[0])} to {_tenth(ends[1])})"


def change_words(change: Change, before: str) -> str:
    """Return what is to be said of a change, such as ``up 6 points (2 to 10) on week 40``.

    Args:
        change: Of a share.
        before: The period before, such as ``week 40``.
    """
    if change.interval is None:
        return f"not compared with {before}: {change.why_not}"
    if not change.clear:
        return f"no clear change on {before}"
    direction = "up" if change.interval.estimate > 0 else "down"
    return f"{direction} {percent_points(change.interval)} on {before}"


def budget_words(line: BudgetLine) -> str:
    """Return target and actual, such as ``target 85%, actual 82% (74 to 88): cannot be told yet``."""
    if line.figure == "calls_scored":
        return f"target {line.target:,.0f}, actual {line.count or 0:,}: {line.verdict}"
    return f"target {percent(line.target)}, actual {share_from_to(line.actual)}: {line.verdict}"


def agents_words(names: tuple[str, ...], size: int) -> str:
    """Return who is in a group, or how many where they are not named."""
    return ", ".join(names) if len(names) == size else count(size, "agent")


def one_line(text: str) -> str:
    """Return text without what steers a terminal, breaks a line or begins another header of an e-mail."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def _whole(share: float) -> str:
    return f"{int(share * 100 + 0.5)}"


def _tenth(share: float) -> str:
    return f"{share * 100:.1f}".removesuffix(".0")


def _points(share: float) -> str:
    said = _tenth(share)
    return f"{said} {'point' if said == '1' else 'points'}"
