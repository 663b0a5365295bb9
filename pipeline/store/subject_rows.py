"""Everything in the database about somebody: all rows of their calls, and what is kept of them beside these.

The tables are those that a deletion empties (`pipeline.store.erase`), so that nothing is kept that is not told of; what
is left out stands here with its reason, and a test holds all tables to it. What is about other people in the same rows
is left out of each (GDPR Art. 15(4)): the agent's name in a customer's copy, customers in an agent's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, func, select

from pipeline.store.console_tables import (
    api_tokens,
    coaching_acknowledgements,
    coaching_items,
    coaching_session_items,
    coaching_sessions,
    coaching_withdrawals,
    saved_views,
    users,
    web_sessions,
    webhook_deliveries,
    webhooks,
)
from pipeline.store.contact_reason_tables import call_reasons, contact_reasons
from pipeline.store.erase import belongs, reached_tables, told_elsewhere
from pipeline.store.kpi_tables import phone_calls, phone_days, surveys
from pipeline.store.old_calls import external_ids
from pipeline.store.retention_tables import legal_holds
from pipeline.store.subject_values import Row, Subject, plain_value, told_value
from pipeline.store.tables import audit_log
from pipeline.store.wanted_calls import in_batches

LEFT_OUT: Mapping[str, str] = {
    "at_rest_keys": "names of keys",
    "calibration_sessions": "which calls were answered together, other people's among them; the answers are in reviews",
    "call_claims": "whether a worker has the call",
    "call_embeddings": "numbers made of the transcript, which is there",
    "call_overview_flags": "derived from flags",
    "call_overviews": "derived from the other tables",
    "deleted_calls": "keyed hashes of what is gone",
    "deletion_files": "files that are about to go",
    "deletion_keys": "the key of these hashes",
    "deletion_records": "counts",
    "failed_sign_ins": "hashes of names and addresses that nobody proved to be theirs",
    "kpi_imports": "names of imported files",
    "legal_holds": "for whoever placed them to decide; the command tells how many there are",
    "rule_versions": "of rules",
    "searchable_calls": "derived from transcripts",
    "sent_digests": "addresses of digests",
    "session_closings": "goes with calibration_sessions",
    "stale_overviews": "what is to be derived anew",
    "stale_searches": "what is to be derived anew",
    "trust_versions": "figures learnt from many answers",
    "webhooks": "the addresses are in webhook_deliveries",
}
"""Tables of which nobody gets a copy, with the reason."""

OF_AGENTS = frozenset(
    {
        *("scores", "current_scores", "criterion_results", "reviews", "acknowledgements", "disputes"),
        *("dispute_rulings", "assignments", "sampled_calls", "queue_closings", "coaching_items", "coaching_sessions"),
        *("coaching_session_items", "coaching_withdrawals", "coaching_acknowledgements", "phone_days"),
        *("users", "web_sessions", "api_tokens", "saved_views", "audit_log"),
    }
)
"""How somebody works, and their account: in the agent's copy only."""

_CALL_IN_PAYLOAD = re.compile(r'"call_id":"([^"]*)"')
_CALLS_AT_ONCE = 50  # a transcript takes some 50 kB as it is stored


def subject_tables(
    connection: Connection, subject: Subject, call_ids: Sequence[str], *, match_within_s: float
) -> Iterator[tuple[str, Iterator[Row]]]:
    """Yield by table the rows about somebody, as they may be told; a table may be empty. Read as they are asked for.

    Args:
        connection: Where to read.
        subject: Of whom.
        call_ids: All their calls.
        match_within_s: How near to a call one of the telephone system without a known id begins.
    """
    own = _own_names(connection, subject)
    for table in reversed(reached_tables()):
        if table.name in LEFT_OUT or (subject.agent is None and table.name in OF_AGENTS):
            continue
        conditions = [belongs(table, some) for some in in_batches(call_ids, _CALLS_AT_ONCE)]
        yield table.name, _told_rows(connection, table, [*conditions, *_coached(table, subject)], subject, own)
    for table, conditions in _told_by_calls(connection, subject, call_ids, match_within_s).items():
        yield table.name, _told_rows(connection, table, conditions, subject, own)
    yield "webhook_deliveries", _deliveries(connection, call_ids, subject, own)
    yield "contact_reasons", _reasons(connection, call_ids)
    if subject.agent is not None:
        yield from _of_account(connection, subject, own)


def holds_naming(connection: Connection, subject: Subject) -> int:
    """Return how many legal holds that stand name them."""
    column = legal_holds.c
    named = column.customer_ref == subject.customer if subject.agent is None else column.agent_id == subject.agent
    return connection.scalar(select(func.count()).where(named, column.lifted_at.is_(None))) or 0


def handed_out(connection: Connection, call_ids: Sequence[str]) -> Iterator[Row]:
    """Yield when something of the calls was exported, in order of the calls."""
    log = audit_log.c
    for some in in_batches(call_ids):
        exported = select(log.at, log.subject_id).where(log.subject_id.in_(some), log.action == "export")
        for at, call_id in connection.execute(exported.order_by(log.subject_id, log.sequence)):
            yield {"at": at, "call_id": call_id}


def _told_by_calls(
    connection: Connection, subject: Subject, call_ids: Sequence[str], match_within_s: float
) -> dict[Table, list[ColumnElement[bool]]]:
    """Return by table the conditions under which rows name one of the calls, or the person, without a foreign key."""
    found: dict[Table, list[ColumnElement[bool]]] = {phone_calls: [], surveys: []}
    if subject.agent is not None:  # of calls that were passed on, other agents' parts are theirs
        refs = [ref for call_id in call_ids for ref in external_ids(connection, call_id)]
        found[phone_calls] = [phone_calls.c.agent_id == subject.agent]
        found[surveys] = [surveys.c.call_ref.in_(some) for some in in_batches(refs)]
        return {**found, surveys: [*found[surveys], surveys.c.agent_id == subject.agent]}
    for call_id in call_ids:
        told = told_elsewhere(connection, call_id, match_within_s=match_within_s)
        for table, conditions in found.items():
            conditions.append(told[table])
    for table, conditions in found.items():
        conditions.append(table.c.customer_ref == subject.customer)
    return found


def _deliveries(
    connection: Connection, call_ids: Sequence[str], subject: Subject, own: frozenset[str]
) -> Iterator[Row]:
    """Yield what was sent to other programs about the calls; read once: a payload is not looked up by its call."""
    ids, sent, hook = frozenset(call_ids), webhook_deliveries.c, webhooks.c
    columns = (sent.event, hook.url, sent.payload, sent.state, sent.made_at)
    told = select(*columns).join(webhooks, hook.webhook_id == sent.webhook_id).order_by(sent.made_at, sent.delivery_id)
    for row in connection.execute(told.execution_options(yield_per=_CALLS_AT_ONCE)).mappings():
        if ids.intersection(_CALL_IN_PAYLOAD.findall(row["payload"])):
            yield {name: told_value("webhook_deliveries", name, value, subject, own) for name, value in row.items()}


def _coached(table: Table, subject: Subject) -> list[ColumnElement[bool]]:
    """Return the conditions of coaching that is about an agent while its call is another's by now."""
    mine = select(coaching_items.c.item_id).where(coaching_items.c.agent_id == subject.agent)
    if table is coaching_items:
        return [coaching_items.c.agent_id == subject.agent]
    return [table.c.item_id.in_(mine)] if table in (coaching_session_items, coaching_withdrawals) else []


def _of_account(connection: Connection, subject: Subject, own: frozenset[str]) -> Iterator[tuple[str, Iterator[Row]]]:
    """Yield what is kept of an agent beside calls: days, coaching, the account and what was done with it."""
    sessions = select(coaching_sessions.c.session_id).where(coaching_sessions.c.agent_id == subject.agent)
    account = select(users.c.user_id).where(users.c.agent_id == subject.agent)
    for table, condition in (
        (phone_days, phone_days.c.agent_id == subject.agent),
        (coaching_sessions, coaching_sessions.c.agent_id == subject.agent),
        (coaching_acknowledgements, coaching_acknowledgements.c.session_id.in_(sessions)),
    ):
        yield table.name, _told_rows(connection, table, [condition], subject, own)
    person, seen, token, view, log = users.c, web_sessions.c, api_tokens.c, saved_views.c, audit_log.c
    names = (person.user_id, person.name, person.display_name, person.role, person.teams, person.agent_id)
    plain = {  # never what somebody could sign in with
        "users": select(*names, person.active, person.subject, person.created_at).where(person.user_id.in_(account)),
        "web_sessions": select(seen.started_at, seen.seen_at).where(seen.user_id.in_(account)),
        "api_tokens": select(
            token.name, token.permissions, token.created_at, token.expires_at, token.used_at, token.revoked_at
        ).where(token.user_id.in_(account)),
        "saved_views": select(view.page, view.name, view.query, view.created_at).where(view.user_id.in_(account)),
        "audit_log": select(log.at, log.action, log.subject_kind).where(log.actor.in_(own)).order_by(log.sequence),
    }
    for name, statement in plain.items():
        rows = connection.execute(statement).mappings()
        yield name, ({key: plain_value(value) for key, value in row.items()} for row in rows)


def _own_names(connection: Connection, subject: Subject) -> frozenset[str]:
    """Return under which names an agent acts; nobody's for a customer."""
    if subject.agent is None:
        return frozenset()
    return frozenset(
        {subject.agent, *connection.scalars(select(users.c.name).where(users.c.agent_id == subject.agent))}
    )


def _reasons(connection: Connection, call_ids: Sequence[str]) -> Iterator[Row]:
    """Yield what the reasons of the calls are called; their phrases are words of many calls."""
    ids = {
        reason
        for some in in_batches(call_ids)
        for reason in connection.scalars(
            select(call_reasons.c.reason_id).where(
                call_reasons.c.call_id.in_(some), call_reasons.c.reason_id.is_not(None)
            )
        )
    }
    column = contact_reasons.c
    named = select(column.reason_id, column.name, column.label).where(column.reason_id.in_(sorted(ids)))
    for row in connection.execute(named.order_by(column.reason_id)):
        yield {"reason_id": row.reason_id, "name": row.name or row.label}


def _told_rows(
    connection: Connection,
    table: Table,
    conditions: Iterable[ColumnElement[bool]],
    subject: Subject,
    own: frozenset[str],
) -> Iterator[Row]:
    """Yield the rows that fit any condition, each once, without what is about others."""
    keys = list(table.primary_key.columns)
    seen: set[tuple[Any, ...]] = set()
    for condition in conditions:
        for row in connection.execute(select(table).where(condition).order_by(*keys)).mappings():
            key = tuple(row[column.name] for column in keys)
            if key not in seen:
                seen.add(key)
                yield {name: told_value(table.name, name, value, subject, own) for name, value in row.items()}
