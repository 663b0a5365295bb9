"""Disputes in the store: kept, listed, ruled on once, and never more than the limit, however many ask at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Connection

from pipeline.config import ReviewSettings
from pipeline.errors import NotFoundError, ReviewError, UnknownNameError
from pipeline.records import Dispute, DisputeState, Status
from pipeline.reviewing.disputes import dispute_answer, end_without_correction, uphold
from pipeline.reviewing.evaluations import agree, read_evaluation
from pipeline.store.database import Store, open_store
from pipeline.store.disputes import get_dispute, list_disputes
from pipeline.store.reviews import all_reviews
from tests.store.builders import NOW, result, score, scored, taken_in

SETTINGS = ReviewSettings()


def evaluated(connection: Connection, call_id: str = "c-0001", **recording: Any) -> None:
    """A scored call with eight questions, the first of which failed."""
    taken_in(connection, call_id, **recording)
    results = [result(f"q{n}", "partial" if n else "fail", asked=f"question-1:{n}") for n in range(8)]
    scored(connection, score(call_id, f"s-{call_id}", *results))


def opened(
    connection: Connection, criterion_id: str = "q0", call_id: str = "c-0001", *, days: float = 1, **changes: Any
) -> Dispute:
    given: dict[str, Any] = {"by": "maria", "reason": "I did", "settings": SETTINGS, "now": _day(days)}
    return dispute_answer(connection, call_id, criterion_id, **{**given, **changes})


def _day(days: float) -> datetime:
    return NOW + timedelta(days=days)


def test_dispute_goes_from_open_to_upheld_and_corrects_the_score(connection: Connection) -> None:
    evaluated(connection)
    made = opened(connection)
    assert get_dispute(connection, made.dispute_id[:6]).dispute == made
    assert read_evaluation(connection, "c-0001").effective.share == 0.4375
    row, review = uphold(
        connection, made.dispute_id, "pass", by="bob", reason="heard it at 0:12", questions={}, now=_day(2)
    )
    assert row.state is DisputeState.UPHELD
    assert row.ruling is not None
    assert (row.ruling.review_id, row.ruling.ruled_by) == (review.review_id, "bob")
    assert (review.status, review.machine_status) == (Status.PASS, Status.FAIL)
    assert read_evaluation(connection, "c-0001").effective.share == 0.5625
    assert read_evaluation(connection, "c-0001").machine.share == 0.4375


@pytest.mark.parametrize("outcome", [DisputeState.REJECTED, DisputeState.WITHDRAWN])
def test_dispute_that_ends_otherwise_corrects_nothing(connection: Connection, outcome: DisputeState) -> None:
    evaluated(connection)
    made = opened(connection)
    by = "maria" if outcome is DisputeState.WITHDRAWN else "bob"
    row = end_without_correction(connection, made.dispute_id, outcome, by=by, reason="heard it", now=_day(2))
    assert row.state is outcome
    assert all_reviews(connection) == []


def test_dispute_is_ruled_on_once(connection: Connection) -> None:
    evaluated(connection)
    made = opened(connection)
    end_without_correction(connection, made.dispute_id, DisputeState.REJECTED, by="bob", reason="heard it", now=_day(2))
    with pytest.raises(ReviewError, match="was rejected by bob"):
        uphold(connection, made.dispute_id, "pass", by="eve", reason="heard it", questions={}, now=_day(3))
    with pytest.raises(ReviewError, match="was rejected by bob"):
        end_without_correction(
            connection, made.dispute_id, DisputeState.WITHDRAWN, by="maria", reason="well", now=_day(3)
        )
    assert all_reviews(connection) == []


@pytest.mark.parametrize(
    ("answer", "by", "said"),
    [
        ("fail", "bob", "the answer is fail as it is; give the right one, or earmark disputes reject"),
        ("0%", "bob", "the answer is fail as it is"),
        ("perhaps", "bob", "'perhaps' is no answer to it; give pass, partial, fail"),
        ("pass", "maria", "somebody else has to rule on it"),
    ],
)
def test_dispute_is_upheld_by_another_answer_of_another_person(
    connection: Connection, answer: str, by: str, said: str
) -> None:
    evaluated(connection)
    made = opened(connection)
    with pytest.raises(ReviewError, match=said):
        uphold(connection, made.dispute_id, answer, by=by, reason="heard it", questions={}, now=_day(2))
    assert get_dispute(connection, made.dispute_id).state is DisputeState.OPEN
    assert all_reviews(connection) == []


def test_window_of_a_corrected_answer_begins_with_the_correction(connection: Connection) -> None:
    evaluated(connection)
    made = opened(connection, days=40)
    uphold(connection, made.dispute_id, "50%", by="bob", reason="half of it", questions={}, now=_day(44))
    assert opened(connection, days=80).criterion_id == "q0"
    with pytest.raises(ReviewError, match="could be disputed for 45 days"):
        opened(connection, "q1", days=80)


def test_dispute_of_what_is_not_there_is_refused(connection: Connection) -> None:
    evaluated(connection)
    taken_in(connection, "c-0002")
    with pytest.raises(UnknownNameError, match="unknown criterion 'q'"):
        opened(connection, "q")
    with pytest.raises(NotFoundError, match="has no score"):
        opened(connection, call_id="c-0002")
    with pytest.raises(NotFoundError, match="no call 'c-9'"):
        opened(connection, call_id="c-9")
    for given_id in ("d-9", ""):
        with pytest.raises(NotFoundError, match="earmark disputes list"):
            get_dispute(connection, given_id)


def scored_again(connection: Connection, version: int, first: str) -> None:
    """The call under another version of the rubric, whose first question asks ``first``."""
    asks = [first, *(f"question-1:{n}" for n in range(1, 8))]
    results = [result(f"q{n}", "partial" if n else "fail", asked=asked) for n, asked in enumerate(asks)]
    scored(connection, score("c-0001", f"s-{version}", *results, rubric_version=version), now=_day(2))


@pytest.mark.parametrize("first", ["question-1:changed", ""])
def test_dispute_of_a_question_that_is_asked_no_more_is_not_upheld(connection: Connection, first: str) -> None:
    evaluated(connection)
    made = opened(connection)
    scored_again(connection, 9, first)
    with pytest.raises(ReviewError, match=r"asks this question otherwise now .* earmark reviews answer c-0001 q0"):
        uphold(connection, made.dispute_id, "pass", by="bob", reason="heard it", questions={}, now=_day(3))
    assert all_reviews(connection) == []
    end_without_correction(connection, made.dispute_id, DisputeState.REJECTED, by="bob", reason="gone", now=_day(3))


def test_dispute_of_a_question_that_is_asked_still_is_upheld_under_the_new_score(connection: Connection) -> None:
    evaluated(connection)
    made = opened(connection)
    scored_again(connection, 9, "question-1:0")
    _, review = uphold(connection, made.dispute_id, "pass", by="bob", reason="heard it", questions={}, now=_day(3))
    assert review.score_id == "s-9"
    assert read_evaluation(connection, "c-0001").effective.share == 0.5625


def test_limit_and_open_disputes_outlast_a_new_score(connection: Connection) -> None:
    evaluated(connection)
    for n in range(4):
        opened(connection, f"q{n}")
    scored_again(connection, 9, "question-1:0")
    with pytest.raises(ReviewError, match="of this question is open since"):
        opened(connection, "q0", days=3)
    opened(connection, "q5", days=3)
    with pytest.raises(ReviewError, match="has had 5 disputes, and 5 is the most"):
        opened(connection, "q6", days=3)


def test_changed_question_may_be_disputed_beside_the_old_one(connection: Connection) -> None:
    evaluated(connection)
    opened(connection)
    scored_again(connection, 9, "question-1:changed")
    assert opened(connection, days=3).asked == "question-1:changed"


def test_disputes_are_listed_oldest_first(connection: Connection) -> None:
    evaluated(connection, agent_id="maria")
    evaluated(connection, "c-0002", agent_id="tom")
    made = [opened(connection, "q1", days=2), opened(connection, "q0", days=1), opened(connection, "q0", "c-0002")]
    end_without_correction(
        connection, made[0].dispute_id, DisputeState.REJECTED, by="bob", reason="heard it", now=_day(5)
    )
    in_order = sorted(made, key=lambda dispute: (dispute.opened_at, dispute.dispute_id))
    for chosen, expected in (
        ({}, in_order),
        ({"call_id": "c-0001"}, [made[1], made[0]]),
        ({"score_id": "s-c-0002"}, [made[2]]),
        ({"agent": "tom"}, [made[2]]),
        ({"state": "rejected"}, [made[0]]),
        ({"state": DisputeState.OPEN, "agent": "maria"}, [made[1]]),
    ):
        assert [row.dispute for row in list_disputes(connection, **chosen)] == expected  # type: ignore[arg-type]


def _at_once(url: str, works: list[Callable[[Connection], Any]]) -> list[Exception | None]:
    """Do each in a process's own store, all beginning together."""
    together = Barrier(len(works))

    def do(work: Callable[[Connection], Any]) -> Exception | None:
        store = open_store(url)
        together.wait()
        try:
            with store.begin() as connection:
                work(connection)
        except ReviewError as error:
            return error
        finally:
            store.close()
        return None

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(do, works))


def test_limit_holds_however_many_dispute_at_once(store: Store, store_url: str) -> None:
    with store.begin() as connection:
        evaluated(connection)
    works = [lambda connection, n=n: opened(connection, f"q{n}") for n in range(8)]
    errors = _at_once(store_url, works)
    assert sum(error is None for error in errors) == SETTINGS.dispute_limit
    assert all("5 is the most" in str(error) for error in errors if error is not None)
    with store.read() as connection:
        assert len(list_disputes(connection)) == SETTINGS.dispute_limit


def test_many_who_agree_at_once_leave_one_review_of_each_answer(store: Store, store_url: str) -> None:
    with store.begin() as connection:
        evaluated(connection)
        seen = read_evaluation(connection, "c-0001")
    works = [lambda connection, n=n: agree(connection, seen, (), reviewer=f"r{n}", now=_day(n)) for n in range(6)]
    assert _at_once(store_url, works) == [None] * 6
    with store.read() as connection:
        assert len(all_reviews(connection)) == 8


def test_one_of_many_disputes_of_a_question_and_one_of_many_rulings_gets_through(store: Store, store_url: str) -> None:
    with store.begin() as connection:
        evaluated(connection)
    errors = _at_once(store_url, [lambda connection, n=n: opened(connection, reason=f"no {n}") for n in range(4)])
    assert sum(error is None for error in errors) == 1
    with store.read() as connection:
        (row,) = list_disputes(connection)
    dispute_id = row.dispute.dispute_id
    errors = _at_once(
        store_url,
        [
            *(
                lambda connection, n=n: uphold(
                    connection, dispute_id, "pass", by=f"judge {n}", reason="heard", questions={}, now=_day(2)
                )
                for n in range(2)
            ),
            *(
                lambda connection, n=n: end_without_correction(
                    connection, dispute_id, DisputeState.REJECTED, by=f"lead {n}", reason="heard", now=_day(2)
                )
                for n in range(2)
            ),
        ],
    )
    assert sum(error is None for error in errors) == 1
    with store.read() as connection:
        (row,) = list_disputes(connection)
        assert row.state in (DisputeState.UPHELD, DisputeState.REJECTED)
        assert len(all_reviews(connection)) == (row.state is DisputeState.UPHELD)
