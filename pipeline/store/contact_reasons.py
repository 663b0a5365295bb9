"""Contact reasons: which there are, which each call has, and the openings of calls as vectors."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, func, insert, select, text, update

from pipeline.canonical import from_json, to_json
from pipeline.errors import NotFoundError, StoreError
from pipeline.records import EVERYTHING, Recording, Scope
from pipeline.store.calls import recording_of
from pipeline.store.contact_reason_tables import call_embeddings, call_reasons, contact_reasons
from pipeline.store.overviews import in_scope
from pipeline.store.stored_facts import payloads
from pipeline.store.tables import current_scores, recordings, scores
from pipeline.store.upsert import insert_statement
from pipeline.store.wanted_calls import in_batches

Kind = Literal["rule", "group"]
ToldBy = Literal["rule", "group", "no group near", "nothing said"]
Field = Literal["queue", "team"]

_ADVISORY_LOCK = 0x65617265736F6E73  # "eareasons", cut to eight bytes: one finds reasons at a time


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """A contact reason.

    Attributes:
        label: A rule's title, or the phrases that set a group apart.
        name: What somebody called it; None where nobody has.
        phrases: Of a group, the strongest first.
        centre: Of a group, as `pipeline.contact_reasons.vectors` keeps vectors; None for a rule.
        in_use: Whether calls are told by it now.
    """

    reason_id: str
    kind: Kind
    label: str
    name: str | None = None
    phrases: tuple[str, ...] = ()
    centre: bytes | None = None
    in_use: bool = True

    @property
    def title(self) -> str:
        """How it is called."""
        return self.name or self.label


@dataclass(frozen=True, kw_only=True, slots=True)
class HeardCall:
    """A scored call, and under which key the transcript is stored that it was scored on."""

    recording: Recording
    transcript_key: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CallEmbedding:
    """What the beginning of a call gave; the attributes are the columns of `call_embeddings`."""

    call_id: str
    made_from: str
    vector: bytes | None
    rules_key: str
    rule_id: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class CallReason:
    """The reason of a call; ``reason_id`` is None where it has none that is known."""

    call_id: str
    reason_id: str | None
    told_by: ToldBy
    similarity: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CallOfReason:
    """A call of a reason; ``similarity`` is None where a rule told it, or there are no groups."""

    call_id: str
    started_at: datetime | None
    queue: str | None
    team: str | None
    similarity: float | None


def one_at_a_time(connection: Connection) -> None:
    """Wait until nobody else finds reasons: on SQLite whoever writes is alone already."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})


def heard_calls(connection: Connection, call_ids: Sequence[str] | None = None) -> Iterator[HeardCall]:
    """Yield the calls with a current score, by their ids.

    Args:
        connection: Where to read.
        call_ids: Only these; None for all.
    """
    statement = (
        select(recordings, scores.c.facts_key)
        .join(current_scores, current_scores.c.call_id == recordings.c.call_id)
        .join(scores, scores.c.score_id == current_scores.c.score_id)
        .order_by(recordings.c.call_id)
    )
    wanted = [statement]
    if call_ids is not None:
        wanted = [statement.where(recordings.c.call_id.in_(some)) for some in in_batches(call_ids)]
    for each in wanted:
        rows = connection.execute(each).all()
        for some in in_batches(rows):
            facts = payloads(connection, [row.facts_key for row in some])
            for row in some:
                if row.facts_key in facts:
                    key = _transcript_key(facts[row.facts_key], row.facts_key)
                    yield HeardCall(recording=recording_of(row), transcript_key=key)


def embeddings(connection: Connection, call_ids: Collection[str] | None = None) -> list[CallEmbedding]:
    """Return what is kept of calls, by their ids; None for all."""
    statement = select(call_embeddings).order_by(call_embeddings.c.call_id)
    if call_ids is None:
        return [CallEmbedding(**row) for row in connection.execute(statement).mappings()]
    return [
        CallEmbedding(**row)
        for some in in_batches(sorted(call_ids))
        for row in connection.execute(statement.where(call_embeddings.c.call_id.in_(some))).mappings()
    ]


def put_embeddings(connection: Connection, made: Sequence[CallEmbedding]) -> None:
    """Put these in the place of what is kept of their calls."""
    rows = [{name: getattr(each, name) for name in CallEmbedding.__dataclass_fields__} for each in made]
    _replace(connection, call_embeddings, rows)


def put_call_reasons(connection: Connection, told: Sequence[CallReason], *, now: datetime) -> None:
    """Put these in the place of the reasons that their calls had."""
    rows = [
        {**{name: getattr(each, name) for name in CallReason.__dataclass_fields__}, "told_at": now} for each in told
    ]
    _replace(connection, call_reasons, rows)


def told_calls(connection: Connection) -> dict[str, CallReason]:
    """Return the reasons of all calls by their ids."""
    told = call_reasons.c
    rows = connection.execute(select(told.call_id, told.reason_id, told.told_by, told.similarity))
    return {row.call_id: CallReason(**row._mapping) for row in rows}


def reasons(connection: Connection, *, only_in_use: bool = False) -> list[Reason]:
    """Return the reasons that there are, by their ids."""
    reason = contact_reasons.c
    statement = select(contact_reasons).order_by(reason.reason_id)
    if only_in_use:
        statement = statement.where(reason.in_use)
    return [_reason(dict(row)) for row in connection.execute(statement).mappings()]


def get_reason(connection: Connection, reason_id: str) -> Reason:
    """Return a reason.

    Raises:
        NotFoundError: There is none of this id.
    """
    statement = select(contact_reasons).where(contact_reasons.c.reason_id == reason_id)
    row = connection.execute(statement).mappings().first()
    if row is None:
        raise NotFoundError(f"no contact reason {reason_id!r}; `earmark reasons show` lists those there are")
    return _reason(dict(row))


def put_reasons(connection: Connection, kind: Kind, found: Sequence[Reason], *, now: datetime) -> None:
    """Put the reasons of a kind that are in use now; others of the kind stay, not in use. Names are not touched."""
    reason = contact_reasons.c
    connection.execute(update(contact_reasons).where(reason.kind == kind).values(in_use=False))
    for each in found:
        row = {
            "label": each.label,
            "phrases": to_json(each.phrases, tuple[str, ...]),
            "centre": each.centre,
            "in_use": True,
        }
        new = insert_statement(connection, contact_reasons).values(
            reason_id=each.reason_id, kind=kind, found_at=now, **row
        )
        connection.execute(new.on_conflict_do_update(index_elements=[reason.reason_id], set_={**row, "kind": kind}))


def name_reason(connection: Connection, reason_id: str, name: str | None, *, by: str, now: datetime) -> Reason:
    """Give a reason a name, or with None its label again; return it as it was before.

    Raises:
        NotFoundError: There is none of this id.
    """
    before = get_reason(connection, reason_id)
    reason = contact_reasons.c
    named = update(contact_reasons).where(reason.reason_id == reason_id)
    connection.execute(named.values(name=name, named_by=by, named_at=now))
    return before


def reason_rows(
    connection: Connection,
    *,
    scope: Scope = EVERYTHING,
    by: Field | None = None,
    since: datetime | None = None,
    before: datetime | None = None,
    queue: str | None = None,
    team: str | None = None,
) -> list[tuple[str | None, str, datetime | None, str | None]]:
    """Return (reason, told by, start, queue or team) of the calls whose reason was looked for.

    Args:
        connection: Where to read.
        scope: Whose calls may be seen.
        by: Which field the last is; None for neither.
        since: The first instant that counts; None for no bound.
        before: The first instant that does not count any more.
        queue: Only of this queue.
        team: Only of this team.
    """
    call = recordings.c
    conditions: list[ColumnElement[bool]] = [in_scope(scope, recordings)]
    conditions += [column == value for column, value in ((call.queue, queue), (call.team, team)) if value is not None]
    if since is not None:
        conditions.append(call.started_at >= since)
    if before is not None:
        conditions.append(call.started_at < before)
    columns: list[Any] = [call_reasons.c.reason_id, call_reasons.c.told_by, call.started_at]
    statement = (
        select(*columns, *([call[by]] if by else []))
        .join(recordings, call.call_id == call_reasons.c.call_id)
        .where(*conditions)
    )
    return [(row[0], row[1], row[2], row[3] if by else None) for row in connection.execute(statement)]


def calls_of_reason(
    connection: Connection, reason_id: str | None, *, scope: Scope = EVERYTHING, nearest: bool = False, limit: int
) -> list[CallOfReason]:
    """Return a reason's calls, the newest first, or those nearest to its centre.

    Args:
        connection: Where to read.
        reason_id: None for calls that are near no group.
        scope: Whose calls may be seen.
        nearest: By how near they are, and not by time.
        limit: At most so many.
    """
    told, call = call_reasons.c, recordings.c
    chosen = told.reason_id == reason_id if reason_id is not None else told.told_by == "no group near"
    order = (told.similarity.desc().nulls_last(),) if nearest else (call.started_at.desc().nulls_last(),)
    statement = (
        select(told.call_id, call.started_at, call.queue, call.team, told.similarity)
        .join(recordings, call.call_id == told.call_id)
        .where(chosen, in_scope(scope, recordings))
        .order_by(*order, told.call_id)
        .limit(limit)
    )
    return [CallOfReason(**row) for row in connection.execute(statement).mappings()]


def last_told(connection: Connection) -> datetime | None:
    """Return when a call last got another reason, or None where none has one."""
    when: datetime | None = connection.scalar(select(func.max(call_reasons.c.told_at)))
    return when


def _replace(connection: Connection, table: Any, rows: Sequence[dict[str, Any]]) -> None:
    for some in in_batches(rows):
        ids = [row["call_id"] for row in some]
        connection.execute(table.delete().where(table.c.call_id.in_(ids)))
        connection.execute(insert(table), list(some))


def _transcript_key(facts: str, key: str) -> str:
    try:
        return str(json.loads(facts)["transcript"])
    except (ValueError, KeyError, TypeError):
        raise StoreError(f"step {key}: what is stored cannot be read as the keys of facts") from None


def _reason(row: dict[str, Any]) -> Reason:
    phrases = tuple(from_json(tuple[str, ...], row["phrases"]))
    kept = {name: row[name] for name in ("reason_id", "kind", "label", "name", "centre", "in_use")}
    return Reason(**{**kept, "phrases": phrases, "in_use": bool(row["in_use"])})
