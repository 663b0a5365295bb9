"""Scores with people's answers, for scorecards."""

from __future__ import annotations

from pipeline.records import Status
from pipeline.review.answers import make_review
from pipeline.reviewing.report_rows import report_rows
from pipeline.store.database import Store
from pipeline.store.reviews import put_review
from tests.store.builders import NOW, result, score, scored, taken_in


def test_reviewed_share_is_with_peoples_answers_whether_or_not_overviews_were_made(store: Store) -> None:
    failed = result(status="fail", asked="q-1")
    review = make_review(
        score("c-1", "s-1", failed), failed, status=Status.PASS, share=1.0, reviewer="ann", reason="said", now=NOW
    )
    with store.begin() as connection:
        for number in (1, 2):
            taken_in(connection, f"c-{number}")
            scored(connection, score(f"c-{number}", f"s-{number}", failed, result("closing")))
        put_review(connection, review)
    rows = report_rows(store)
    assert {row["call_id"]: (row["share"], row["reviewed_share"]) for row in rows.calls} == {
        "c-1": (0.5, 1.0),
        "c-2": (0.5, None),
    }
