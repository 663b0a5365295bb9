"""The calls behind a figure of adherence: which they are, newest first, and what was found in some of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, or_, select

from pipeline.records import Expectation, Finding, FindingKind
from pipeline.store.findings import AskedCalls, calls_asked_for, current_findings, is_violation
from pipeline.store.keyset import By, part
from pipeline.store.tables import findings, recordings, rule_versions


class Outcome(StrEnum):
    """Which outcomes of a rule are wanted."""

    VIOLATED = "violated"
    UNKNOWN = "unknown"
    BOTH = "both"
    PRESENT = "present"


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundInCall:
    """One rule's outcome on one call, as it is indexed; ``start_ms`` is None where no place proves it."""

    call_id: str
    started_at: datetime | None
    agent_id: str | None
    team: str | None
    queue: str | None
    rule_id: str
    title: str
    severity: str
    expected: str
    kind: str
    probable: bool
    start_ms: int | None
    end_ms: int | None
    reason: str | None

    @property
    def violated(self) -> bool:
        """Whether the rule was broken."""
        is_known = self.kind != FindingKind.CANNOT_ASSESS.value and self.expected != Expectation.SIGNAL.value
        return is_known and self.kind != self.expected


def calls_with_outcome(
    connection: Connection, asked: AskedCalls, rule_ids: Sequence[str], outcome: Outcome, *, limit: int
) -> list[str]:
    """Return the ids of calls in which one of some rules had an outcome, the newest first, each once.

    It looks at every call of the period where the outcome is rare.
    """
    call = recordings.c
    statement = (
        _select(asked, outcome, call.call_id)
        .where(rule_versions.c.rule_id.in_(list(rule_ids)))
        .order_by(call.started_at.is_(None), call.started_at.desc(), call.call_id)
        .distinct()
        .add_columns(call.started_at.is_(None), call.started_at)
        .limit(limit)
    )
    return [row[0] for row in connection.execute(statement)]


def outcomes_of_calls(
    connection: Connection, asked: AskedCalls, call_ids: Sequence[str], rule_id: str, outcome: Outcome
) -> list[FoundInCall]:
    """Return a rule's outcome on some calls, in their order; those that have it no more are left out."""
    statement = _select(asked, outcome, *_columns()).where(
        recordings.c.call_id.in_(list(call_ids)), rule_versions.c.rule_id == rule_id
    )
    found = {row["call_id"]: FoundInCall(**row) for row in connection.execute(statement).mappings()}
    return [found[call_id] for call_id in call_ids if call_id in found]


def every_outcome(
    connection: Connection, asked: AskedCalls, rule_ids: Sequence[str], outcome: Outcome, *, limit: int
) -> Iterator[FoundInCall]:
    """Yield the outcomes of some rules, by time and call."""
    call = recordings.c
    statement = (
        _select(asked, outcome, *_columns())
        .where(rule_versions.c.rule_id.in_(list(rule_ids)))
        .order_by(call.started_at.is_(None), call.started_at, call.call_id, rule_versions.c.rule_id)
        .limit(limit)
    )
    for row in connection.execute(statement).mappings():
        yield FoundInCall(**row)


def part_of_outcomes(
    connection: Connection,
    asked: AskedCalls,
    rule_id: str | None,
    outcome: Outcome,
    *,
    after: tuple[Any, ...] | None,
    limit: int,
) -> list[FoundInCall]:
    """Return a part of the outcomes by time, call and rule; the key is these three."""
    call, rule = recordings.c, rule_versions.c.rule_id
    chosen = _select(asked, outcome, *_columns())
    if rule_id is not None:
        chosen = chosen.where(rule == rule_id)
    order = (By(column=call.started_at, nullable=True), By(column=call.call_id), By(column=rule))
    rows = connection.execute(part(chosen, order, after=after, limit=limit)).mappings()
    return [FoundInCall(**row) for row in rows]


def proof_of(connection: Connection, call_id: str, rule_id: str) -> Finding | None:
    """Return what a call's current score rests on for a rule, with quotes; None where that rule is not in it."""
    return current_findings(connection, call_id).get(rule_id)


def _columns() -> tuple[Any, ...]:
    call, found, version = recordings.c, findings.c, rule_versions.c
    return (
        *(call.call_id, call.started_at, call.agent_id, call.team, call.queue),
        *(version.rule_id, version.title, version.severity, version.expected),
        *(found.kind, found.probable, found.start_ms, found.end_ms, found.reason),
    )


def _select(asked: AskedCalls, outcome: Outcome, *columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(recordings)
        .join(findings, findings.c.call_id == recordings.c.call_id)
        .join(rule_versions, rule_versions.c.version_key == findings.c.version_key)
        .where(*calls_asked_for(asked), _is(outcome))
    )


def _is(outcome: Outcome) -> ColumnElement[bool]:
    unknown = findings.c.kind == FindingKind.CANNOT_ASSESS.value
    return {
        Outcome.VIOLATED: is_violation(),
        Outcome.UNKNOWN: unknown,
        Outcome.BOTH: or_(is_violation(), unknown),
        Outcome.PRESENT: findings.c.kind == FindingKind.PRESENT.value,
    }[outcome]
