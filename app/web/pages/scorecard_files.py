"""Scorecards to take away: PDF, XLSX, CSV and JSON, of one agent, team or queue or of everybody in the list."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, cast, get_args

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.acts import Act
from app.web.access.rights import Permission
from app.web.access.visitor import Needs, Visitor
from app.web.errors import BadRequestError
from app.web.pages.scorecards import refuse_others
from app.web.scorecards.asked import asked_days, asked_list, text_of
from app.web.scorecards.figures import Asked, Subject, among_others, report_now, with_others
from app.web.site import Site, site_of
from pipeline import registry
from pipeline.audit.log import Detail
from pipeline.errors import NotFoundError
from pipeline.records import SubjectKind
from pipeline.scorecards.render.files import safe_name
from pipeline.scorecards.report import ScorecardReport

router = APIRouter()

TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}
KINDS = ("everybody", *get_args(SubjectKind))


@router.get("/scorecards/files/{kind}/{form}")
def scorecard_file(
    request: Request, kind: str, form: str, visitor: Annotated[Visitor, Depends(Needs(Permission.SCORECARDS_EXPORT))]
) -> Response:
    """Hand out the list or a card as a file; that is written down first."""
    site = site_of(request)
    if kind not in KINDS or form not in TYPES:
        raise NotFoundError("there is no such page")
    asked = _asked(request, site, visitor, kind)
    report = report_now(site, asked)
    if kind != "everybody" and visitor.scope.agent_id is None:
        report = with_others(report, among_others(site, asked))
    told: dict[str, Detail] = {"of": kind, "format": form, "team": asked.team, "rubric": asked.rubric_id}
    details = {name: value for name, value in {**told, **asked.days.query}.items() if value is not None}
    made = _made(report, kind, form)
    site.log(visitor, Act(action="export", subject=("scorecards", asked.name), details=details))
    name = f"scorecard-{safe_name(asked.name)}" if asked.subject else "scorecards"
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"', "Cache-Control": "no-store"}
    return Response(made, media_type=TYPES[form], headers=headers)


def _asked(request: Request, site: Site, visitor: Visitor, kind: str) -> Asked:
    query = request.query_params
    if kind == "everybody":
        if visitor.scope.agent_id is not None:
            raise NotFoundError("there is no such page")
        return asked_list(site, visitor, query)
    name = text_of(query, "name")
    if not name:
        raise BadRequestError(f"name: which {kind}")
    subject = Subject(cast("SubjectKind", kind), name)
    refuse_others(site, visitor, subject)
    return Asked(scope=visitor.scope, days=asked_days(site, visitor, query, subject), subject=subject)


def _made(report: ScorecardReport, kind: str, form: str) -> bytes:
    """Return a file of the command line's: a list in CSV is of people, a card in CSV of rubrics."""
    with tempfile.TemporaryDirectory(prefix="earmark-") as folder:
        write = registry.load("scorecard format", form)
        if form == "csv" and kind == "everybody":
            written = write(report, Path(folder))
            return Path(next(path for path in written if path.name == "subjects.csv")).read_bytes()
        path = Path(folder) / f"scorecards.{form}"
        write(report, path)
        return path.read_bytes()
