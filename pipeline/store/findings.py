"""The outcome of every rule on every call, small and indexed: what audits count. The evidence itself is in `steps`.

A call's rows are those that its current score rests on; they change in the transaction in which that score does.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, or_, select

from pipeline.canonical import canonical_json
from pipeline.records import (
    EVERYTHING,
    CallFindings,
    Evidence,
    Expectation,
    FactKeys,
    Finding,
    FindingKind,
    Scope,
    Span,
)
from pipeline.store.steps import get_step
from pipeline.store.tables import current_scores, findings, recordings, rule_versions, scores
from pipeline.store.upsert import insert_new

_QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"|(?<!\w)'.*?'(?!\w)")
_FIGURE = re.compile(r"\d+(?:[.:,]\d+)*")


@dataclass(frozen=True, kw_only=True, slots=True)
class AskedCalls:
    """Which calls are counted. None is no bound.

    Attributes:
        since: The first instant that counts.
        before: The first instant that does not count any more.
        scope: Whose calls may be seen.
        undated: Only calls of unknown time.
    """

    since: datetime | None = None
    before: datetime | None = None
    agent: str | None = None
    team: str | None = None
    queue: str | None = None
    scope: Scope = EVERYTHING
    undated: bool = False

    @property
    def dated(self) -> bool:
        """Whether calls of unknown time are left out."""
        return self.since is not None or self.before is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class OutcomeCount:
    """How many calls of one team and agent had which outcome of one version of a rule.

    Attributes:
        team: None where it is not known, or not asked for.
        agent_id: Likewise.
        present: Of these, ``probable`` were found by meaning only.
        last_at: When the newest of all these calls began; None where that is not known of any.
    """

    team: str | None
    agent_id: str | None
    rule_id: str
    rule_fingerprint: str
    title: str
    severity: str
    expected: str
    present: int
    probable: int
    absent: int
    cannot_assess: int
    last_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ReasonCount:
    """In how many calls a rule could not be assessed for a reason, which holds no words of a call."""

    rule_id: str
    title: str
    reason: str
    calls: int


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionCount:
    """How many calls a version of a rule judged; the times are of the first and the last, None where unknown."""

    rule_id: str
    fingerprint: str
    calls: int
    first_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class CallCounts:
    """How many calls there are, and why some are in no count.

    Attributes:
        judged: Calls with the outcome of at least one rule.
        not_scored: Calls without a score.
        without_start: Calls of unknown start, which are in no period; 0 where all of time was asked for.
    """

    calls: int
    judged: int
    not_scored: int
    without_start: int


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleOutcome:
    """One rule's outcome on one call, with the time of its first evidence.

    Attributes:
        quotes: How many quotes prove it. All three are 0 where nothing has to: absent, unknown, or a matter of the
            call's own time or figures.
        stretches: How many parts of the call without words prove it.
        earlier_calls: How many earlier calls prove it.
    """

    call_id: str
    started_at: datetime | None
    agent_id: str | None
    team: str | None
    rule_id: str
    title: str
    severity: str
    expected: str
    kind: str
    probable: bool
    start_ms: int | None
    reason: str | None
    quotes: int = 0
    stretches: int = 0
    earlier_calls: int = 0


def index_findings(connection: Connection, call_id: str, facts_key: str) -> None:
    """Make the findings that a score rests on the ones that are counted for its call."""
    connection.execute(findings.delete().where(findings.c.call_id == call_id))
    keys = get_step(connection, facts_key, FactKeys)
    found = get_step(connection, keys.findings, CallFindings) if keys else None
    rows = [_row(call_id, finding) for finding in (found.findings if found else ())]
    if rows:
        _know_versions(connection, found.findings if found else ())
        connection.execute(findings.insert(), rows)


def count_outcomes(
    connection: Connection, asked: AskedCalls, *, by: Sequence[str] = (), rule_id: str | None = None
) -> list[OutcomeCount]:
    """Return how many calls had which outcome, by rule version.

    Args:
        connection: Where to read.
        asked: Which calls.
        by: ``team``, ``agent_id``, both or neither: by what to count apart.
        rule_id: Only this rule.
    """
    found = findings.c
    subject = [recordings.c[name] for name in by]
    present = found.kind == FindingKind.PRESENT.value
    counted = (
        select(
            *(*subject, found.version_key, _how_many(present), _how_many(and_(present, found.probable.is_(True)))),
            _how_many(found.kind == FindingKind.ABSENT.value),
            _how_many(found.kind == FindingKind.CANNOT_ASSESS.value),
            func.max(recordings.c.started_at),
        )
        .join_from(recordings, findings, found.call_id == recordings.c.call_id)
        .where(*calls_asked_for(asked), *_of_rule(rule_id))
        .group_by(*subject, found.version_key)
    )
    named = {row.pop("version_key"): row for row in map(dict, connection.execute(select(rule_versions)).mappings())}
    counts = []
    for *names, key, said, probable, absent, unknown, last_at in connection.execute(counted):
        row: dict[str, Any] = {"team": None, "agent_id": None, **dict(zip(by, names, strict=True)), **named[key]}
        row["last_at"] = last_at
        figures = {"present": said, "probable": probable, "absent": absent, "cannot_assess": unknown}
        counts.append(OutcomeCount(**row | {name: int(n) for name, n in figures.items()}))
    return counts


def count_reasons(connection: Connection, asked: AskedCalls, *, rule_id: str | None = None) -> list[ReasonCount]:
    """Return why rules could not be assessed, the most frequent first."""
    found, version = findings.c, rule_versions.c
    counted = (
        select(version.rule_id, func.max(version.title).label("title"), found.reason, func.count().label("calls"))
        .join_from(recordings, findings, found.call_id == recordings.c.call_id)
        .join(rule_versions, version.version_key == found.version_key)
        .where(*calls_asked_for(asked), *_of_rule(rule_id), found.kind == FindingKind.CANNOT_ASSESS.value)
        .group_by(version.rule_id, found.reason)
    )
    reasons = [ReasonCount(**row) for row in connection.execute(counted).mappings()]
    return sorted(reasons, key=lambda line: (-line.calls, line.rule_id, line.reason))


def count_versions(connection: Connection, asked: AskedCalls, rule_ids: Iterable[str]) -> list[VersionCount]:
    """Return which versions of some rules judged, from when to when; by rule, then by time, the unknown first."""
    found, version = findings.c, rule_versions.c
    first = func.min(recordings.c.started_at).label("first_at")
    counted = (
        select(
            *(version.rule_id, version.rule_fingerprint.label("fingerprint"), func.count().label("calls"), first),
            func.max(recordings.c.started_at).label("last_at"),
        )
        .join_from(recordings, findings, found.call_id == recordings.c.call_id)
        .join(rule_versions, version.version_key == found.version_key)
        .where(*calls_asked_for(asked), version.rule_id.in_(list(rule_ids)))
        .group_by(version.rule_id, version.rule_fingerprint)
    )
    versions = [VersionCount(**row) for row in connection.execute(counted).mappings()]
    return sorted(versions, key=lambda v: (v.rule_id, v.first_at is not None, str(v.first_at), v.fingerprint))


def count_calls(connection: Connection, asked: AskedCalls) -> CallCounts:
    """Return how many calls there are to count, and how many are left out."""
    call = recordings.c
    judged = exists().where(findings.c.call_id == call.call_id)
    scored = exists().where(current_scores.c.call_id == call.call_id)
    row = connection.execute(
        select(
            func.count(),
            func.coalesce(func.sum(case((judged, 1), else_=0)), 0),
            func.coalesce(func.sum(case((scored, 0), else_=1)), 0),
        )
        .select_from(recordings)
        .where(*calls_asked_for(asked))
    ).one()
    unknown = select(func.count()).select_from(recordings).where(call.started_at.is_(None), *_of_subject(asked))
    without_start = connection.scalar(unknown) or 0
    calls, with_outcomes, not_scored = (int(n) for n in row)
    return CallCounts(
        calls=calls,
        judged=with_outcomes,
        not_scored=not_scored,
        without_start=without_start if asked.dated else 0,
    )


def list_outcomes(
    connection: Connection, asked: AskedCalls, *, rule_id: str | None = None, limit: int | None = None
) -> list[RuleOutcome]:
    """Return violations, and what could not be assessed, by time: the calls that a person should look at."""
    call, found, version = recordings.c, findings.c, rule_versions.c
    statement = (
        select(
            *(call.call_id, call.started_at, call.agent_id, call.team),
            *(version.rule_id, version.title, version.severity, version.expected),
            *(found.kind, found.probable, found.start_ms, found.reason),
        )
        .join(findings, found.call_id == call.call_id)
        .join(rule_versions, version.version_key == found.version_key)
        .where(*calls_asked_for(asked), or_(is_violation(), found.kind == FindingKind.CANNOT_ASSESS.value))
        .order_by(call.started_at.is_(None), call.started_at, call.call_id, version.rule_id)
        .limit(limit)
    )
    if rule_id is not None:
        statement = statement.where(version.rule_id == rule_id)
    listed = [RuleOutcome(**row) for row in connection.execute(statement).mappings()]
    proved = {outcome.call_id for outcome in listed if outcome.kind == FindingKind.PRESENT.value}
    proofs = {call_id: current_findings(connection, call_id) for call_id in proved}
    return [_with_proof(outcome, proofs.get(outcome.call_id, {})) for outcome in listed]


def is_violation() -> ColumnElement[bool]:
    """Return what a finding and its rule's version are where the rule was broken."""
    expected, kind = rule_versions.c.expected, findings.c.kind
    return or_(
        and_(expected == Expectation.PRESENT.value, kind == FindingKind.ABSENT.value),
        and_(expected == Expectation.ABSENT.value, kind == FindingKind.PRESENT.value),
    )


def known_rules(connection: Connection) -> Sequence[str]:
    """Return the ids of all rules that a call was ever judged by."""
    return connection.scalars(select(rule_versions.c.rule_id).distinct().order_by(rule_versions.c.rule_id)).all()


def known_subjects(connection: Connection, what: str) -> Sequence[str]:
    """Return all agents (``agent``) or all teams (``team``) that calls name."""
    column = recordings.c.agent_id if what == "agent" else recordings.c.team
    return connection.scalars(select(column).where(column.is_not(None)).distinct().order_by(column)).all()


def without_words(reason: str) -> str:
    """Return a reason without quoted words and figures, so that it can be grouped and shown to anybody."""
    return _FIGURE.sub("…", _QUOTED.sub("…", reason))


def current_findings(connection: Connection, call_id: str) -> dict[str, Finding]:
    """Return what the current score of a call rests on, by rule."""
    current = select(scores.c.facts_key).join(current_scores, current_scores.c.score_id == scores.c.score_id)
    facts_key = connection.scalar(current.where(current_scores.c.call_id == call_id))
    keys = get_step(connection, facts_key, FactKeys) if facts_key else None
    found = get_step(connection, keys.findings, CallFindings) if keys else None
    return {finding.rule_id: finding for finding in (found.findings if found else ())}


def _with_proof(outcome: RuleOutcome, proofs: Mapping[str, Finding]) -> RuleOutcome:
    finding = proofs.get(outcome.rule_id)
    if finding is None or outcome.kind != FindingKind.PRESENT.value:
        return outcome
    return replace(
        outcome,
        quotes=len(finding.evidence),
        stretches=len(finding.stretches),
        earlier_calls=len(finding.calls),
    )


def calls_asked_for(asked: AskedCalls) -> list[ColumnElement[bool]]:
    """Return what a recording must be to be counted."""
    bounds = _of_subject(asked)
    if asked.since is not None:
        bounds.append(recordings.c.started_at >= asked.since)
    if asked.before is not None:
        bounds.append(recordings.c.started_at < asked.before)
    if asked.undated:
        bounds.append(recordings.c.started_at.is_(None))
    return bounds


def _of_rule(rule_id: str | None) -> list[ColumnElement[bool]]:
    if rule_id is None:
        return []
    versions = select(rule_versions.c.version_key).where(rule_versions.c.rule_id == rule_id)
    return [findings.c.version_key.in_(versions)]


def _how_many(holds: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((holds, 1), else_=0))


def _of_subject(asked: AskedCalls) -> list[ColumnElement[bool]]:
    call, scope = recordings.c, asked.scope
    wanted = ((call.agent_id, asked.agent), (call.team, asked.team), (call.queue, asked.queue))
    bounds: list[ColumnElement[bool]] = [column == value for column, value in wanted if value is not None]
    if scope.agent_id is not None:
        bounds.append(call.agent_id == scope.agent_id)
    if scope.teams is not None:
        bounds.append(call.team.in_(scope.teams))
    return bounds


def _know_versions(connection: Connection, found: Iterable[Finding]) -> None:
    versions = {_version_key(finding): finding for finding in found}
    of_these = rule_versions.c.version_key.in_(list(versions))
    known = set(connection.scalars(select(rule_versions.c.version_key).where(of_these)))
    for key in sorted(versions.keys() - known):  # in order: two writers wait for each other only one way
        insert_new(connection, rule_versions, {"version_key": key, **_named(versions[key])})


def _row(call_id: str, finding: Finding) -> dict[str, Any]:
    places: list[Evidence | Span] = [*finding.evidence, *finding.stretches]
    first = places[0] if places else None
    unknown = finding.kind is FindingKind.CANNOT_ASSESS
    return {
        "call_id": call_id,
        "version_key": _version_key(finding),
        "kind": finding.kind.value,
        "probable": finding.probable,
        "start_ms": first.start_ms if first else None,
        "end_ms": first.end_ms if first else None,
        "reason": without_words(finding.reason) if unknown else None,
    }


def _version_key(finding: Finding) -> int:
    """Return a number for what a rule was: 63 bits of a hash, so that any process gives the same one."""
    return int.from_bytes(hashlib.sha256(canonical_json(_named(finding)).encode()).digest()[:8], "big") >> 1


def _named(finding: Finding) -> dict[str, str]:
    return {
        "rule_id": finding.rule_id,
        "rule_fingerprint": finding.rule_fingerprint,
        "title": finding.title,
        "severity": finding.severity.value,
        "expected": finding.expected.value,
    }
