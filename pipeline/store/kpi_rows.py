"""What figures are made from: the telephone system's calls and days, surveys, and the recordings that they meet."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Select, Table, func, or_, select

from pipeline.records.kpis import Columns, KnownUntil, KpiRows
from pipeline.store.contact_reason_tables import call_reasons
from pipeline.store.kpi_tables import phone_calls, phone_days, surveys
from pipeline.store.tables import current_scores, recordings, scores

_MARGIN = timedelta(days=1)
_ANSWERED_WITHIN = timedelta(days=90)


def kpi_rows(
    connection: Connection,
    *,
    since: datetime | None = None,
    before: datetime | None = None,
    window_days: float = 0,
    with_phone: bool = True,
) -> KpiRows:
    """Return everything that figures of a period need: some calls before it, and those after it within a window.

    Nothing is bounded by who asks: whether a customer called again is told by calls of other agents and teams.
    `pipeline.kpis.report` leaves out what a scope does not have before it reckons any figure.

    Args:
        connection: Where to read.
        since: The first instant of the period; None for no bound.
        before: The first instant after it.
        window_days: The longest window for repeat contacts.
        with_phone: Whether the telephone system's calls and days and the surveys are wanted, or recordings alone.
    """
    first = since - _MARGIN if since else None
    last = before + timedelta(days=window_days) + _MARGIN if before else None
    phone, recorded = phone_calls.c, recordings.c
    calls = select(*(column for column in phone if column.name != "import_id"))
    calls = calls.where(*_between(phone.started_at, first, last)).order_by(phone.phone_key)
    return KpiRows(
        phone=_columns(connection, calls if with_phone else calls.limit(0)),
        recordings=_recordings(connection, _between(recorded.started_at, first, last)),
        days=_days(connection, first, last) if with_phone else {},
        surveys=_surveys(connection, first, last) if with_phone else {},
        known_until=known_until(connection),
    )


def known_until(connection: Connection) -> KnownUntil:
    """Return how far each source tells what customers did.

    An export that names no customers has them from recordings: then it is as far as both reach.
    """

    def newest(table: Table, *conditions: ColumnElement[bool]) -> datetime | None:
        at = table.c.started_at
        newest_first = select(at).where(at.is_not(None), *conditions).order_by(at.desc()).limit(1)
        found: datetime | None = connection.scalar(newest_first)  # max() would look at every call
        return found

    def of_customers(table: Table) -> datetime | None:
        return newest(table, table.c.customer_ref.is_not(None))

    recorded, told = of_customers(recordings), of_customers(phone_calls)
    if told is None and recorded is not None:  # the export names no customers: the recordings of its calls do
        told = newest(phone_calls)
        told = told and min(told, recorded)
    return KnownUntil(phone=told, recordings=recorded)


def newest_recording_at(connection: Connection) -> datetime | None:
    """Return when the newest recorded call began; None where there is none."""
    found: datetime | None = connection.scalar(select(func.max(recordings.c.started_at)))
    return found


def recorded_agents(connection: Connection) -> frozenset[str]:
    """Return the agents of all recordings."""
    agent = recordings.c.agent_id
    return frozenset(connection.scalars(select(agent).where(agent.is_not(None)).distinct()))


def _recordings(connection: Connection, bounds: list[ColumnElement[bool]]) -> Columns:
    call = recordings.c
    statement = (
        select(
            call.call_id,
            call.agent_id,
            call.team,
            call.queue,
            call.customer_ref,
            call.direction,
            call.started_at,
            call.metadata,
            scores.c.share,
            call_reasons.c.reason_id.label("topic"),
        )
        .outerjoin(current_scores, current_scores.c.call_id == call.call_id)
        .outerjoin(scores, scores.c.score_id == current_scores.c.score_id)
        .outerjoin(call_reasons, call_reasons.c.call_id == call.call_id)
        .where(*bounds)
        .order_by(call.call_id)
    )
    columns = dict(_columns(connection, statement))
    told = columns.pop("metadata")
    columns["external_id"] = [None if text == "{}" else json.loads(text).get("external_id") for text in told]
    return columns


def _days(connection: Connection, first: datetime | None, last: datetime | None) -> Columns:
    day = phone_days.c.day
    bounds = [day >= (first - _MARGIN).date()] if first else []
    bounds += [day <= (last + _MARGIN).date()] if last else []
    statement = select(*(column for column in phone_days.c if column.name != "import_id")).where(*bounds)
    return _columns(connection, statement.order_by(phone_days.c.agent_id, day))


def _surveys(connection: Connection, first: datetime | None, last: datetime | None) -> Columns:
    """Return surveys that may be about calls of a period: they come after their call; some name no time at all."""
    when = func.coalesce(surveys.c.sent_at, surveys.c.answered_at)
    bounds = [or_(when.is_(None), when >= first)] if first else []
    bounds += [or_(when.is_(None), when < last + _ANSWERED_WITHIN)] if last else []
    statement = select(*(column for column in surveys.c if column.name not in ("import_id", "survey_ref")))
    return _columns(connection, statement.where(*bounds).order_by(surveys.c.survey_key))


def _between(at: Column[Any], first: datetime | None, last: datetime | None) -> list[ColumnElement[bool]]:
    """Return the bounds; what has no start time is in no period, but in `all`."""
    bounds: list[ColumnElement[bool]] = [at >= first] if first else []
    return [*bounds, at < last] if last else bounds


def _columns(connection: Connection, statement: Select[Any]) -> Columns:
    found = connection.execute(statement)
    names = tuple(found.keys())
    rows = found.all()
    if not rows:
        return {name: [] for name in names}
    return dict(zip(names, zip(*rows, strict=True), strict=True))
