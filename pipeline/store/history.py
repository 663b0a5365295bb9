"""The earlier calls of a call's customer, and what each call tells to those after it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, or_, select, union

from pipeline.records import (
    CallHistory,
    EarlierCall,
    EarlierRequest,
    FindingKind,
    Heard,
    HistoryNeeds,
    Recording,
    customer_of,
    field_of,
)
from pipeline.store.calls import recording_of
from pipeline.store.tables import heard_calls, heard_rules, recordings
from pipeline.store.upsert import insert_or_replace

MOST_CALLS = 200
"""So many of the latest earlier calls are looked at: nobody is called as often, but a reference may be a catch-all."""

_IDS_AT_ONCE = 500
_MARGIN = timedelta(hours=2)  # a day on which clocks are put back is longer
_call = recordings.c


def read_history(connection: Connection, recording: Recording, needs: HistoryNeeds) -> CallHistory:
    """Return what rules may know of the calls of the same customer before this one.

    Of two calls that began at the same instant the one with the lesser id is the earlier. Nothing is returned for a
    call whose customer or time is not known.
    """
    customer, started_at = customer_of(recording.customer_ref), recording.started_at
    if customer is None or started_at is None:
        return CallHistory()
    same_time = and_(_call.started_at == started_at, _call.call_id < recording.call_id)
    before = and_(_call.customer_ref == customer, or_(_call.started_at < started_at, same_time))
    undated = and_(_call.customer_ref == customer, _call.started_at.is_(None))
    calls: list[EarlierCall] = []
    whole = True
    if needs.days:
        recent = and_(before, _call.started_at >= since(started_at, needs))
        for which in (recent, undated):
            latest_first = calls_where(which).order_by(_call.started_at.desc(), _call.call_id.desc())
            found = connection.execute(latest_first.limit(MOST_CALLS + 1)).all()
            whole &= len(found) <= MOST_CALLS
            calls += [earlier_call(row, needs) for row in found[:MOST_CALLS]]
    requests = {rule: _request(connection, rule, before, undated) for rule in needs.rules}
    return CallHistory(calls=tuple(calls), whole=whole, requests=requests)


def put_heard(connection: Connection, recording: Recording, heard: Heard) -> None:
    """Keep what a call tells to later ones, in place of what was kept; the call has been taken in."""
    call_id = recording.call_id
    row = {"call_id": call_id, "customer_ref": recording.customer_ref, "reply_words": heard.reply_words}
    insert_or_replace(connection, heard_calls, {**row, "checks": heard.checks, "judged": heard.judged})
    connection.execute(
        delete(heard_rules).where(heard_rules.c.call_id == call_id, heard_rules.c.rule_id.not_in(heard.outcomes))
    )
    for rule, kind in heard.outcomes.items():
        insert_or_replace(connection, heard_rules, {"call_id": call_id, "rule_id": rule, "kind": kind.value})


def in_order_of_time(connection: Connection, call_ids: Sequence[str]) -> list[tuple[str, str | None]]:
    """Return calls in order of time with their customers, None where nobody knows; those of unknown time come last."""
    found: list[tuple[bool, datetime | None, str, str | None]] = []
    for some in _batches(call_ids):
        rows = connection.execute(
            select(_call.call_id, _call.started_at, _call.customer_ref).where(_call.call_id.in_(some))
        )
        found += [(row.started_at is None, row.started_at, row.call_id, customer_of(row.customer_ref)) for row in rows]
    return [(call_id, customer) for _, _, call_id, customer in sorted(found, key=lambda row: row[:3])]


def customers_of(connection: Connection, call_ids: Sequence[str]) -> set[str]:
    """Return the customers of some calls: those that they have now, and those that they had when last processed."""
    found: set[str] = set()
    for some in _batches(call_ids):
        now = select(_call.customer_ref).where(_call.call_id.in_(some))
        then = select(heard_calls.c.customer_ref).where(heard_calls.c.call_id.in_(some))
        found |= {ref for ref in connection.scalars(union(now, then)) if customer_of(ref) is not None}
    return found


def since(started_at: datetime, needs: HistoryNeeds) -> datetime:
    """Return the time before which no call can be within the days that were asked for, wherever the customer is."""
    return started_at - timedelta(days=needs.days) - _MARGIN


def calls_where(which: ColumnElement[bool]) -> Select[Any]:
    """Return a statement that reads recordings, with what they tell to later calls."""
    told = heard_calls.c
    return (
        select(recordings, told.reply_words, told.checks, told.judged)
        .outerjoin(heard_calls, told.call_id == _call.call_id)
        .where(which)
    )


def earlier_call(row: Any, needs: HistoryNeeds) -> EarlierCall:
    """Return what may be known of a call, from a row of `calls_where`."""
    recording = recording_of(row)
    known = {name: value for name in needs.fields if (value := field_of(recording, name)) is not None}
    return EarlierCall(
        call_id=row.call_id,
        started_at=row.started_at,
        direction=row.direction,
        reply_words=row.reply_words,
        metadata=known,
    )


def _request(
    connection: Connection, rule: str, before: ColumnElement[bool], undated: ColumnElement[bool]
) -> EarlierRequest:
    told = heard_rules.c
    calls = select(_call.call_id, _call.started_at).outerjoin(
        heard_rules, and_(told.call_id == _call.call_id, told.rule_id == rule)
    )
    unsure = or_(told.kind.is_(None), told.kind == FindingKind.CANNOT_ASSESS.value)
    maybe = or_(told.kind.is_(None), told.kind != FindingKind.ABSENT.value)

    def first(which: ColumnElement[bool]) -> tuple[str | None, datetime | None]:
        row = connection.execute(calls.where(which).order_by(_call.started_at, _call.call_id).limit(1)).first()
        return (row.call_id, row.started_at) if row else (None, None)

    asked, asked_at = first(and_(before, told.kind == FindingKind.PRESENT.value))
    doubt, doubt_at = first(and_(undated, maybe))
    if doubt is None:
        doubt, doubt_at = first(and_(before, unsure))
    return EarlierRequest(first=asked, first_at=asked_at, unsure=doubt, unsure_at=doubt_at)


def _batches(call_ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(call_ids), _IDS_AT_ONCE):
        yield call_ids[first : first + _IDS_AT_ONCE]
