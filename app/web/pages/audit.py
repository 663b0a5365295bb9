"""Who looked at and handed out what, and whether the log of it is whole."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from app.acts import Act
from app.web.access.rights import Permission
from app.web.access.visitor import Needs, Visitor
from app.web.days import read_day
from app.web.errors import BadRequestError
from app.web.log_check import CheckedLog, check_whole_log
from app.web.site import Site, site_of
from app.web.tasks import Task, begin_task, task_of, tasks_of
from pipeline.audit.log import Head, current_head, read_head, written
from pipeline.store.audit import AskedEntries, AuditEntry
from pipeline.store.log_pages import known_actors, newest_entries

router = APIRouter()

ENTRIES_ON_A_PAGE = 50
_SHOWN = 12
_CHECK = "log check"


@dataclass(frozen=True, kw_only=True, slots=True)
class LogLine:
    """An entry as the page shows it; ``at`` is None where somebody put something else there."""

    entry: AuditEntry
    at: datetime | None
    subject: str
    address: str | None
    details: tuple[tuple[str, str], ...] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class LogPage:
    """What the page shows; ``below`` leads to the older entries."""

    lines: tuple[LogLine, ...]
    asked: AskedEntries
    first: str
    last: str
    actors: tuple[str, ...]
    head: Head
    below: int | None
    whole: bool
    begins: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckPage:
    """What the page on the check shows; ``found`` is None until it is done."""

    task: Task | None
    found: CheckedLog | None


@router.get("/audit")
def audit_log(request: Request, visitor: Annotated[Visitor, Depends(Needs(Permission.AUDIT_SEE))]) -> Response:
    """Show the log, newest first."""
    site = site_of(request)
    given = {name: value.strip() for name, value in request.query_params.items() if value.strip()}
    asked = _asked(given, ZoneInfo(site.settings.scorecards.timezone))
    below = _number(given.get("below"))
    with site.store.read() as connection:
        found = newest_entries(
            connection,
            asked,
            scope=visitor.scope,
            actor=visitor.user.name,
            below=below,
            limit=ENTRIES_ON_A_PAGE + 1,
        )
        actors = known_actors(connection) if visitor.scope.whole else ()
        head = current_head(connection)
    shown = found[:ENTRIES_ON_A_PAGE]
    if not visitor.scope.whole:  # who else did something is none of theirs: only whom they read of is offered
        actors = sorted({visitor.user.name, *(entry.actor for entry in found)})
    page = LogPage(
        lines=tuple(map(_line, shown)),
        asked=asked,
        first=given.get("from", ""),
        last=given.get("to", ""),
        actors=tuple(actors),
        head=head,
        below=shown[-1].sequence if len(found) > len(shown) else None,
        whole=visitor.scope.whole,
        begins=below is None,
    )
    return site.page(request, "audit/log.html", visitor, page=page)


@router.get("/audit/check")
def check_page(
    request: Request, visitor: Annotated[Visitor, Depends(Needs(Permission.AUDIT_SEE))], task: str | None = None
) -> Response:
    """Show how checking the log stands, and what it found."""
    site = site_of(request)
    chosen = task_of(site, visitor, _CHECK, task) if task else next(iter(tasks_of(site, visitor, _CHECK)), None)
    page = CheckPage(task=chosen, found=chosen.result if chosen else None)
    return site.page(request, "audit/check.html", visitor, page=page)


@router.post("/audit/check")
def checks(
    request: Request,
    visitor: Annotated[Visitor, Depends(Needs(Permission.AUDIT_SEE))],
    head: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Check the whole log, beside requests."""
    site = site_of(request)
    given = read_head(head) if head.strip() else None
    task = begin_task(site, visitor, _CHECK, "the audit log", lambda tell: _checked(site, given))
    site.log(visitor, Act(action="view", subject=("audit log", ""), details={"check": True}))
    return RedirectResponse(f"/audit/check?task={task.task_id}", status_code=303)


def _checked(site: Site, given: Head | None) -> CheckedLog:
    return check_whole_log(site.store, site.settings, given)


def _asked(given: dict[str, str], zone: ZoneInfo) -> AskedEntries:
    first, last = read_day(given.get("from"), "from"), read_day(given.get("to"), "to")
    return AskedEntries(
        since=written(datetime.combine(first, time(), zone)) if first else None,
        before=written(datetime.combine(last + timedelta(days=1), time(), zone)) if last else None,
        actor=given.get("actor"),
        action=given.get("action"),
        subject_id=given.get("subject"),
    )


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise BadRequestError("below: the number of an entry is wanted")
    return int(text)


def _line(entry: AuditEntry) -> LogLine:
    is_call = entry.subject_kind == "call"
    subject = f"{entry.subject_id[:_SHOWN]}…" if len(entry.subject_id) > 40 else entry.subject_id
    return LogLine(
        entry=entry,
        at=_instant(entry.at),
        subject=f"{entry.subject_kind} {subject}".strip(),
        address=f"/calls/{entry.subject_id}" if is_call else None,
        details=_details(entry.details),
    )


def _instant(at: str) -> datetime | None:
    try:
        return datetime.fromisoformat(at)
    except (TypeError, ValueError):
        return None


def _details(text: str) -> tuple[tuple[str, str], ...] | None:
    """Return details that say something; None where they are damaged."""
    try:
        details = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return None
    if not isinstance(details, dict):
        return None
    return tuple((str(name), _told(value)) for name, value in details.items() if value not in (None, False, "", []))


def _told(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) if len(value) <= 3 else f"{len(value)} of them"
    text = "yes" if value is True else str(value)
    return f"{text[:_SHOWN]}…" if len(text) == 64 else text[:200]
