"""Disputes and what became of them. Rows are only ever added, and a dispute is ruled on once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, or_, select

from pipeline.records import Dispute, DisputeRuling, DisputeState, Scope
from pipeline.store.ids import whole_id
from pipeline.store.overviews import in_scope
from pipeline.store.stale import mark_stale
from pipeline.store.tables import dispute_rulings, disputes, recordings, scores
from pipeline.store.upsert import insert_new


@dataclass(frozen=True, kw_only=True, slots=True)
class DisputeRow:
    """A dispute, how it ended (None: it has not), whose call it is about, and the rubric of its score."""

    dispute: Dispute
    ruling: DisputeRuling | None
    agent_id: str | None
    rubric_id: str

    @property
    def state(self) -> DisputeState:
        """Open until there is a ruling."""
        return self.ruling.outcome if self.ruling else DisputeState.OPEN


def hold_call(connection: Connection, call_id: str) -> None:
    """Let nobody else answer, dispute or rule on this call until this transaction ends, so that limits are kept.

    On SQLite a transaction that writes holds the whole database already.
    """
    held = select(recordings.c.call_id).where(recordings.c.call_id == call_id).with_for_update(key_share=True)
    connection.execute(held)


def put_dispute(connection: Connection, dispute: Dispute) -> bool:
    """Keep a dispute and tell whether it was new; who calls this holds the evaluation."""
    mark_stale(connection, [dispute.call_id])
    return insert_new(connection, disputes, asdict(dispute))


def put_ruling(connection: Connection, ruling: DisputeRuling) -> bool:
    """Keep the end of a dispute; False, and nothing changed, where it had ended already."""
    of_dispute = select(disputes.c.call_id).where(disputes.c.dispute_id == ruling.dispute_id)
    mark_stale(connection, connection.scalars(of_dispute).all())
    return insert_new(connection, dispute_rulings, {**asdict(ruling), "outcome": ruling.outcome.value})


def get_dispute(connection: Connection, dispute_id: str) -> DisputeRow:
    """Return a dispute by its id, or by the beginning of its id where only one begins so.

    Raises:
        NotFoundError: No dispute has such an id, or several begin so.
    """
    column = disputes.c.dispute_id
    chosen = whole_id(connection, column, dispute_id, what="dispute", listed_by="earmark disputes list")
    return _read(connection, column == chosen)[0]


def list_disputes(
    connection: Connection,
    *,
    call_id: str | None = None,
    score_id: str | None = None,
    agent: str | None = None,
    state: DisputeState | str | None = None,
) -> list[DisputeRow]:
    """Return disputes, oldest first.

    Args:
        connection: Where to read.
        call_id: Only of this call.
        score_id: Only of this score.
        agent: Only of this agent's calls.
        state: Only those that stand so.
    """
    conditions = [
        column == wanted
        for column, wanted in (
            (disputes.c.call_id, call_id),
            (disputes.c.score_id, score_id),
            (recordings.c.agent_id, agent),
        )
        if wanted is not None
    ]
    return [row for row in _read(connection, *conditions) if state is None or row.state == state]


def disputes_in_scope(
    connection: Connection,
    scope: Scope,
    *,
    states: Sequence[DisputeState] = (),
    agent: str | None = None,
    newest_first: bool = False,
    limit: int | None = None,
    offset: int = 0,
) -> list[DisputeRow]:
    """Return disputes of calls that may be seen, oldest first.

    Args:
        connection: Where to read.
        scope: Whose calls may be seen.
        states: Only those that stand so; none named: all.
        agent: Only of this agent's calls.
        newest_first: The latest first.
        limit: At most so many; None for all.
        offset: How many are left out before them.
    """
    conditions = [in_scope(scope, recordings)]
    if agent is not None:
        conditions.append(recordings.c.agent_id == agent)
    if states:
        outcome = dispute_rulings.c.outcome
        ended = outcome.in_([state.value for state in states if state is not DisputeState.OPEN])
        conditions.append(or_(ended, outcome.is_(None)) if DisputeState.OPEN in states else ended)
    return list(_read(connection, *conditions, newest_first=newest_first, limit=limit, offset=offset))


def disputes_by_id(connection: Connection, dispute_ids: Sequence[str]) -> list[DisputeRow]:
    """Return disputes by their ids, oldest first."""
    return list(_read(connection, disputes.c.dispute_id.in_(list(dispute_ids))))


def _read(
    connection: Connection,
    *conditions: Any,
    newest_first: bool = False,
    limit: int | None = None,
    offset: int = 0,
) -> Sequence[DisputeRow]:
    ordered = (disputes.c.opened_at, disputes.c.dispute_id)
    ruling = dispute_rulings.c
    statement = (
        select(
            disputes,
            recordings.c.agent_id,
            scores.c.rubric_id,
            ruling.outcome,
            ruling.ruled_by,
            ruling.reason.label("ruling_reason"),
            ruling.ruled_at,
            ruling.review_id,
        )
        .join(recordings, recordings.c.call_id == disputes.c.call_id)
        .join(scores, scores.c.score_id == disputes.c.score_id)
        .outerjoin(dispute_rulings, ruling.dispute_id == disputes.c.dispute_id)
        .where(*conditions)
        .order_by(*(column.desc() if newest_first else column for column in ordered))
        .limit(limit)
        .offset(offset or None)
    )
    return [_row(dict(row)) for row in connection.execute(statement).mappings()]


def _row(row: dict[str, Any]) -> DisputeRow:
    ruling = None
    if row["outcome"] is not None:
        ruling = DisputeRuling(
            dispute_id=row["dispute_id"],
            outcome=DisputeState(row["outcome"]),
            ruled_by=row["ruled_by"],
            reason=row["ruling_reason"],
            ruled_at=row["ruled_at"],
            review_id=row["review_id"],
        )
    dispute = Dispute(**{column.name: row[column.name] for column in disputes.columns})
    return DisputeRow(dispute=dispute, ruling=ruling, agent_id=row["agent_id"], rubric_id=row["rubric_id"])
