"""What people answered about calls, and who has seen which score. Rows are only ever added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Select, select

from pipeline.errors import UnknownNameError
from pipeline.records import Acknowledgement, Review, Status
from pipeline.store.stale import mark_stale
from pipeline.store.tables import acknowledgements, criterion_results, reviews
from pipeline.store.upsert import insert_new
from pipeline.store.wanted_calls import in_batches

Kind = Literal["ordinary", "blind", "all"]


def put_review(connection: Connection, review: Review) -> bool:
    """Keep a review and tell whether it was new; one that is stored already stays as it is."""
    if review.session_id is None:  # what is said in blind sessions changes no list
        mark_stale(connection, [review.call_id])
    return insert_new(connection, reviews, {**asdict(review), "status": review.status.value, **_machine(review)})


def reviews_of_call(connection: Connection, call_id: str, *, kind: Kind = "ordinary") -> list[Review]:
    """Return a call's reviews, oldest first; those of blind sessions only where they are asked for."""
    return all_reviews(connection, call_id=call_id, kind=kind)


def all_reviews(
    connection: Connection,
    *,
    call_id: str | None = None,
    call_ids: Sequence[str] | None = None,
    score_id: str | None = None,
    session_id: str | None = None,
    reviewer: str | None = None,
    criterion_id: str | None = None,
    since: datetime | None = None,
    before: datetime | None = None,
    kind: Kind = "ordinary",
) -> list[Review]:
    """Return reviews, oldest first, those of one instant by their ids.

    Args:
        connection: Where to read.
        call_id: Only of this call; likewise the next four, but for ``call_ids``.
        call_ids: Only of these calls: at most some hundred.
        score_id: Only by people who looked at this score.
        session_id: Only of this calibration session, with ``kind`` ``blind``.
        reviewer: Only by this person, in capitals or not.
        criterion_id: Only of the question with this id.
        since: Made then or later.
        before: Made earlier than this.
        kind: ``ordinary`` ones correct; ``blind`` ones belong to calibration sessions and correct nothing.
    """
    column = reviews.c
    statement = select(reviews).order_by(column.made_at, column.review_id)
    for field, wanted in (
        (column.call_id, call_id),
        (column.score_id, score_id),
        (column.session_id, session_id),
        (column.criterion_id, criterion_id),
    ):
        statement = statement if wanted is None else statement.where(field == wanted)
    if call_ids is not None:
        statement = statement.where(column.call_id.in_(call_ids))
    if since is not None:
        statement = statement.where(column.made_at >= since)
    if before is not None:
        statement = statement.where(column.made_at < before)
    found = [_review(dict(row)) for row in connection.execute(_of_kind(statement, kind)).mappings()]
    return found if reviewer is None else [each for each in found if each.reviewer.casefold() == reviewer.casefold()]


def reviews_by_id(connection: Connection, review_ids: Sequence[str]) -> list[Review]:
    """Return reviews by their ids, in this order."""
    found: dict[str, Review] = {}
    for some in in_batches(review_ids):
        rows = connection.execute(select(reviews).where(reviews.c.review_id.in_(some))).mappings()
        found.update({row["review_id"]: _review(dict(row)) for row in rows})
    return [found[review_id] for review_id in review_ids if review_id in found]


def require_criterion(connection: Connection, criterion_id: str) -> None:
    """Refuse a question that no score has.

    Raises:
        UnknownNameError: With the nearest id.
    """
    column = criterion_results.c.criterion_id
    if connection.execute(select(column).where(column == criterion_id).limit(1)).first() is None:
        raise UnknownNameError("criterion", criterion_id, connection.execute(select(column).distinct()).scalars())


def put_acknowledgement(connection: Connection, acknowledgement: Acknowledgement) -> bool:
    """Keep that somebody has seen a score, and tell whether it was new."""
    return insert_new(connection, acknowledgements, asdict(acknowledgement))


def acknowledgements_of_call(connection: Connection, call_id: str) -> list[Acknowledgement]:
    """Return who has seen the call's scores, oldest first."""
    column = acknowledgements.c
    of_call = select(acknowledgements).where(column.call_id == call_id)
    ordered = of_call.order_by(column.made_at, column.acknowledgement_id)
    return [Acknowledgement(**row) for row in connection.execute(ordered).mappings()]


def _of_kind(statement: Select[Any], kind: Kind) -> Select[Any]:
    if kind == "all":
        return statement
    session = reviews.c.session_id
    return statement.where(session.is_(None) if kind == "ordinary" else session.is_not(None))


def _machine(review: Review) -> dict[str, Any]:
    return {"machine_status": review.machine_status.value if review.machine_status else None}


def _review(row: dict[str, Any]) -> Review:
    machine = row["machine_status"]
    return Review(
        **{**row, "status": Status(row["status"]), "machine_status": Status(machine) if machine is not None else None}
    )
