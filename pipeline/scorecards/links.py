"""Where a figure's calls are in the console; reports link there where `console.public_url` says where that is."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from pipeline.records import SubjectSummary

_FILTERS = {"rubric": "scored_by"}


def call_url(console_url: str | None, call_id: str, at_ms: int | None = None) -> str | None:
    """Return the address of a call, or of a moment in it; None where no console is known.

    Args:
        console_url: Of the console.
        call_id: Which call.
        at_ms: Where to begin to hear it; None for its beginning.
    """
    if console_url is None:
        return None
    moment = "" if at_ms is None else f"#t={at_ms / 1000:.1f}"
    return f"{console_url.rstrip('/')}/calls/{quote(call_id, safe='')}{moment}"


def calls_url(console_url: str | None, summary: SubjectSummary, only: Mapping[str, str]) -> str | None:
    """Return the address of the list of calls that a summary is of; None where no console is known.

    Args:
        console_url: Of the console.
        summary: Whose calls, of which days.
        only: What the report's calls are narrowed to, as `ScorecardReport.only`.
    """
    if console_url is None:
        return None
    period = summary.period
    bounds = {"since": period.first, "until": period.last}
    narrowed = {_FILTERS.get(kind, kind): name for kind, name in only.items()}
    days = {name: f"{day}" for name, day in bounds.items() if day}
    asked = {**narrowed, summary.subject_kind: summary.subject, **days}
    return f"{console_url.rstrip('/')}/calls?{urlencode(asked)}"
