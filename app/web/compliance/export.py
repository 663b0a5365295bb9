"""Violations as CSV: ids and times, no words of a call."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from app.web.access.visitor import Visitor
from app.web.compliance.figures import rules_asked_for, sees_agents
from app.web.compliance.filters import ComplianceFilter
from app.web.site import Site
from pipeline.scorecards.render.csv import Line, table
from pipeline.store.findings import known_rules
from pipeline.store.violations import FoundInCall, Outcome, every_outcome

MOST_LINES = 100_000
_CALL = ("call_id", "started_at", "agent_id", "team", "queue")
COLUMNS = (
    *_CALL,
    *("rule_id", "title", "severity", "expected", "outcome", "violated", "probable", "start_ms", "end_ms", "reason"),
)


def violations_csv(site: Site, visitor: Visitor, asked_for: ComplianceFilter) -> tuple[str, int]:
    """Return violations and what could not be told under a filter as CSV, and how many lines that are."""
    asked = asked_for.asked(site.settings.scorecards, visitor.scope)
    wanted = rules_asked_for(site, asked_for)
    zone = ZoneInfo(site.settings.scorecards.timezone)
    with site.store.read() as connection:
        rules = [rule for rule in known_rules(connection) if wanted is None or rule in wanted]
        found = every_outcome(connection, asked, rules, Outcome.BOTH, limit=MOST_LINES)
        kept = (each for each in found if asked_for.severity in (None, each.severity))
        lines = [_line(each, zone, agents=sees_agents(visitor)) for each in kept]
    return table(COLUMNS, lines), len(lines)


def _line(found: FoundInCall, zone: ZoneInfo, *, agents: bool) -> Line:
    return {
        **{name: getattr(found, name) for name in COLUMNS if name not in ("started_at", "outcome", "agent_id")},
        "started_at": found.started_at.astimezone(zone).isoformat(timespec="seconds") if found.started_at else None,
        "agent_id": found.agent_id if agents else None,
        "outcome": found.kind,
    }
