"""A coaching plan on paper: what a team lead brings to the talk, as a page that needs nothing else, or as a PDF."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline.clock import clock
from pipeline.coaching.plan import Moment, Plan, PlannedTopic, readable
from pipeline.errors import ReportError
from pipeline.records import CoachingSession, Span
from pipeline.scorecards import render, words
from pipeline.scorecards.render.files import write_files

_OWN = Path(__file__).resolve().parent / "templates"
_SCORECARDS = Path(render.__file__).resolve().parents[1] / "templates"
FORMS = (".html", ".pdf")


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """A plan with what stands around it on paper.

    Attributes:
        team: Of the agent's latest call; None where it is not known.
        last: The last session with the agent; None: there was none.
        console_url: Where the console's pages of calls are; None where links would lead nowhere.
    """

    plan: Plan
    team: str | None
    last: CoachingSession | None
    generated_at: datetime
    timezone: str
    console_url: str | None

    @property
    def title(self) -> str:
        """Heading, as the base page takes it."""
        return f"Coaching plan of {self.plan.agent_id}"


def heard_from(span: Span) -> tuple[str, str]:
    """Return the whole seconds around a stretch as ``m:ss``, as `earmark calls audio` takes them."""
    return clock(span.start_ms), clock(math.ceil(span.end_ms / 1000) * 1000)


def write_sheet(sheet: Sheet, out: Path) -> Path:
    """Write a sheet.

    Args:
        sheet: What it says.
        out: A file name that ends in ``.html`` or ``.pdf``.

    Returns:
        The path.

    Raises:
        ReportError: The name ends otherwise, or the file cannot be written.
    """
    suffix = out.suffix.lower()
    if suffix not in FORMS:
        raise ReportError(f"{out}: the sheet is made as {' or '.join(FORMS)}; end the name in one of them")
    [path] = write_files({out: sheet_bytes(sheet, suffix)})
    return path


def sheet_bytes(sheet: Sheet, suffix: str) -> bytes:
    """Return what a file of a sheet holds.

    Args:
        sheet: What it says.
        suffix: One of ``FORMS``.
    """
    if suffix == ".html":
        return _html(sheet).encode()
    from pipeline.scorecards.render.pdf import compiled_pdf  # noqa: PLC0415 - only for this format

    return compiled_pdf(_OWN / "sheet.typ", sheet_content(sheet), made_at=sheet.generated_at)


def sheet_content(sheet: Sheet) -> Mapping[str, Any]:
    """Return a sheet as plain words, as both templates take it."""
    zone, plan = ZoneInfo(sheet.timezone), sheet.plan
    return {
        "title": sheet.title,
        "agent": plan.agent_id,
        "team": sheet.team or "",
        "generated": f"{words.moment(sheet.generated_at, zone)} ({sheet.timezone})",
        "last": _last(sheet.last, zone),
        "rule": f"A topic is a question missed in at least {plan.misses} of the last {plan.last_calls} calls in which "
        "it came up.",
        "topics": [_topic(topic, sheet, zone) for topic in plan.topics],
        "more": [f"{each.missed.title} ({each.missed.missed} of {each.missed.assessed})" for each in plan.more],
    }


def _last(session: CoachingSession | None, zone: ZoneInfo) -> Mapping[str, str]:
    if session is None:
        return {}
    return {
        "when": words.day(session.held_at.astimezone(zone).date()),
        "by": session.held_by,
        "action": session.action,
    }


def _topic(topic: PlannedTopic, sheet: Sheet, zone: ZoneInfo) -> Mapping[str, Any]:
    missed, example = topic.missed, topic.example
    return {
        "title": missed.title,
        "critical": missed.critical,
        "missed": f"Missed in {missed.missed} of the last {missed.assessed} calls in which it came up.",
        "advice": topic.advice,
        "moments": [_moment(each, missed.criterion_id, sheet, zone) for each in topic.moments],
        "example": {"words": example.said, "by": example.agent_id or ""} if example else {},
    }


def _moment(moment: Moment, criterion_id: str, sheet: Sheet, zone: ZoneInfo) -> Mapping[str, str]:
    place, said = "", ""
    if moment.words is not None:
        place = f"at {clock(moment.words.start_ms)}"
        said = readable(moment.words.quote)
    elif moment.searched is not None:
        place = f"from {clock(moment.searched.start_ms)} to {clock(moment.searched.end_ms)}"
    return {
        "when": words.moment(moment.started_at, zone),
        "call": moment.call_id,
        "link": f"{sheet.console_url}/calls/{moment.call_id}#criterion-{criterion_id}" if sheet.console_url else "",
        "reason": moment.reason,
        "place": place,
        "words": said,
        "what": "closest to it that was said" if moment.closest else "",
    }


def _html(sheet: Sheet) -> str:
    environment = Environment(
        loader=FileSystemLoader([_OWN, _SCORECARDS]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["moment"] = partial(words.moment, zone=ZoneInfo(sheet.timezone))
    return environment.get_template("sheet.html.j2").render(report=sheet, sheet=sheet_content(sheet))
