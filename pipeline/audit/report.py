"""The report on rules: how often each was kept, by rule, team or agent, with what could not be told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from pipeline.config import ScorecardSettings
from pipeline.records import EVERYTHING, Expectation, Interval, Scope, Severity
from pipeline.scorecards.statistics import wilson
from pipeline.store.findings import (
    AskedCalls,
    OutcomeCount,
    ReasonCount,
    VersionCount,
    count_calls,
    count_outcomes,
    count_reasons,
    count_versions,
)

By = Literal["rule", "team", "agent"]
_SUBJECT: Mapping[By, tuple[str, ...]] = {"rule": (), "team": ("team",), "agent": ("team", "agent_id")}
_RANK = {Severity.CRITICAL.value: 0, Severity.MAJOR.value: 1, Severity.MINOR.value: 2}


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleLine:
    """How one rule went over the calls of a subject.

    Attributes:
        team: None where the line is of all teams, or the team is not known.
        agent_id: None where the line is of all agents, or the agent is not known.
        present: Calls in which it was found; ``probable`` of them by meaning only.
        assessed: Present and absent.
        as_expected: Assessed calls that did what the rule expects; of a signal, those in which it was present.
        adherence: ``as_expected`` of ``assessed`` with its Wilson interval; None of a signal, and of too few calls.
        rate: How often a signal was present; None of other rules, and of too few calls.
        versions: How many versions of the rule are in it; more than 1 means that it changed within the period.
    """

    rule_id: str
    title: str
    severity: str
    expected: str
    team: str | None
    agent_id: str | None
    assessed: int
    present: int
    probable: int
    absent: int
    cannot_assess: int
    as_expected: int
    adherence: Interval | None
    rate: Interval | None
    versions: int


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditReport:
    """What a compliance officer asks of a period.

    Attributes:
        first_day: In ``timezone``; None for no bound.
        last_day: Inclusive.
        calls: In the period; ``judged`` of them have the outcome of at least one rule, ``not_scored`` have no score.
        without_start: Calls of unknown start: they are in no period.
        min_calls: With fewer assessed calls a line has counts and no share.
        versions: Of rules that changed within the period, every version.
    """

    by: By
    first_day: date | None
    last_day: date | None
    timezone: str
    generated_at: datetime
    calls: int
    judged: int
    not_scored: int
    without_start: int
    min_calls: int
    lines: tuple[RuleLine, ...]
    not_assessed: tuple[ReasonCount, ...]
    versions: tuple[VersionCount, ...]


def asked_calls(
    settings: ScorecardSettings,
    *,
    first_day: date | None = None,
    last_day: date | None = None,
    agent: str | None = None,
    team: str | None = None,
    queue: str | None = None,
    scope: Scope = EVERYTHING,
) -> AskedCalls:
    """Return which calls whole days in the settings' zone hold; ``last_day`` belongs to them."""
    zone = ZoneInfo(settings.timezone)
    return AskedCalls(
        since=datetime.combine(first_day, time(), zone) if first_day else None,
        before=datetime.combine(last_day + timedelta(days=1), time(), zone) if last_day else None,
        agent=agent,
        team=team,
        queue=queue,
        scope=scope,
    )


def build_audit_report(
    connection: Connection,
    settings: ScorecardSettings,
    *,
    by: By = "rule",
    first_day: date | None = None,
    last_day: date | None = None,
    agent: str | None = None,
    team: str | None = None,
    rule_id: str | None = None,
    generated_at: datetime,
) -> AuditReport:
    """Count what the rules found in the calls of a period.

    Args:
        connection: Where to read.
        settings: The zone in which days begin, and from how many calls on a share is told.
        by: One line per rule; per team and rule; or per agent and rule.
        first_day: First day; None for no bound.
        last_day: Last day, inclusive; None for no bound.
        agent: Only this agent's calls.
        team: Only this team's calls.
        rule_id: Only this rule.
        generated_at: When the report is made.
    """
    asked = asked_calls(settings, first_day=first_day, last_day=last_day, agent=agent, team=team)
    counts = count_outcomes(connection, asked, by=_SUBJECT[by], rule_id=rule_id)
    calls = count_calls(connection, asked)
    versions = count_versions(connection, asked, changed) if (changed := _changed(counts)) else []
    return AuditReport(
        by=by,
        first_day=first_day,
        last_day=last_day,
        timezone=settings.timezone,
        generated_at=generated_at,
        calls=calls.calls,
        judged=calls.judged,
        not_scored=calls.not_scored,
        without_start=calls.without_start,
        min_calls=settings.min_calls,
        lines=rule_lines(counts, settings.min_calls),
        not_assessed=tuple(count_reasons(connection, asked, rule_id=rule_id)),
        versions=tuple(versions),
    )


def rule_lines(counts: Iterable[OutcomeCount], min_calls: int, *, by_subject: bool = True) -> tuple[RuleLine, ...]:
    """Return one line per rule of each team and agent that the counts name; below ``min_calls`` none has a share.

    Args:
        counts: What was counted.
        min_calls: The fewest assessed calls for a share.
        by_subject: False: one line per rule, over all teams and agents.
    """
    groups: dict[tuple[str | None, str | None, str, str], list[OutcomeCount]] = defaultdict(list)
    for count in counts:
        team, agent_id = (count.team, count.agent_id) if by_subject else (None, None)
        groups[team, agent_id, count.rule_id, count.expected].append(count)
    lines = (_line(group, team, agent_id, min_calls) for (team, agent_id, *_), group in groups.items())
    return tuple(sorted(lines, key=_order))


def _order(line: RuleLine) -> tuple[bool, str, bool, str, bool, int, str, str]:
    """By subject, unknown ones last; rules before signals, the gravest first."""
    return (
        *(line.team is None, line.team or "", line.agent_id is None, line.agent_id or ""),
        *(line.expected == Expectation.SIGNAL.value, _RANK.get(line.severity, len(_RANK)), line.rule_id, line.expected),
    )


def _line(counts: Sequence[OutcomeCount], team: str | None, agent_id: str | None, min_calls: int) -> RuleLine:
    """Return the line of one rule and subject, under the title and severity of its newest version."""
    newest = max(counts, key=_newness)
    present, absent = sum(count.present for count in counts), sum(count.absent for count in counts)
    as_expected = absent if newest.expected == Expectation.ABSENT.value else present
    is_signal = newest.expected == Expectation.SIGNAL.value
    share = wilson(as_expected, present + absent) if present + absent >= min_calls else None
    return RuleLine(
        rule_id=newest.rule_id,
        title=newest.title,
        severity=newest.severity,
        expected=newest.expected,
        team=team,
        agent_id=agent_id,
        assessed=present + absent,
        present=present,
        probable=sum(count.probable for count in counts),
        absent=absent,
        cannot_assess=sum(count.cannot_assess for count in counts),
        as_expected=as_expected,
        adherence=None if is_signal else share,
        rate=share if is_signal else None,
        versions=len({count.rule_fingerprint for count in counts}),
    )


def _newness(count: OutcomeCount) -> tuple[bool, float, str, str]:
    """By the newest call that a version judged; one of calls of unknown time is the oldest, whatever it is called."""
    at = count.last_at
    return at is not None, at.timestamp() if at else 0.0, count.rule_fingerprint, count.title


def _changed(counts: Iterable[OutcomeCount]) -> list[str]:
    """Return the rules of which several versions judged."""
    versions: dict[str, set[str]] = defaultdict(set)
    for count in counts:
        versions[count.rule_id].add(count.rule_fingerprint)
    return [rule_id for rule_id, fingerprints in versions.items() if len(fingerprints) > 1]
