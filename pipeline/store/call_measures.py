"""What conversations measure, of many calls at once. Derived from `steps`, and made again when the facts are others."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import pydantic_core
from sqlalchemy import Connection, and_, delete, or_, select

from pipeline.store.measure_tables import call_measures
from pipeline.store.stored_facts import payloads
from pipeline.store.tables import current_scores, scores
from pipeline.store.upsert import insert_statement
from pipeline.store.wanted_calls import in_batches

logger = logging.getLogger(__name__)

MEASURED = tuple(column.name for column in call_measures.columns if column.name not in ("call_id", "facts_key"))
"""Names of the columns that hold figures."""

_OF_SENTIMENT = {
    "customer_sentiment": ("customer", "overall"),
    "customer_sentiment_change": ("customer", "change"),
    "agent_sentiment": ("agent", "overall"),
}


def measure_calls(connection: Connection, call_ids: Sequence[str]) -> int:
    """Bring the measures of calls up to date with the facts of their current scores; return how many were made."""
    changed: dict[str, str] = {}
    for some in in_batches(call_ids):
        changed.update(_changed(connection, some))
    keys = {call_id: key for call_id, key in changed.items() if key}
    under = {key: _read(text) for key, text in payloads(connection, keys.values()).items()}
    named = [facts.get(name) for facts in under.values() for name in ("measures", "sentiment")]
    stored = payloads(connection, [key for key in named if isinstance(key, str)])
    rows = [_row(call_id, key, under.get(key, {}), stored) for call_id, key in changed.items()]
    for some in in_batches(sorted(changed)):
        connection.execute(delete(call_measures).where(call_measures.c.call_id.in_(some)))
    if rows:  # somebody else may have made the same rows meanwhile
        connection.execute(insert_statement(connection, call_measures).on_conflict_do_nothing(), rows)
    return len(rows)


def unmeasured_calls(connection: Connection) -> list[str]:
    """Return the scored calls whose measures are missing, or of other facts than their current score."""
    measured = call_measures.c
    statement = (
        select(current_scores.c.call_id)
        .join(scores, scores.c.score_id == current_scores.c.score_id)
        .outerjoin(call_measures, measured.call_id == current_scores.c.call_id)
        .where(or_(measured.call_id.is_(None), measured.facts_key != scores.c.facts_key))
    )
    return list(connection.scalars(statement))


def _changed(connection: Connection, call_ids: Sequence[str]) -> dict[str, str]:
    measured = call_measures.c
    is_same = and_(measured.call_id == current_scores.c.call_id, measured.facts_key == scores.c.facts_key)
    statement = (
        select(current_scores.c.call_id, scores.c.facts_key)
        .join(scores, scores.c.score_id == current_scores.c.score_id)
        .outerjoin(call_measures, is_same)
        .where(current_scores.c.call_id.in_(call_ids), measured.call_id.is_(None))
    )
    return {row.call_id: row.facts_key for row in connection.execute(statement)}


def _row(call_id: str, facts_key: str, facts: Mapping[str, Any], stored: Mapping[str, str]) -> dict[str, Any]:
    """Return a call's row; what is not stored any more, or cannot be read, is unknown, and is not tried again."""
    measures = _read(stored.get(facts.get("measures") or "", ""))
    sentiment = _read(stored.get(facts.get("sentiment") or "", ""))
    parties = {party.get("role"): party for party in sentiment.get("parties") or () if isinstance(party, dict)}
    figures = {name: measures.get(name) for name in MEASURED if name not in _OF_SENTIMENT}
    read = {name: parties.get(role, {}).get(field) for name, (role, field) in _OF_SENTIMENT.items()}
    return {"call_id": call_id, "facts_key": facts_key, **figures, **read}


def _read(payload: str) -> dict[str, Any]:
    """Return a stored record as it stands; records themselves would take most of the time, for twelve numbers."""
    if not payload:
        return {}
    try:
        data = pydantic_core.from_json(payload)
    except ValueError:
        logger.warning("facts of a call cannot be read; it has no measures")
        return {}
    return data if isinstance(data, dict) else {}
