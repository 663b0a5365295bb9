"""Rules: what is listened for, and each as it stands in its pack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.web.access.rights import Permission
from app.web.access.visitor import Needs, Visitor
from app.web.authored import OnDisk, files_now, on_disk
from app.web.rubrics.in_words import applies_in_words
from app.web.site import site_of
from app.web.snapshots import Snapshot
from pipeline.compliance.rule import Rule
from pipeline.errors import NotFoundError
from pipeline.records import Rubric

router = APIRouter()

Sees = Annotated[Visitor, Depends(Needs(Permission.RUBRICS_SEE))]


@dataclass(frozen=True, kw_only=True, slots=True)
class RulesPage:
    """What the list shows."""

    shot: Snapshot[OnDisk]
    rules: tuple[Rule, ...]
    packs: tuple[str, ...]
    pack: str | None
    says: dict[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class OneRulePage:
    """What one rule's page shows; ``rubrics`` ask for it."""

    rule: Rule
    says: str
    applies: tuple[str, ...]
    source: str | None
    file: str | None
    rubrics: tuple[Rubric, ...]
    violations: str


@router.get("/rules")
def rules(request: Request, visitor: Sees, pack: str = "") -> Response:
    """List the rules."""
    site = site_of(request)
    shot = on_disk(site)
    disk = shot.value
    shown = tuple(rule for rule in disk.rules if not pack or rule.pack == pack) if disk else ()
    page = RulesPage(
        shot=shot,
        rules=shown,
        packs=disk.packs() if disk else (),
        pack=pack or None,
        says={rule.id: _says(rule) for rule in shown},
    )
    return site.page(request, "rubrics/rules.html", visitor, page=page)


@router.get("/rules/{rule_id:path}")
def rule_page(request: Request, visitor: Sees, rule_id: str) -> Response:
    """Show one rule."""
    site = site_of(request)
    disk = files_now(site)
    rule = disk.rule(rule_id)
    if rule is None:
        raise NotFoundError("there is no such rule among the packs now")
    source = disk.sources.get(rule_id)
    page = OneRulePage(
        rule=rule,
        says=_says(rule),
        applies=applies_in_words(rule.applies_if),
        source=source.text if source else None,
        file=source.file if source else None,
        rubrics=tuple(rubric for rubric in disk.rubrics if rule_id in _asked_for(rubric)),
        violations=f"/compliance/rules/{quote(rule_id, safe='')}",
    )
    return site.page(request, "rubrics/rule.html", visitor, page=page)


def _says(rule: Rule) -> str:
    """Return whose words a rule looks for; a dash where it looks for none."""
    said = ["company" if s.or_system else s.speaker.value if s.speaker else "anyone" for s in rule.sayings()]
    return ", ".join(dict.fromkeys(said)) or "–"


def _asked_for(rubric: Rubric) -> frozenset[str]:
    from pipeline.rescoring.not_looked_for import rules_asked_for  # noqa: PLC0415

    return frozenset(rules_asked_for(rubric))
