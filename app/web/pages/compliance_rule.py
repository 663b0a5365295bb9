"""One rule: the calls in which it was broken or could not be told, with what was said and a clip to play."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.acts import Act
from app.web.access.rights import Permission
from app.web.access.visitor import Needs, Visitor
from app.web.authored import on_disk
from app.web.compliance.figures import (
    MOST_LISTED,
    Choices,
    Figures,
    calls_of_rule,
    choices,
    counted,
    figures_of,
    filter_of,
    sees_agents,
)
from app.web.compliance.filters import PERIODS, ComplianceFilter
from app.web.site import Site, site_of
from app.web.snapshots import Snapshot
from pipeline.audit.wording import finding_in_words
from pipeline.compliance.rule import Rule
from pipeline.errors import NotFoundError
from pipeline.records import Evidence, Finding, Recording, Span
from pipeline.store.calls import get_recording
from pipeline.store.findings import known_rules
from pipeline.store.violations import FoundInCall, Outcome, outcomes_of_calls, proof_of

router = APIRouter()

CALLS_ON_A_PAGE = 20
MOST_CLIPS = 3
MOST_QUOTES = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class CallOfRule:
    """One call with what proves the outcome.

    Attributes:
        outcome: In words, such as ``probably said``.
        finding: None where the call's score has changed since the list was made.
        clips: Parts of the call to hear.
        at_s: Where in the call to look, in seconds; None for its beginning.
    """

    found: FoundInCall
    outcome: str
    finding: Finding | None
    quotes: tuple[Evidence, ...] = ()
    clips: tuple[Span, ...] = ()
    at_s: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RulePage:
    """What the page shows; ``calls`` is None until they are found."""

    rule_id: str
    rule: Rule | None
    title: str
    path: str
    asked: ComplianceFilter
    choices: Choices
    outcome: Outcome
    figures: Figures | None
    shot: Snapshot[tuple[str, ...]]
    calls: tuple[CallOfRule, ...] | None
    number: int
    more: bool
    cut: bool
    agents: bool


@router.get("/compliance/rules/{rule_id:path}")
def rule_page(
    request: Request,
    rule_id: str,
    visitor: Annotated[Visitor, Depends(Needs(Permission.COMPLIANCE_SEE))],
    what: Outcome = Outcome.VIOLATED,
    page: int = 1,
) -> Response:
    """Show the calls in which a rule had an outcome."""
    site = site_of(request)
    disk = on_disk(site).value
    rule = disk.rule(rule_id) if disk else None
    with site.store.read() as connection:
        if rule is None and rule_id not in known_rules(connection):
            raise NotFoundError("there is no such rule, and no call was judged by one of this name")
    asked = filter_of(site, {name: value for name, value in request.query_params.items() if name != "rule"})
    shot = calls_of_rule(site, visitor, asked, rule_id, what)
    number = max(1, min(page, MOST_LISTED))
    calls = None
    if shot.value is not None:
        shown = shot.value[(number - 1) * CALLS_ON_A_PAGE : number * CALLS_ON_A_PAGE]
        calls = _calls(site, visitor, asked, (rule_id, what), shown)
    figures = _figures(site, visitor, asked, rule_id)
    found = rule.title if rule else next((call.found.title for call in calls or ()), rule_id)
    return site.page(
        request,
        "compliance/rule.html",
        visitor,
        page=RulePage(
            rule_id=rule_id,
            rule=rule,
            title=found,
            path=f"/compliance/rules/{quote(rule_id, safe='')}",
            asked=asked,
            choices=choices(site, visitor, figures),
            outcome=what,
            figures=figures,
            shot=shot,
            calls=calls,
            number=number,
            more=len(shot.value or ()) > number * CALLS_ON_A_PAGE,
            cut=len(shot.value or ()) == MOST_LISTED,
            agents=sees_agents(visitor),
        ),
        periods=PERIODS,
    )


def _figures(site: Site, visitor: Visitor, asked: ComplianceFilter, rule_id: str) -> Figures | None:
    """Return the rule's figures where they were counted; the list does not wait for them."""
    found = counted(site, visitor, asked).value
    return figures_of(site, found, replace(asked, rule=rule_id)) if found else None


def _calls(
    site: Site, visitor: Visitor, asked_for: ComplianceFilter, wanted: tuple[str, Outcome], call_ids: tuple[str, ...]
) -> tuple[CallOfRule, ...]:
    """Return calls with what was said in them; that they are shown is logged first."""
    rule_id, outcome = wanted
    asked = asked_for.asked(site.settings.scorecards, visitor.scope)
    with site.store.read() as connection:
        calls = tuple(
            _with_proof(found, proof_of(connection, found.call_id, rule_id), get_recording(connection, found.call_id))
            for found in outcomes_of_calls(connection, asked, call_ids, rule_id, outcome)
        )
    if calls:
        details = {"outcome": outcome.value, "calls": [call.found.call_id for call in calls]}
        site.log(visitor, Act(action="view", subject=("rule", rule_id), details=details))
    return calls


def _with_proof(found: FoundInCall, finding: Finding | None, recording: Recording) -> CallOfRule:
    from pipeline.audit.clips import heard_spans  # noqa: PLC0415 - imports the decoder

    if finding is None or finding.kind.value != found.kind:
        return CallOfRule(found=found, outcome="has changed since: load the page again", finding=None)
    clips = heard_spans(finding, recording.duration_ms)[:MOST_CLIPS]
    quotes = finding.evidence[:MOST_QUOTES]
    start_ms = quotes[0].start_ms if quotes else clips[0].start_ms if clips else found.start_ms
    return CallOfRule(
        found=found,
        outcome=finding_in_words(finding),
        finding=finding,
        quotes=quotes,
        clips=clips,
        at_s=start_ms / 1000 if start_ms is not None else None,
    )
