"""Many new scores in one transaction, written together: one at a time would take most of a rescore's time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, select

from pipeline.canonical import to_json
from pipeline.records import CallScore, Flag
from pipeline.store.findings import index_findings
from pipeline.store.flags import rows_of_flags
from pipeline.store.scores import rows_of_score
from pipeline.store.tables import criterion_results, current_scores, flags, scores, steps
from pipeline.store.upsert import insert_or_replace, insert_statement
from pipeline.store.wanted_calls import in_batches


@dataclass(frozen=True, kw_only=True, slots=True)
class NewStep:
    """Facts that a score names and that may not be stored yet."""

    key: str
    call_id: str
    step: str
    record: object


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
    return new


def make_current(connection: Connection, score_ids: Sequence[str]) -> int:
    """Make stored scores the current ones of their calls, and tell how many were not so before.

    What audits count moves with them where the findings are others.
    """
    changed = 0
    for some in in_batches(score_ids):
        before = {row.call_id: row for row in _current(connection, some)}
        for row in connection.execute(
            select(scores.c.score_id, scores.c.call_id, scores.c.facts_key)
            .where(scores.c.score_id.in_(some))
            .order_by(scores.c.call_id)
        ):
            was = before.get(row.call_id)
            if was is not None and was.score_id == row.score_id:
                continue
            insert_or_replace(connection, current_scores, {"call_id": row.call_id, "score_id": row.score_id})
            if was is None or was.facts_key != row.facts_key:
                index_findings(connection, row.call_id, row.facts_key)
            changed += 1
    return changed


def _current(connection: Connection, score_ids: Sequence[str]) -> Sequence[Any]:
    calls = select(scores.c.call_id).where(scores.c.score_id.in_(score_ids))
    now = select(current_scores.c.call_id, scores.c.score_id, scores.c.facts_key)
    of_calls = now.join(scores, scores.c.score_id == current_scores.c.score_id)
    return connection.execute(of_calls.where(current_scores.c.call_id.in_(calls))).all()


def _insert_new(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> set[str]:
    """Insert the rows whose key is not there yet, and return the keys of these."""
    if not rows:
        return set()
    key = next(iter(table.primary_key.columns))
    unless_there = insert_statement(connection, table).on_conflict_do_nothing(index_elements=[key]).returning(key)
    in_order = sorted(rows, key=lambda row: str(row[key.name]))  # two writers wait for each other only one way
    return set(connection.scalars(unless_there, in_order))
