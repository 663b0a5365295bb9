"""Figures in words, as people read them: the only place where shares become percentages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from pipeline.records import Interval, Period, Severity, Standing, Status
from pipeline.scorecards.trend import monday_of

STATUS_WORDS = {
    Status.PASS: "Passed",
    Status.PARTIAL: "Partly",
    Status.FAIL: "Failed",
    Status.NOT_APPLICABLE: "Not applicable",
    Status.CANNOT_ASSESS: "Could not be assessed",
}
SEVERITY_WORDS = {Severity.CRITICAL: "Critical", Severity.MAJOR: "Major", Severity.MINOR: "Minor"}
UNKNOWN = "–"


def percent(share: float | None) -> str:
    """Return ``79%``, or a dash for unknown. Only all is 100% and only nothing is 0%."""
    if share is None:
        return UNKNOWN
    whole = int(share * 100 + 0.5)
    if whole == 100 and share < 1:
        return "over 99%"
    if whole == 0 and share > 0:
        return "under 1%"
    return f"{whole}%"


def percent_range(interval: Interval | None) -> str:
    """Return ``62–91%``: where the true value probably lies."""
    if interval is None:
        return UNKNOWN
    return f"{int(interval.low * 100 + 0.5)}–{int(interval.high * 100 + 0.5)}%"


def sentiment(value: float | None) -> str:
    """Return -1..+1 on the scale that people see, ``−5.0`` to ``+5.0``."""
    if value is None:
        return UNKNOWN
    shown = f"{value * 5:+.1f}".replace("-", "−")
    return "0.0" if shown in ("+0.0", "−0.0") else shown


def sentiment_word(value: float | None) -> str:
    """Return what a mean sentiment sounds like; the bounds are a fifth of the scale either side of neutral."""
    if value is None:
        return "could not be read"
    return "positive" if value >= 0.2 else "negative" if value <= -0.2 else "neutral"


def only(narrowed: Mapping[str, str], *, but: str = "") -> str:
    """Return ``only calls of queue sales``, or "" where calls are not narrowed.

    Args:
        narrowed: Kind and name, as `ScorecardReport.only`.
        but: A kind that need not be said, since the page is about it.
    """
    parts = [f"{kind} {name}" for kind, name in narrowed.items() if kind != but]
    return f"only calls of {' and '.join(parts)}" if parts else ""


def day(value: date) -> str:
    """Return ``5 Oct 2026``."""
    return f"{value.day} {value:%b %Y}"


def moment(value: datetime | None, zone: ZoneInfo) -> str:
    """Return ``5 Oct 2026, 09:30`` in the zone."""
    if value is None:
        return "time unknown"
    local = value.astimezone(zone)
    return f"{day(local.date())}, {local:%H:%M}"


def days(first: date | None, last: date | None) -> str:
    """Return ``5 Oct – 15 Nov 2026``."""
    if first is None or last is None:
        return "time unknown"
    if first == last:
        return day(first)
    start = f"{first.day} {first:%b}" if first.year == last.year else day(first)
    return f"{start} – {day(last)}"


def period(value: Period) -> str:
    """Return ``Week 41, 5 Oct – 11 Oct 2026``, ``October 2026`` or the days of all calls."""
    if value.label == "all" or value.first is None:
        return days(value.first, value.last)
    if "W" in value.label:
        return f"Week {int(value.label.split('W')[1])}, {days(value.first, value.last)}"
    return f"{value.first:%B %Y}"


def week(label: str) -> str:
    """Return the Monday of ``2026-W41`` as ``5 Oct``."""
    monday = monday_of(label)
    return f"{monday.day} {monday:%b}"


def count(n: int, one: str, many: str | None = None) -> str:
    """Return ``1 call``, ``2 calls``."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def excluded(reasons: Mapping[str, int]) -> str:
    """Return ``1 not scored, 2 nothing could be assessed``."""
    return ", ".join(f"{n} {reason}" for reason, n in reasons.items())


def too_few(n: int, min_calls: int) -> str:
    """Return why nothing is judged."""
    return f"too few calls to judge ({n} of {min_calls})"


def standing(value: Standing | None, kind: str) -> str:
    """Return the place among others in words; where they cannot be told apart, that is said instead of a rank."""
    if value is None:
        return "not ranked"
    if value.compared == 1:
        return f"no comparable {kind}"
    if value.groups == 1:
        return f"no clear difference among {value.compared} {kind}s"
    place = "upper" if value.group == 1 else "lower" if value.group == value.groups else "middle"
    return f"{place} group of {value.compared} {kind}s"


def title(identifier: str) -> str:
    """Return an identifier such as ``bank_support`` as a heading, ``Bank support``."""
    spaced = identifier.replace("_", " ").replace("-", " ").strip()
    return spaced[:1].upper() + spaced[1:] if spaced else identifier


def direction(change: Interval | None) -> str:
    """Return where a criterion is going; only what the sample shows is called better or worse."""
    if change is None:
        return UNKNOWN
    return "▲ better" if change.low > 0 else "▼ worse" if change.high < 0 else "no clear change"
