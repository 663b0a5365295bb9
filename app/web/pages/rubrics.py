"""Rubrics: which there are, what each asks, and whether the files are sound."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.web.access.rights import Permission
from app.web.access.visitor import Needs, Visitor
from app.web.authored import OnDisk, files_now, on_disk
from app.web.rubrics.checks import FolderCheck, check_on_disk
from app.web.rubrics.in_words import SectionInWords, days_in_words, sections_in_words
from app.web.site import site_of
from app.web.snapshots import Snapshot
from pipeline.errors import NotFoundError
from pipeline.records import Rubric

router = APIRouter()

Sees = Annotated[Visitor, Depends(Needs(Permission.RUBRICS_SEE))]


@dataclass(frozen=True, kw_only=True, slots=True)
class RubricsPage:
    """What the list shows."""

    shot: Snapshot[OnDisk]
    rubrics: tuple[tuple[Rubric, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class RubricPage:
    """What one rubric's page shows."""

    rubric: Rubric
    days: str
    sections: tuple[SectionInWords, ...]
    titles: dict[str, str]
    source: str | None
    file: str
    versions: tuple[Rubric, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ChecksPage:
    """What the check shows."""

    shot: Snapshot[tuple[FolderCheck, ...]]


@router.get("/rubrics")
def rubrics(request: Request, visitor: Sees) -> Response:
    """List the rubrics."""
    site = site_of(request)
    shot = on_disk(site)
    found = shot.value.rubrics if shot.value else ()
    page = RubricsPage(shot=shot, rubrics=tuple((rubric, days_in_words(rubric)) for rubric in found))
    return site.page(request, "rubrics/rubrics.html", visitor, page=page)


@router.get("/rubrics/check")
def check(request: Request, visitor: Sees) -> Response:
    """Tell what is wrong with the files."""
    site = site_of(request)
    return site.page(request, "rubrics/check.html", visitor, page=ChecksPage(shot=check_on_disk(site)))


@router.get("/rubrics/{name}")
def rubric_page(request: Request, visitor: Sees, name: str) -> Response:
    """Show one version of a rubric, or the newest where none is named."""
    site = site_of(request)
    disk = files_now(site)
    rubric_id, at, version = name.rpartition("@")
    wanted = (rubric_id, version) if at else (name, None)
    versions = tuple(each for each in disk.rubrics if each.id == wanted[0])
    rubric = next((each for each in versions if wanted[1] in (None, str(each.version))), None)
    if rubric is None:
        raise NotFoundError("there is no such rubric in this version among the files now")
    page = RubricPage(
        rubric=rubric,
        days=days_in_words(rubric),
        sections=sections_in_words(rubric),
        titles={rule.id: rule.title for rule in disk.rules},
        source=text_of(rubric.file),
        file=Path(rubric.file).name if rubric.file else "",
        versions=versions,
    )
    return site.page(request, "rubrics/rubric.html", visitor, page=page)


def text_of(file: str | None) -> str | None:
    """Return what stands in a file; None where it cannot be read now."""
    try:
        return Path(file).read_text(encoding="utf-8") if file else None
    except (OSError, UnicodeDecodeError):
        return None
