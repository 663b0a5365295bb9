"""The page on compliance: its figures, and the calls behind one rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from app.web.access.visitor import Visitor
from app.web.authored import on_disk
from app.web.compliance.filters import ComplianceFilter, read_filter
from app.web.site import Site
from app.web.snapshots import QUICK, Snapshot, snapshot
from pipeline.audit.adherence import (
    Cell,
    Counted,
    Kept,
    StepKept,
    by_rule,
    by_step,
    by_team,
    count_adherence,
    together,
)
from pipeline.audit.report import RuleLine
from pipeline.records import Scope
from pipeline.store.findings import CallCounts, ReasonCount
from pipeline.store.subjects import subjects_in_scope
from pipeline.store.violations import Outcome, calls_with_outcome

MOST_STEPS = 53
MOST_LISTED = 5000
_SIGNAL = "signal"


@dataclass(frozen=True, kw_only=True, slots=True)
class Choices:
    """What the filters offer."""

    teams: tuple[str, ...]
    queues: tuple[str, ...]
    packs: tuple[str, ...]
    rules: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """What was counted, under the page's filters.

    Attributes:
        one_rule: Whether the totals are of one rule: only then do they have an honest interval, because outcomes of
            several rules on one call hang together.
        steps: The newest, at most `MOST_STEPS`.
    """

    calls: CallCounts
    all: Kept
    critical: Kept
    rules: tuple[RuleLine, ...]
    signals: tuple[RuleLine, ...]
    teams: tuple[Kept, ...]
    steps: tuple[StepKept, ...]
    reasons: tuple[ReasonCount, ...]
    one_rule: bool
    min_calls: int


def filter_of(site: Site, query: Mapping[str, str]) -> ComplianceFilter:
    """Return what an address asks for; days begin in the settings' zone."""
    return read_filter(query, site.now().astimezone(ZoneInfo(site.settings.scorecards.timezone)).date())


def choices(site: Site, visitor: Visitor, figures: Figures | None) -> Choices:
    """Return what the filters offer a visitor."""
    scope = visitor.scope
    found = snapshot(site, ("subjects", scope), lambda: _subjects(site, scope), stale_after_s=300, worker=QUICK).value
    disk = on_disk(site).value
    named = {rule.id: rule.title for rule in disk.rules} if disk else {}
    lines = (*figures.rules, *figures.signals) if figures else ()
    named |= {line.rule_id: line.title for line in lines}
    return Choices(
        teams=found[0] if found else (),
        queues=found[1] if found else (),
        packs=disk.packs() if disk else (),
        rules=tuple(sorted(named.items(), key=lambda rule: rule[1].casefold())),
    )


def counted(
    site: Site, visitor: Visitor, asked_for: ComplianceFilter, *, wait_s: float | None = None
) -> Snapshot[Counted]:
    """Return what was counted of the days and calls that a filter names; its rules and team are chosen afterwards.

    The value is None where it is not counted within ``wait_s`` (None: as long as pages wait).
    """
    settings, step = site.settings.scorecards, asked_for.step
    asked = asked_for.asked(settings, visitor.scope, of_team=False)

    def count() -> Counted:
        with site.store.read() as connection:
            return count_adherence(connection, asked, timezone=settings.timezone, step=step)

    return snapshot(site, ("adherence", asked, step), count, wait_s=wait_s)


def figures_of(site: Site, found: Counted, asked_for: ComplianceFilter) -> Figures:
    """Return a page's figures from what was counted."""
    min_calls = site.settings.scorecards.min_calls
    wanted = rules_asked_for(site, asked_for)
    cells = tuple(_wanted(found.cells, asked_for, wanted))
    lines = by_rule(cells, min_calls)
    steps = by_step(cells, min_calls, found.step)
    rules = tuple(sorted((line for line in lines if line.expected != _SIGNAL), key=_worst_first))
    ids = {line.rule_id for line in lines}
    return Figures(
        calls=found.calls,
        all=together(cells, min_calls),
        critical=together((cell for cell in cells if cell.count.severity == "critical"), min_calls),
        rules=rules,
        signals=tuple(line for line in lines if line.expected == _SIGNAL),
        teams=by_team(cells, min_calls),
        steps=steps[-MOST_STEPS:],
        reasons=tuple(reason for reason in found.reasons if reason.rule_id in ids and asked_for.team is None),
        one_rule=len({line.rule_id for line in rules}) == 1,
        min_calls=min_calls,
    )


def rules_asked_for(site: Site, asked_for: ComplianceFilter) -> frozenset[str] | None:
    """Return the ids of the rules that a filter leaves; None where it leaves all. Severity is of the finding."""
    if asked_for.rule is not None:
        return frozenset({asked_for.rule})
    if asked_for.pack is None:
        return None
    disk = on_disk(site).value
    return frozenset(rule.id for rule in disk.rules if rule.pack == asked_for.pack) if disk else frozenset()


def calls_of_rule(
    site: Site, visitor: Visitor, asked_for: ComplianceFilter, rule_id: str, outcome: Outcome
) -> Snapshot[tuple[str, ...]]:
    """Return the calls in which a rule had an outcome, the newest first, at most `MOST_LISTED`."""
    asked = asked_for.asked(site.settings.scorecards, visitor.scope)

    def find() -> tuple[str, ...]:
        with site.store.read() as connection:
            return tuple(calls_with_outcome(connection, asked, [rule_id], outcome, limit=MOST_LISTED))

    return snapshot(site, ("calls of a rule", asked, rule_id, outcome), find, worker=QUICK)


def sees_agents(visitor: Visitor) -> bool:
    """Tell whether a visitor is shown whose call it is: not who reviews calls blind."""
    return visitor.knows_agents


def _wanted(cells: Iterable[Cell], asked_for: ComplianceFilter, rules: frozenset[str] | None) -> Iterable[Cell]:
    for cell in cells:
        count = cell.count
        if (
            (rules is None or count.rule_id in rules)
            and (asked_for.team is None or count.team == asked_for.team)
            and (asked_for.severity is None or count.severity == asked_for.severity)
        ):
            yield cell


def _worst_first(line: RuleLine) -> tuple[int, int, str]:
    rank = {"critical": 0, "major": 1, "minor": 2}.get(line.severity, 3)
    return rank, line.as_expected - line.assessed, line.title


def _subjects(site: Site, scope: Scope) -> tuple[tuple[str, ...], tuple[str, ...]]:
    with site.store.read() as connection:
        return subjects_in_scope(connection, "team", scope), subjects_in_scope(connection, "queue", scope)
