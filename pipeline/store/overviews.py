"""Overviews: one row per call to list from. Derived; `pipeline.reviewing.overviews` makes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, FromClause, Select, and_, delete, false, func, or_, select, true

from pipeline.canonical import from_json, to_json
from pipeline.records import QueueKind, Scope, Severity
from pipeline.store.calls import CallStatus
from pipeline.store.console_tables import call_overview_flags, call_overviews
from pipeline.store.contact_reason_tables import call_reasons
from pipeline.store.keyset import By, behind
from pipeline.store.wanted_calls import in_batches

Order = Literal["queue", "newest", "oldest", "best", "worst"]

KIND_BITS = {QueueKind.FLAGGED: 1, QueueKind.UNANSWERED: 2, QueueKind.SAMPLED: 4}
SEVERITY_NUMBERS = {Severity.CRITICAL: 0, Severity.MAJOR: 1, Severity.MINOR: 2}


@dataclass(frozen=True, kw_only=True, slots=True)
class OverviewReason:
    """Why a call waits for a person, without words of the call."""

    kind: QueueKind
    subject: str
    criterion_id: str | None = None
    severity: Severity | None = None
    critical: bool = False
    reviewer: str | None = None
    reopened: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class CallOverview:
    """What lists show of a call.

    Attributes:
        machine_share: Total of the current score as the machine made it, 0..1.
        share: The same with people's answers; ``passed`` goes by it.
        reviewed: Whether a person answered anything about the call, blind sessions aside.
        flags: Codes of the current score's open flags, each once.
        severity: Of the gravest of them.
        place: How grave the first reason is: lower comes first. None: the call does not wait.
        reasons: Why it waits, the weightiest first.
        reviewers: For whom it was drawn, folded; empty: for anybody.
        assigned_to: Whom somebody gave it to, by the name of their account.
    """

    call_id: str
    started_at: datetime | None
    duration_ms: int
    state: CallStatus
    agent_id: str | None = None
    team: str | None = None
    queue: str | None = None
    direction: str | None = None
    score_id: str | None = None
    rubric_id: str | None = None
    machine_share: float | None = None
    share: float | None = None
    passed: bool | None = None
    reviewed: bool = False
    customer_sentiment: float | None = None
    flags: tuple[str, ...] = ()
    severity: Severity | None = None
    waits: bool = False
    place: int | None = None
    waits_since: datetime | None = None
    reasons: tuple[OverviewReason, ...] = ()
    reviewers: tuple[str, ...] = ()
    assigned_to: str | None = None
    open_disputes: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class OverviewFilter:
    """Which calls are meant. None is no bound, and what is unknown is outside every bound.

    Attributes:
        waiting: Only calls of the review queue.
        states: Only calls that stand so.
        flag: Only calls with an open flag of this code.
        reason: Only calls of this contact reason; ``other``: those near none.
        severity: Only calls whose gravest open flag is so grave.
        since: The first instant that counts.
        before: The first instant that does not count any more.
        share_from: The lowest score 0..1, with people's answers; likewise the next three.
        kinds: Only calls that wait for one of these kinds of reason; empty: for any, or none.
        whose: ``mine``: given to ``name``, or drawn for them and given to nobody; ``anybody``: free to be taken;
            ``others``: neither.
        name: Of the account that looks.
        folded_name: The same as names are compared.
        not_of_agents: Without these agents' calls: nobody judges their own.
    """

    waiting: bool = False
    states: tuple[CallStatus, ...] = ()
    agent: str | None = None
    team: str | None = None
    queue: str | None = None
    rubric: str | None = None
    flag: str | None = None
    reason: str | None = None
    severity: Severity | None = None
    since: datetime | None = None
    before: datetime | None = None
    share_from: float | None = None
    share_to: float | None = None
    sentiment_from: float | None = None
    sentiment_to: float | None = None
    kinds: tuple[QueueKind, ...] = ()
    whose: Literal["mine", "anybody", "others"] | None = None
    name: str = ""
    folded_name: str = ""
    not_of_agents: tuple[str, ...] = ()


def in_scope(scope: Scope, of: FromClause = call_overviews) -> ColumnElement[bool]:
    """Return the condition that a call is one that may be seen.

    Args:
        scope: Whose calls may be seen.
        of: A table with ``agent_id`` and ``team``: `call_overviews` or `recordings`.
    """
    bounds: list[ColumnElement[bool]] = [true()]
    if scope.agent_id is not None:
        bounds.append(of.c.agent_id == scope.agent_id if scope.agent_id else false())
    if scope.teams is not None:
        bounds.append(of.c.team.in_(scope.teams))
    return and_(*bounds)


def list_overviews(
    connection: Connection,
    filters: OverviewFilter,
    scope: Scope,
    *,
    order: Order = "newest",
    limit: int,
    offset: int = 0,
    after: tuple[Any, ...] | None = None,
) -> list[CallOverview]:
    """Return calls; what is unknown of that by which they are ordered comes last.

    Args:
        connection: Where to read.
        filters: Which calls are meant.
        scope: Whose calls may be seen.
        order: How they are sorted.
        limit: How many at most.
        offset: How many are left out before them.
        after: Only those behind the call with this key (`order_key`), for lists that go on while calls are added.
    """
    statement = select(call_overviews).where(*_conditions(filters, scope)).order_by(*_ORDERS[order])
    if after is not None:
        statement = statement.where(behind(_KEYS[order], after))
    rows = connection.execute(statement.limit(limit).offset(offset)).mappings()
    return [_overview(dict(row)) for row in rows]


def order_key(call: CallOverview, order: Order) -> tuple[Any, ...]:
    """Return by what a call stands where it does in an order."""
    return tuple(getattr(call, by.column.key or "") for by in _KEYS[order])


def count_overviews(connection: Connection, filters: OverviewFilter, scope: Scope) -> int:
    """Return how many calls those are."""
    counted: Select[Any] = select(func.count()).select_from(call_overviews).where(*_conditions(filters, scope))
    return connection.scalar(counted) or 0


def get_overview(connection: Connection, call_id: str, scope: Scope) -> CallOverview | None:
    """Return a call by its whole id; None where it is not there or may not be seen."""
    statement = select(call_overviews).where(call_overviews.c.call_id == call_id, in_scope(scope))
    row = connection.execute(statement).mappings().first()
    return None if row is None else _overview(dict(row))


def after_in_queue(connection: Connection, filters: OverviewFilter, scope: Scope, seen: CallOverview) -> str | None:
    """Return the first call behind another one, in the order of the queue."""
    call = call_overviews.c
    behind: list[ColumnElement[bool]] = [call.place > seen.place]
    if seen.started_at is None:
        later = and_(call.started_at.is_(None), call.call_id > seen.call_id)
    else:
        at_once = and_(call.started_at == seen.started_at, call.call_id > seen.call_id)
        later = or_(call.started_at > seen.started_at, call.started_at.is_(None), at_once)
    behind.append(and_(call.place == seen.place, later))
    statement = select(call.call_id).where(*_conditions(filters, scope), or_(*behind))
    return connection.scalar(statement.order_by(*_ORDERS["queue"]).limit(1))


def put_overviews(connection: Connection, call_ids: Sequence[str], made: Sequence[CallOverview]) -> None:
    """Put what was made in the place of what is there of these calls."""
    for some in in_batches(call_ids):
        connection.execute(delete(call_overview_flags).where(call_overview_flags.c.call_id.in_(some)))
        connection.execute(delete(call_overviews).where(call_overviews.c.call_id.in_(some)))
    rows = [_row(each) for each in made]
    coded = [{"code": code, "call_id": each.call_id} for each in made for code in each.flags]
    for table, of_table in ((call_overviews, rows), (call_overview_flags, coded)):
        if of_table:
            connection.execute(table.insert(), of_table)


def values_in_use(connection: Connection, column: str, scope: Scope) -> list[str]:
    """Return the agents, teams, queues or rubrics of the calls that may be seen, sorted.

    Args:
        connection: Where to read.
        column: ``agent_id``, ``team``, ``queue`` or ``rubric_id``.
        scope: Whose calls may be seen.
    """
    named = call_overviews.c[column]
    return list(connection.scalars(select(named).where(named.is_not(None), in_scope(scope)).distinct().order_by(named)))


def flag_codes_in_use(connection: Connection, scope: Scope) -> list[str]:
    """Return the codes of open flags of the calls that may be seen, sorted."""
    code = call_overview_flags.c.code
    codes = select(code).distinct().order_by(code)
    if not scope.whole:
        codes = codes.join(call_overviews, _C.call_id == call_overview_flags.c.call_id).where(in_scope(scope))
    return list(connection.scalars(codes))


_C = call_overviews.c
_ORDERS: dict[Order, tuple[ColumnElement[Any], ...]] = {
    "queue": (_C.place, _C.started_at.nulls_last(), _C.call_id),
    "newest": (_C.started_at.desc().nulls_last(), _C.call_id),
    "oldest": (_C.started_at.nulls_last(), _C.call_id),
    "best": (_C.share.desc().nulls_last(), _C.call_id),
    "worst": (_C.share.nulls_last(), _C.call_id),
}

_STARTED, _SHARE, _CALL = (
    By(column=_C.started_at, nullable=True),
    By(column=_C.share, nullable=True),
    By(column=_C.call_id),
)
_KEYS: dict[Order, tuple[By, ...]] = {
    "queue": (By(column=_C.place, nullable=True), _STARTED, _CALL),
    "newest": (By(column=_C.started_at, descending=True, nullable=True), _CALL),
    "oldest": (_STARTED, _CALL),
    "best": (By(column=_C.share, descending=True, nullable=True), _CALL),
    "worst": (_SHARE, _CALL),
}


def _conditions(filters: OverviewFilter, scope: Scope) -> list[ColumnElement[bool]]:
    conditions = [in_scope(scope)]
    for column, value in (
        (_C.agent_id, filters.agent),
        (_C.team, filters.team),
        (_C.queue, filters.queue),
        (_C.rubric_id, filters.rubric),
        (_C.severity, None if filters.severity is None else SEVERITY_NUMBERS[filters.severity]),
    ):
        if value is not None:
            conditions.append(column == value)
    for column, low, high in (
        (_C.share, filters.share_from, filters.share_to),
        (_C.customer_sentiment, filters.sentiment_from, filters.sentiment_to),
    ):
        if low is not None:
            conditions.append(column >= low)
        if high is not None:
            conditions.append(column <= high)
    if filters.since is not None:
        conditions.append(_C.started_at >= filters.since)
    if filters.before is not None:
        conditions.append(_C.started_at < filters.before)
    if filters.states:
        conditions.append(_C.state.in_([state.value for state in filters.states]))
    if filters.flag is not None:
        flagged = call_overview_flags.c
        conditions.append(_C.call_id.in_(select(flagged.call_id).where(flagged.code == filters.flag)))
    if filters.reason is not None:
        told = call_reasons.c
        chosen = told.told_by == "no group near" if filters.reason == "other" else told.reason_id == filters.reason
        conditions.append(_C.call_id.in_(select(told.call_id).where(chosen)))
    return [*conditions, *_waiting(filters)]


def _waiting(filters: OverviewFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.waiting:
        conditions.append(_C.waits.is_(True))
    if filters.kinds:
        conditions.append(_C.kinds.bitwise_and(sum(KIND_BITS[kind] for kind in set(filters.kinds))) != 0)
    if filters.not_of_agents:
        conditions.append(or_(_C.agent_id.is_(None), _C.agent_id.not_in(filters.not_of_agents)))
    free = _C.assigned_to.is_(None)
    # "is not null" stands there for the index of those that are drawn for somebody
    drawn = and_(_C.reviewers.is_not(None), _C.reviewers.contains(f"\n{filters.folded_name}\n", autoescape=True))
    mine = or_(_C.assigned_to == filters.name, and_(free, drawn))
    anybodys = and_(free, _C.reviewers.is_(None))
    if filters.whose is not None:
        which = {"mine": mine, "anybody": anybodys, "others": and_(_not(mine), _not(anybodys))}
        conditions.append(which[filters.whose])
    return conditions


def _not(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return func.coalesce(condition, false()).is_(False)  # unknown is no


def _row(made: CallOverview) -> dict[str, Any]:
    return {
        **{field.name: getattr(made, field.name) for field in fields(made)},
        "state": made.state.value,
        "flags": to_json(made.flags),
        "severity": None if made.severity is None else SEVERITY_NUMBERS[made.severity],
        "reasons": to_json(made.reasons, tuple[OverviewReason, ...]),
        "kinds": sum({KIND_BITS[reason.kind] for reason in made.reasons}),
        "reviewers": "\n" + "\n".join(made.reviewers) + "\n" if made.reviewers else None,
    }


def _overview(row: dict[str, Any]) -> CallOverview:
    del row["kinds"]
    told = {
        "state": CallStatus(row["state"]),
        "flags": tuple(from_json(tuple[str, ...], row["flags"])) if row["flags"] != "[]" else (),
        "severity": None if row["severity"] is None else list(SEVERITY_NUMBERS)[row["severity"]],
        "reasons": from_json(tuple[OverviewReason, ...], row["reasons"]) if row["reasons"] != "[]" else (),
        "reviewers": tuple((row["reviewers"] or "").strip("\n").split("\n")) if row["reviewers"] else (),
    }
    return CallOverview(**{**row, **told})
