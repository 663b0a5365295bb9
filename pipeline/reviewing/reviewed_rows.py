"""Rows of scorecards with what people's answers make of the scores, from the answers themselves."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from sqlalchemy import Connection

from pipeline.records import Review
from pipeline.score.effective import effective_score
from pipeline.store.reviews import all_reviews
from pipeline.store.scorecard_rows import ScorecardRows
from pipeline.store.scores import current_scores_of
from pipeline.store.wanted_calls import in_batches


def with_reviewed_shares(connection: Connection, rows: ScorecardRows) -> ScorecardRows:
    """Return the rows with ``reviewed_share`` true at this moment.

    The store's own comes from the overviews, which the console brings up to date; without a console they may be old.

    Args:
        connection: Where to read; the one that the rows came from.
        rows: Of the store.
    """
    reviews: defaultdict[str, list[Review]] = defaultdict(list)
    for review in all_reviews(connection):
        reviews[review.call_id].append(review)
    shares: dict[str, float | None] = {}
    for some in in_batches(sorted(reviews)):
        for stored in current_scores_of(connection, some):
            effective = effective_score(stored.score, reviews[stored.score.call_id])
            shares[stored.score.score_id] = effective.share
    return replace(rows, calls=[{**row, "reviewed_share": shares.get(row["score_id"])} for row in rows.calls])
