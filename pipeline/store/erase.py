"""Take everything of a call out of the database: every table that names the call, or a row of such a table.

Which tables these are is read from their columns and foreign keys, so that a new table is covered when it is made.
What names calls in another way stands here by name; what is kept, and why, in ``KEPT``. A test holds all tables to it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, false, func, or_, select, text, update

from pipeline.canonical import canonical_json
from pipeline.records import NO_SOUND
from pipeline.store.console_tables import (
    coaching_items,
    coaching_session_items,
    coaching_sessions,
    searchable_calls,
    stale_searches,
    webhook_deliveries,
)
from pipeline.store.kpi_tables import phone_calls, surveys
from pipeline.store.old_calls import external_ids
from pipeline.store.search_index import TURN_INDEX, forget_call
from pipeline.store.search_sql import of_call
from pipeline.store.tables import calibration_sessions, files, metadata, recordings, session_closings

KEPT: Mapping[str, str] = {
    "api_tokens": "of people",
    "at_rest_keys": "names of keys",
    "audit_log": "who did what to which call id, without words of calls: to take entries out would break its chain",
    "contact_reasons": "what several calls have in common; the phrases are words that many calls share",
    "deleted_calls": "the keyed hash of the call's sound, so that it cannot come back unnoticed",
    "deletion_files": "files that are still to go; emptied when they are gone",
    "deletion_keys": "the key of these hashes",
    "deletion_records": "counts, no calls",
    "failed_sign_ins": "of people",
    "kpi_imports": "names of imported files",
    "legal_holds": "a hold that was lifted, with what it was about, proves that it was kept to",
    "phone_days": "sums of an agent's days",
    "rule_versions": "of rules",
    "saved_views": "filters that somebody saved",
    "sent_digests": "addresses of digests",
    "trust_versions": "figures learnt from many answers",
    "users": "of people",
    "web_sessions": "of people",
    "webhooks": "addresses",
}

BY_NAME = {
    "calibration_sessions": "the call is taken out of its list; a session without any other call goes",
    "coaching_acknowledgements": "stays with its session",
    "coaching_sessions": "notes and action are blanked where no other call is left that it rests on",
    "phone_calls": "by the call's id, else by its agent and time",
    "session_closings": "goes with its session",
    "surveys": "by the call's id",
    "webhook_deliveries": "by the call's id in the payload",
}

BLANKED = "deleted with the calls that it was about"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Call:
    call_id: str
    refs: tuple[str, ...]
    agent_id: str | None
    started_at: datetime | None
    within: timedelta


def reached_tables() -> tuple[Table, ...]:
    """Return the tables whose rows belong to calls, in the order in which rows can be deleted."""
    return tuple(table for table in reversed(metadata.sorted_tables) if _reached(table))


def erase_call(connection: Connection, call_id: str, *, match_within_s: float) -> dict[str, int]:
    """Delete a call from every table and return how many rows that were, by table; 0 rows are left out.

    Args:
        connection: A transaction that writes; whoever calls has asked for holds in it.
        call_id: The whole id.
        match_within_s: How near to it a call of the telephone system without a known id begins.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")  # what is freed is written over with zeros
    call = _known(connection, call_id, timedelta(seconds=match_within_s))
    counts: Counter[str] = Counter()
    counts[TURN_INDEX] = turn_count(connection, [call_id])
    for table in (searchable_calls, stale_searches):  # which go with the index
        counts[table.name] = _count(connection, table, [call_id])
    forget_call(connection, call_id)
    sessions = list(connection.scalars(_coaching_sessions_of(call_id)))
    counts["calibration_sessions"] = _out_of_calibration(connection, call_id, delete_empty=False)
    for table, condition in _told_elsewhere(call).items():
        counts[table.name] = connection.execute(delete(table).where(condition)).rowcount
    for table in reached_tables():
        counts[table.name] += connection.execute(delete(table).where(belongs(table, [call_id]))).rowcount
    counts["coaching_sessions"] = _blank(connection, sessions)
    _out_of_calibration(connection, call_id, delete_empty=True)
    return {name: count for name, count in sorted(counts.items()) if count}


def erase_media(connection: Connection, call_id: str) -> dict[str, int]:
    """Forget which files hold a call whose sound goes; everything that was made of it stays. Returns rows by table.

    Nothing names a place of its sound any more, so that it cannot be heard where somebody puts the file back.
    """
    connection.execute(update(recordings).where(recordings.c.call_id == call_id).values(media_uri=NO_SOUND))
    count = connection.execute(delete(files).where(files.c.call_id == call_id)).rowcount
    return {"files": count} if count else {}


def count_rows(connection: Connection, call_ids: Sequence[str]) -> dict[str, int]:
    """Return how many rows of each table belong to some calls, for a plan; what is found by name is not counted."""
    counts = {table.name: _count(connection, table, call_ids) for table in reached_tables()}
    counts[TURN_INDEX] = turn_count(connection, call_ids)
    return {name: count for name, count in sorted(counts.items()) if count}


def turn_count(connection: Connection, call_ids: Sequence[str]) -> int:
    """Return how many turns of calls search knows."""
    numbers = list(
        connection.scalars(select(searchable_calls.c.number).where(searchable_calls.c.call_id.in_(call_ids)))
    )
    counted = text(f"SELECT count(*) FROM {TURN_INDEX} WHERE {of_call(connection, ':number')}")  # noqa: S608
    return sum(connection.scalar(counted, {"number": number}) or 0 for number in numbers)


def _count(connection: Connection, table: Table, call_ids: Sequence[str]) -> int:
    return connection.scalar(select(func.count()).select_from(table).where(belongs(table, call_ids))) or 0


def _reached(table: Table) -> bool:
    if table.name in KEPT or table.name in BY_NAME:
        return False
    return "call_id" in table.c or any(_reached(key.column.table) for key in table.foreign_keys)


def belongs(table: Table, call_ids: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a row of a reached table belongs to one of some calls."""
    if "call_id" in table.c:
        return table.c.call_id.in_(call_ids)
    through: list[ColumnElement[bool]] = [
        key.parent.in_(select(key.column).where(belongs(key.column.table, call_ids)))
        for key in table.foreign_keys
        if _reached(key.column.table)
    ]
    return or_(false(), *through)


def told_elsewhere(connection: Connection, call_id: str, *, match_within_s: float) -> dict[Table, ColumnElement[bool]]:
    """Return by table which rows name a call otherwise than by a foreign key: telephone figures, surveys, deliveries.

    Args:
        connection: Where to read.
        call_id: The whole id.
        match_within_s: How near to it a call of the telephone system without a known id begins.
    """
    return _told_elsewhere(_known(connection, call_id, timedelta(seconds=match_within_s), hold=False))


def _told_elsewhere(call: _Call) -> dict[Table, ColumnElement[bool]]:
    return {webhook_deliveries: _told_of(call.call_id), phone_calls: _phoned(call), surveys: _of(call)}


def _known(connection: Connection, call_id: str, within: timedelta, *, hold: bool = True) -> _Call:
    column = recordings.c
    wanted = select(column.agent_id, column.started_at).where(column.call_id == call_id)
    # where it is held nobody adds rows to the call any more
    row = connection.execute(wanted.with_for_update() if hold else wanted).one()
    return _Call(
        call_id=call_id,
        refs=external_ids(connection, call_id),
        agent_id=row.agent_id,
        started_at=row.started_at,
        within=within,
    )


def _told_of(call_id: str) -> ColumnElement[bool]:
    return webhook_deliveries.c.payload.contains(f'"call_id":{json.dumps(call_id)}', autoescape=True)


def _of(call: _Call) -> ColumnElement[bool]:
    return surveys.c.call_ref.in_(call.refs)


def _phoned(call: _Call) -> ColumnElement[bool]:
    phone = phone_calls.c
    by_id = phone.call_ref.in_(call.refs)
    if call.agent_id is None or call.started_at is None:
        return by_id
    near = phone.started_at.between(call.started_at - call.within, call.started_at + call.within)
    return or_(by_id, and_(phone.call_ref.is_(None), phone.agent_id == call.agent_id, near))


def _coaching_sessions_of(call_id: str) -> Any:
    item = coaching_session_items.c
    of_call = select(coaching_items.c.item_id).where(coaching_items.c.call_id == call_id)
    return select(item.session_id).where(item.item_id.in_(of_call)).distinct().order_by(item.session_id)


def _blank(connection: Connection, session_ids: Sequence[str]) -> int:
    """Take the words out of coaching sessions that rest on no call any more; the sessions themselves took place."""
    column = coaching_sessions.c
    without = (
        ~select(coaching_session_items.c.item_id)
        .where(coaching_session_items.c.session_id == column.session_id)
        .exists()
    )
    blanked = update(coaching_sessions).where(column.session_id.in_(session_ids), without)
    return connection.execute(blanked.values(notes=BLANKED, action=BLANKED)).rowcount


def _out_of_calibration(connection: Connection, call_id: str, *, delete_empty: bool) -> int:
    """Take a call out of the lists of calibration sessions; those without any call go once their answers are gone."""
    column = calibration_sessions.c
    if delete_empty:
        empty = list(connection.scalars(select(column.session_id).where(column.calls == "[]")))
        connection.execute(delete(session_closings).where(session_closings.c.session_id.in_(empty)))
        return connection.execute(delete(calibration_sessions).where(column.session_id.in_(empty))).rowcount
    named = column.calls.contains(json.dumps(call_id), autoescape=True)
    changed = 0
    for row in connection.execute(select(column.session_id, column.calls).where(named)).all():
        left = [each for each in json.loads(row.calls) if each["call_id"] != call_id]
        this = update(calibration_sessions).where(column.session_id == row.session_id)
        changed += connection.execute(this.values(calls=canonical_json(left))).rowcount
    return changed
