"""A changed rubric or pack, pasted or uploaded: checked, and tried on stored calls. Nothing is written to any file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import UploadFile
from starlette.responses import RedirectResponse, Response

from app.web.access.rights import Permission
from app.web.access.visitor import Needs, Visitor
from app.web.authored import files_now
from app.web.compliance.figures import sees_agents
from app.web.errors import BadRequestError
from app.web.forms import form_of
from app.web.pages.rubrics import text_of
from app.web.rubrics.checks import MOST_YAML_BYTES, require_plain
from app.web.rubrics.preview import MOST_CALLS, ChangeOrder, ChangePreview, preview_change
from app.web.site import site_of
from app.web.tasks import Task, begin_task, task_of

router = APIRouter()

Previews = Annotated[Visitor, Depends(Needs(Permission.RUBRICS_PREVIEW))]
_KIND = "rubric change"
_CALLS = (200, 500, MOST_CALLS)


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeForm:
    """What the form shows; ``text`` is what it begins with."""

    text: str
    against: str | None
    known: tuple[str, ...]
    calls: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangePage:
    """How a preview stands, and what came of it."""

    task: Task
    found: ChangePreview | None
    agents: bool


@router.get("/rubrics/changes/new")
def change_form(request: Request, visitor: Previews, rubric: str = "") -> Response:
    """Ask for the changed text; it begins with a rubric where one is named."""
    site = site_of(request)
    known = {f"{each.id}@{each.version}": each for each in files_now(site).rubrics}
    chosen = known.get(rubric)
    page = ChangeForm(
        text=(text_of(chosen.file) or "") if chosen else "",
        against=rubric if chosen else None,
        known=tuple(known),
        calls=_CALLS,
    )
    return site.page(request, "rubrics/change_form.html", visitor, page=page, most_kb=MOST_YAML_BYTES // 1024)


@router.post("/rubrics/changes")
async def changes(request: Request, visitor: Previews) -> Response:
    """Have a text checked and tried."""
    site = site_of(request)
    form = await form_of(request)  # not as parameters: those would be read before it is known who asks
    text = form.get("text")
    file = form.get("file")
    if isinstance(file, UploadFile) and file.size:
        content = await file.read(MOST_YAML_BYTES + 1)
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            raise BadRequestError("the file is no UTF-8 text: save it as UTF-8") from None
    text = text if isinstance(text, str) else ""
    require_plain(text)
    kind: Literal["rubric", "rules"] = "rules" if form.get("kind") == "rules" else "rubric"
    calls, against = str(form.get("calls") or "0"), str(form.get("against") or "")
    order = ChangeOrder(
        kind=kind,
        text=text.replace("\r\n", "\n"),
        against=against or None,
        calls=next((each for each in _CALLS if str(each) == calls), 0),
    )
    about = "a changed rubric" if kind == "rubric" else "a changed rule pack"
    task = begin_task(site, visitor, _KIND, about, lambda tell: preview_change(site, visitor, order, tell))
    return RedirectResponse(f"/rubrics/changes/{task.task_id}", status_code=303)


@router.get("/rubrics/changes/{task_id}")
def change_page(request: Request, visitor: Previews, task_id: str) -> Response:
    """Show what came of it."""
    site = site_of(request)
    task = task_of(site, visitor, _KIND, task_id)
    page = ChangePage(task=task, found=task.result, agents=sees_agents(visitor))
    return site.page(request, "rubrics/change.html", visitor, page=page)
