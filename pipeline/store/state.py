"""What tells at no cost whether results have changed: the newest score and the newest answer of a person."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select

from pipeline.store.tables import reviews, scores


def state_of_results(connection: Connection) -> tuple[datetime | None, datetime | None]:
    """Return when the newest score and the newest review were made, from indexes; None where there is none."""
    newest_score = connection.scalar(select(func.max(scores.c.made_at)))
    newest_review = connection.scalar(select(func.max(reviews.c.made_at)))
    return newest_score, newest_review
