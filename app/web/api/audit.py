"""The audit log."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, Field

from app.web.access.rights import Permission
from app.web.access.visitor import Needs, Visitor
from app.web.api.edge import Instant, Line, make_router, problems
from app.web.api.paging import Page, Paged, require_kinds
from app.web.api.sight import looked
from app.web.site import site_of
from pipeline.audit.log import written
from pipeline.store.audit import AskedEntries, AuditEntry
from pipeline.store.listed import Part, part_of_log

router = make_router("audit log")


class EntryShape(BaseModel):
    """One act, chained to the one before."""

    sequence: int = Field(description="1, 2, 3 and so on without holes.")
    at: str = Field(description="UTC, to the letter: the hash covers it.")
    actor: str
    action: str
    subject_kind: str
    subject_id: str
    details: dict[str, Any]
    previous_hash: str
    hash: str


@router.get("/audit-log", response_model=Page[EntryShape], responses=problems(400))
def audit_log_list(
    *,
    request: Request,
    response: Response,
    visitor: Annotated[Visitor, Depends(Needs(Permission.AUDIT_SEE))],
    paging: Paged,
    actor: Annotated[Line | None, Query(description="Only by this person, as their name is kept.")] = None,
    action: Annotated[Line | None, Query(description="Such as view, export, review, flag.")] = None,
    subject_id: Annotated[Line | None, Query(description="Such as the id of a call.")] = None,
    since: Annotated[Instant | None, Query(description="Done then or later.")] = None,
    before: Annotated[Instant | None, Query(description="Done earlier.")] = None,
) -> Page[EntryShape]:
    """List acts in the order in which they were done. Reading the log is an act itself.

    Who sees the calls of some teams only gets entries on these calls, and their own.
    """
    site = site_of(request)
    wanted = Part(scope=visitor.scope, limit=paging.limit + 1, after=require_kinds(paging.after, int))
    asked = AskedEntries(
        since=written(since.astimezone(UTC)) if since else None,
        before=written(before.astimezone(UTC)) if before else None,
        actor=actor,
        action=action,
        subject_id=subject_id,
    )
    with site.store.read() as connection:
        found = part_of_log(connection, wanted, asked, actor=visitor.user.name)
    items, following = paging.page(found, lambda entry: (entry.sequence,), response)
    looked(site, visitor, "audit log", entries=len(items))
    return Page(items=[_shape(entry) for entry in items], next=following)


def _shape(entry: AuditEntry) -> EntryShape:
    details = json.loads(entry.details)
    told = {name: getattr(entry, name) for name in EntryShape.model_fields if name != "details"}
    return EntryShape(**told, details=details)
