"""Many new scores in one transaction, written together: one at a time would take most of a rescore's time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, bindparam, select

from pipeline.canonical import to_json
from pipeline.errors import StoreError
from pipeline.records import CallScore, FactKeys, Flag
from pipeline.store.findings import index_findings
from pipeline.store.flags import carry_changes, rows_of_flags
from pipeline.store.payload import read_payload
from pipeline.store.scores import rows_of_score
from pipeline.store.search_index import mark_unsearched
from pipeline.store.stale import mark_stale
from pipeline.store.tables import criterion_results, current_scores, flags, scores, steps
from pipeline.store.upsert import insert_statement
from pipeline.store.wanted_calls import in_batches
from pipeline.store.webhooks import tell_of_scores


@dataclass(frozen=True, kw_only=True, slots=True)
class NewStep:
    """Facts that a score names and that may not be stored yet."""

    key: str
    call_id: str
    step: str
    record: object


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """A score that is to be its call's current one, and which was so when that was decided; None: none was."""

    call_id: str
    score_id: str
    instead_of: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class NewRows:
    """Rows of scores to come, made before the transaction that writes them: on SQLite others wait for it."""

    steps: list[dict[str, Any]] = field(default_factory=list)
    scores: list[dict[str, Any]] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)
    flags: list[dict[str, Any]] = field(default_factory=list)

    def add(
        self,
        score: CallScore,
        raised: Sequence[Flag],
        made: Sequence[NewStep],
        *,
        facts_key: str,
        customer_sentiment: float | None,
        now: datetime,
    ) -> None:
        """Add a score with its flags, and the steps that its facts key leads to."""
        row, results = rows_of_score(score, facts_key, customer_sentiment=customer_sentiment, now=now)
        self.scores.append(row)
        self.results.extend(results)
        self.flags.extend(rows_of_flags(raised, now=now))
        for step in made:
            told = {"key": step.key, "call_id": step.call_id, "step": step.step}
            self.steps.append({**told, "payload": to_json(step.record), "made_at": now})


def put_scores(connection: Connection, rows: NewRows) -> set[str]:
    """Keep new scores with their results and flags; return the ids of those that were not stored before.

    None becomes current by that: `make_current` does it.
    """
    _insert_new(connection, steps, rows.steps)
    new = _insert_new(connection, scores, rows.scores)
    for table, some in ((criterion_results, rows.results), (flags, rows.flags)):
        of_new = [row for row in some if row["score_id"] in new]
        if of_new:
            connection.execute(table.insert(), of_new)
    told = [row for row in rows.scores if row["score_id"] in new]
    if told:
        raised = [row for row in rows.flags if row["score_id"] in new]
        tell_of_scores(connection, told, raised, now=told[0]["made_at"])
    return new


def make_current(connection: Connection, choices: Sequence[Choice]) -> int:
    """Make stored scores the current ones of their calls, and tell how many became so.

    A call whose current score is another by now keeps that: a run may have scored it in between, from newer facts.
    What audits count moves with the score where the findings are others.
    """
    in_order = sorted(choices, key=lambda choice: choice.call_id)  # two writers wait for each other only one way
    return sum(_make_current(connection, some) for some in in_batches(in_order))


def _make_current(connection: Connection, choices: Sequence[Choice]) -> int:
    by_call = {choice.call_id: choice for choice in choices}
    column = current_scores.c
    held = select(column.call_id, column.score_id).where(column.call_id.in_(by_call)).order_by(column.call_id)
    # Held until the transaction ends; on SQLite nobody else writes meanwhile anyway.
    now = {row.call_id: row.score_id for row in connection.execute(held.with_for_update())}
    moved = [
        choice for choice in choices if choice.instead_of == now.get(choice.call_id) and choice.instead_of is not None
    ]
    if moved:
        of_call = current_scores.update().where(column.call_id == bindparam("of_call"))
        rows = [{"of_call": choice.call_id, "score_id": choice.score_id} for choice in moved]
        connection.execute(of_call.values(score_id=bindparam("score_id")), rows)
    first = [choice for choice in choices if choice.instead_of is None and choice.call_id not in now]
    rows = [{"call_id": choice.call_id, "score_id": choice.score_id} for choice in first]
    inserted = _insert_new(connection, current_scores, rows)
    changed = [*moved, *(choice for choice in first if choice.call_id in inserted)]
    _move_findings(connection, changed)
    carry_changes(connection, [choice.call_id for choice in changed])
    mark_stale(connection, [choice.call_id for choice in changed])
    mark_unsearched(connection, [choice.call_id for choice in changed])
    return len(changed)


def _move_findings(connection: Connection, changed: Sequence[Choice]) -> None:
    """Make what the new scores rest on that which is counted; where it is the same, nothing has to be written."""
    named = [score_id for each in changed for score_id in (each.score_id, each.instead_of) if score_id is not None]
    under: dict[str, str] = {}
    for some in in_batches(named):
        keys = select(scores.c.score_id, scores.c.facts_key).where(scores.c.score_id.in_(some))
        under.update((row.score_id, row.facts_key) for row in connection.execute(keys))
    facts_keys = sorted(set(under.values()))
    found: dict[str, str | None] = {}
    for some in in_batches(facts_keys):
        told = select(steps.c.key, steps.c.payload).where(steps.c.key.in_(some))
        found.update((row.key, _findings_key(row.key, row.payload)) for row in connection.execute(told))
    for choice in changed:
        was = found.get(under.get(choice.instead_of or "", ""))
        if was is None or was != found.get(under[choice.score_id]):
            index_findings(connection, choice.call_id, under[choice.score_id])


def _findings_key(key: str, payload: str) -> str | None:
    try:
        return read_payload(FactKeys, payload, f"step {key}").findings
    except StoreError:
        return None


def _insert_new(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> set[str]:
    """Insert the rows whose key is not there yet, and return the keys of these."""
    if not rows:
        return set()
    key = next(iter(table.primary_key.columns))
    unless_there = insert_statement(connection, table).on_conflict_do_nothing(index_elements=[key]).returning(key)
    in_order = sorted(rows, key=lambda row: str(row[key.name]))  # two writers wait for each other only one way
    return set(connection.scalars(unless_there, in_order))
