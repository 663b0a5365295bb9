"""Evidence to hand on: packs that are made beside requests, downloaded, removed, and checked when they come back."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import FileResponse, RedirectResponse, Response

from app.acts import Act
from app.web.access.rights import Permission
from app.web.access.visitor import Needs, Visitor
from app.web.bodies import MIB, AtMost
from app.web.compliance.figures import Choices, choices, counted, figures_of, filter_of
from app.web.compliance.filters import PERIODS, ComplianceFilter
from app.web.compliance.packs import MOST_CALLS, PackOrder, PackRecord, list_packs, make_pack, pack_of, remove_pack
from app.web.errors import BadRequestError
from app.web.forms import form_of
from app.web.site import Site, site_of
from app.web.tasks import Task, begin_task, task_of, tasks_of
from pipeline.audit.verify import PackCheck, verify_pack
from pipeline.errors import ConfigError, NotFoundError
from pipeline.store.log_pages import has_entry
from pipeline.store.violations import Outcome

router = APIRouter()

MOST_CHECKED_BYTES = 512 * MIB
MOST_REASON = 500
_PACK = "pack"
_OUTCOMES = {
    Outcome.VIOLATED: "calls in which a rule was broken",
    Outcome.UNKNOWN: "calls in which a rule could not be told",
    Outcome.BOTH: "both",
    Outcome.PRESENT: "calls in which it was found (signals)",
}

Sees = Annotated[Visitor, Depends(Needs(Permission.COMPLIANCE_SEE))]
Exports = Annotated[Visitor, Depends(Needs(Permission.COMPLIANCE_EXPORT))]


@dataclass(frozen=True, kw_only=True, slots=True)
class PacksPage:
    """What the list shows: packs, and what is being made."""

    packs: tuple[PackRecord, ...]
    tasks: tuple[Task, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class NewPackPage:
    """What the form shows."""

    asked: ComplianceFilter
    choices: Choices
    chosen: frozenset[str]


@router.get("/compliance/packs")
def packs(request: Request, visitor: Sees) -> Response:
    """Show the packs that there are, and how to check one."""
    site = site_of(request)
    may = visitor.may(Permission.COMPLIANCE_EXPORT)
    under_way = tuple(task for task in tasks_of(site, visitor, _PACK) if task.state != "done") if may else ()
    page = PacksPage(packs=tuple(list_packs(site, visitor.scope)) if may else (), tasks=under_way)
    return site.page(request, "compliance/packs.html", visitor, page=page, most_mb=MOST_CHECKED_BYTES // MIB)


@router.get("/compliance/packs/new")
def new_pack(request: Request, visitor: Exports) -> Response:
    """Ask what a pack is wanted of."""
    site = site_of(request)
    asked = filter_of(site, request.query_params)
    found = counted(site, visitor, asked).value
    offered = choices(site, visitor, figures_of(site, found, asked) if found else None)
    chosen = frozenset({asked.rule} if asked.rule else ())
    page = NewPackPage(asked=asked, choices=offered, chosen=chosen)
    context: dict[str, Any] = {
        "periods": PERIODS,
        "outcomes": _OUTCOMES,
        "most_calls": MOST_CALLS,
        "most_reason": MOST_REASON,
    }
    return site.page(request, "compliance/new_pack.html", visitor, page=page, **context)


@router.post("/compliance/packs")
async def makes_pack(request: Request, visitor: Exports) -> Response:
    """Have a pack made."""
    site = site_of(request)
    form = await form_of(request)
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    rules = [value for value in form.getlist("rules") if isinstance(value, str)]
    asked = filter_of(site, {name: value for name, value in fields.items() if name != "rules"})
    outcome = next((each for each in Outcome if each == fields.get("outcome")), Outcome.VIOLATED)
    reason = " ".join(fields.get("reason", "").split())
    if not reason or len(reason) > MOST_REASON:
        raise BadRequestError("say in a sentence why the pack is made: it stands in the audit log. Go back for that")
    if not rules:
        raise BadRequestError("choose at least one rule: go back and tick some")
    order = PackOrder(
        asked=asked.asked(site.settings.scorecards, visitor.scope),
        rule_ids=tuple(dict.fromkeys(rules)),
        outcome=outcome,
        clips=fields.get("clips") == "true",
        asked_for=_in_words(asked, rules, outcome),
        reason=reason,
    )
    task = begin_task(site, visitor, _PACK, order.asked_for, lambda tell: make_pack(site, visitor, order, tell))
    return RedirectResponse(f"/compliance/packs/tasks/{task.task_id}", status_code=303)


@router.get("/compliance/packs/tasks/{task_id}")
def pack_task(request: Request, visitor: Exports, task_id: str) -> Response:
    """Show how making a pack stands."""
    site = site_of(request)
    task = task_of(site, visitor, _PACK, task_id)
    return site.page(request, "compliance/pack_task.html", visitor, page=task)


@router.post("/compliance/packs/check", dependencies=[Depends(AtMost(MOST_CHECKED_BYTES))])
async def checks_pack(request: Request, visitor: Sees) -> Response:
    """Check a pack that somebody has sent; nothing of it is kept, unpacked or run."""
    site = site_of(request)
    form = await form_of(request)  # not as parameters: those would be read before it is known who asks
    given, expect = form.get("pack"), str(form.get("expect") or "").strip() or None
    if not isinstance(given, UploadFile) or not given.size:
        raise BadRequestError("choose the pack's zip file first")
    found, exported = await run_in_threadpool(_checked, site, given, expect)
    context: dict[str, Any] = {
        "found": found,
        "name": given.filename or "the file",
        "expected": expect,
        "exported": exported,
    }
    return await run_in_threadpool(_check_page, request, visitor, context)


@router.get("/compliance/packs/{pack_id}")
def pack_page(request: Request, visitor: Exports, pack_id: str) -> Response:
    """Show one pack: its hash, how to hand it on, how to check it."""
    site = site_of(request)
    record, file = pack_of(site, visitor.scope, pack_id)
    return site.page(request, "compliance/pack.html", visitor, page=record, there=file.is_file())


@router.get("/compliance/packs/{pack_id}/file")
def pack_file(request: Request, visitor: Exports, pack_id: str) -> Response:
    """Hand out a pack."""
    site = site_of(request)
    record, file = pack_of(site, visitor.scope, pack_id)
    if not file.is_file():
        raise NotFoundError("the file of this pack is not in the workspace any more")
    handed_out = Act(
        action="export", subject=("pack", record.hash), details={"name": record.file_name, "downloaded": True}
    )
    site.log(visitor, handed_out)
    headers = {"Cache-Control": "no-store"}
    return FileResponse(file, media_type="application/zip", filename=record.file_name, headers=headers)


@router.post("/compliance/packs/{pack_id}/remove")
def removes_pack(request: Request, visitor: Exports, pack_id: str) -> Response:
    """Remove a pack from the workspace."""
    site = site_of(request)
    record, _ = pack_of(site, visitor.scope, pack_id)
    remove_pack(site, visitor, record)
    return RedirectResponse("/compliance/packs", status_code=303)


def _checked(site: Site, given: UploadFile, expect: str | None) -> tuple[PackCheck, bool | None]:
    """Check what was sent, and tell whether this workspace made it; None where its hash is not known."""
    with tempfile.NamedTemporaryFile(suffix=".zip") as file:
        shutil.copyfileobj(given.file, file, 1 << 20)
        file.flush()
        try:
            found = verify_pack(Path(file.name), expect=expect)
        except ConfigError:
            raise BadRequestError("the hash has 64 characters, 0-9 and a-f: copy it whole, or leave it out") from None
    if found.hash is None:
        return found, None
    with site.store.read() as connection:
        return found, has_entry(connection, action="export", subject=("pack", found.hash))


def _check_page(request: Request, visitor: Visitor, context: dict[str, Any]) -> Response:
    return site_of(request).page(request, "compliance/pack_check.html", visitor, **context)


def _in_words(asked: ComplianceFilter, rules: list[str], outcome: Outcome) -> str:
    days = f"{asked.first_day or 'the first day'} to {asked.last_day or 'the last day'}"
    where = ", ".join(each for each in (asked.team, asked.queue) if each) or "all teams and queues"
    named = ", ".join(rules[:3]) + (f" and {len(rules) - 3} more" if len(rules) > 3 else "")
    return f"{days}; {where}; {_OUTCOMES[outcome]}: {named}"
