"""Rubrics and rules: read those there are, and check a text before it becomes one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated

from fastapi import Depends, Path, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from app.web.access.rights import Permission
from app.web.access.visitor import Needs, Visitor
from app.web.api.edge import PATIENCE_S, Body, Id, NotReadyError, make_router, problems
from app.web.api.paging import Page, Paged, require_kinds
from app.web.api.sight import looked, not_there
from app.web.authored import OnDisk, on_disk
from app.web.errors import BadRequestError
from app.web.rubrics.checks import Kind, check_pasted, require_plain
from app.web.site import Site, site_of
from pipeline.compliance.rule import Decidable, Rule, RuleStatus
from pipeline.records import Expectation, Rubric, RubricStatus, Severity

router = make_router("rubrics and rules")

Sees = Annotated[Visitor, Depends(Needs(Permission.RUBRICS_SEE))]
Version = Annotated[int, Path(ge=1, le=1_000_000, description="Of the rubric.")]
Previews = Annotated[Visitor, Depends(Needs(Permission.RUBRICS_PREVIEW))]


class RubricShape(BaseModel):
    """A version of a rubric."""

    id: str
    version: int
    title: str
    status: RubricStatus
    effective_from: date | None
    effective_to: date | None
    queues: list[str]
    languages: list[str]
    pass_share: float
    criteria: int
    fingerprint: str


class RuleShape(BaseModel):
    """What must be said, or must not."""

    id: str
    title: str
    expect: Expectation
    speaker: str = Field(description="Whose words it looks for; a dash where it looks for none.")
    decidable_from: Decidable
    status: RuleStatus
    pack: str
    severity: Severity
    queues: list[str]
    directions: list[str]
    fingerprint: str


class CheckBody(Body):
    """A text to be checked; nothing of it is kept."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=400_000)] = Field(description="YAML.")


class ProblemShape(BaseModel):
    """Something that is wrong with a text."""

    code: str
    where: str = Field(description="Path inside the text, such as sections.0.criteria.2.points.")
    line: int | None
    message: str


class CheckedShape(BaseModel):
    """What is wrong with a text; nothing where the list is empty."""

    problems: list[ProblemShape]


class _TextError(BadRequestError):
    status = 422


@router.get("/rubrics", response_model=Page[RubricShape], responses=problems(400))
def rubrics_list(request: Request, response: Response, visitor: Sees, paging: Paged) -> Page[RubricShape]:
    """List the rubrics, every version that lies in the rubrics' folder."""
    site = site_of(request)
    after = require_kinds(paging.after, str, int)
    rubrics = sorted(_there_are(site).rubrics, key=_rubric_key)
    found = [rubric for rubric in rubrics if after is None or _rubric_key(rubric) > after]
    items, following = paging.page(found[: paging.limit + 1], _rubric_key, response)
    return Page(items=[_rubric_shape(rubric) for rubric in items], next=following)


@router.get("/rubrics/{rubric_id}/{version}", response_model=Rubric)
def rubrics_get(
    request: Request,
    visitor: Sees,
    rubric_id: Id,
    version: Annotated[int, Path(ge=1, le=1_000_000, description="Of the rubric.")],
) -> Rubric:
    """Show a version of a rubric with its sections, criteria and tests."""
    found = _there_are(site_of(request)).rubric(rubric_id, version)
    if found is None:
        raise not_there("rubric", f"{rubric_id}@{version}")
    return replace(found, file=None)


@router.post("/rubrics/check", response_model=CheckedShape)
def rubrics_check(request: Request, visitor: Previews, body: CheckBody) -> CheckedShape:
    """Check the text of a rubric whole: every problem with its line."""
    return _checked(site_of(request), visitor, "rubric", body.text)


@router.get("/rules", response_model=Page[RuleShape], responses=problems(400))
def rules_list(request: Request, response: Response, visitor: Sees, paging: Paged) -> Page[RuleShape]:
    """List the rules of all packs by their ids."""
    site = site_of(request)
    (after,) = require_kinds(paging.after, str) or ("",)
    found = sorted((rule for rule in _there_are(site).rules if rule.id > after), key=lambda rule: rule.id)
    items, following = paging.page(found[: paging.limit + 1], lambda rule: (rule.id,), response)
    return Page(items=[_rule_shape(rule) for rule in items], next=following)


@router.get("/rules/{rule_id}", response_model=RuleShape)
def rules_get(request: Request, visitor: Sees, rule_id: Id) -> RuleShape:
    """Show a rule."""
    found = _there_are(site_of(request)).rule(rule_id)
    if found is None:
        raise not_there("rule", rule_id)
    return _rule_shape(found)


@router.post("/rules/check", response_model=CheckedShape)
def rules_check(request: Request, visitor: Previews, body: CheckBody) -> CheckedShape:
    """Check the text of a rule pack whole: every problem with its line."""
    return _checked(site_of(request), visitor, "rules", body.text)


def _checked(site: Site, visitor: Visitor, kind: Kind, text: str) -> CheckedShape:
    try:
        require_plain(text)
    except BadRequestError as error:
        raise _TextError(str(error)) from None
    looked(site, visitor, "rubrics" if kind == "rubric" else "rules", checked=True)
    found = check_pasted(site, kind, text).problems
    return CheckedShape(
        problems=[
            ProblemShape(code=each.code, where=each.where, line=each.line, message=each.message) for each in found
        ]
    )


def _there_are(site: Site) -> OnDisk:
    found = on_disk(site, wait_s=PATIENCE_S).value
    if found is None:
        raise NotReadyError("the lists of rubrics and rules")
    return found


def _rubric_key(rubric: Rubric) -> tuple[str, int]:
    return rubric.id, rubric.version


def _rubric_shape(rubric: Rubric) -> RubricShape:
    told = {name: getattr(rubric, name) for name in RubricShape.model_fields if name != "criteria"}
    told |= {"queues": list(rubric.queues), "languages": list(rubric.languages)}
    return RubricShape(**told, criteria=len(rubric.criteria()))


def _rule_shape(rule: Rule) -> RuleShape:
    said = ["company" if s.or_system else s.speaker.value if s.speaker else "anyone" for s in rule.sayings()]
    return RuleShape(
        id=rule.id,
        title=rule.title,
        expect=rule.expect,
        speaker=", ".join(dict.fromkeys(said)) or "-",
        decidable_from=rule.decidable,
        status=rule.status,
        pack=rule.pack,
        severity=rule.severity,
        queues=list(rule.applies_if.queues),
        directions=list(rule.applies_if.directions),
        fingerprint=rule.fingerprint,
    )
