"""Scores beside scores."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import Connection, func, select

from pipeline.errors import NotFoundError
from pipeline.records import CallScore, NearestMiss, ScoreTerms, Span
from pipeline.store.database import Store, open_store
from pipeline.store.flags import flags_of_score
from pipeline.store.scores import current_score_id, get_score, put_score, scores_of_call, set_current
from pipeline.store.tables import criterion_results, scores
from tests.factories import evidence
from tests.store.builders import LATER, NOW, any_record, flag, result, score, scored, taken_in
from tests.store.old_versions import bring_back


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(made=any_record(CallScore))
def test_put_score_gives_every_score_back(store: Store, made: CallScore) -> None:
    with store.engine.connect() as connection, connection.begin() as transaction:
        taken_in(connection, made.call_id)
        put_score(connection, made, "k", (), customer_sentiment=None, now=NOW)
        read = get_score(connection, made.score_id)
        assert read == made
        row = connection.execute(select(scores)).one()
        assert (row.share, row.raw_share, row.critical_share) == (made.share, made.raw_share, made.critical_share)
        assert (row.passed, row.assessed_share) == (made.passed, made.assessed_share)
        transaction.rollback()


def test_put_score_keeps_evidence_and_searched_windows(connection: Connection) -> None:
    taken_in(connection)
    miss = NearestMiss(evidence=evidence(quote="hello there"), similarity=0.7, reason="too far")
    found = result("greeting", evidence=(evidence(), evidence(turn_index=3)), confidence=0.8)
    missed = result("closing", "fail", searched=Span(start_ms=0, end_ms=9), nearest_miss=miss, critical=True)
    made = score("c-0001", "s-1", found, missed, result("hold", "not_applicable"), result("tone", "cannot_assess"))
    scored(connection, made, customer_sentiment=-0.25)
    assert get_score(connection, "s-1") == made
    row = connection.execute(select(scores)).one()
    assert (row.critical_error, row.auto_failed, row.customer_sentiment) == (True, False, -0.25)


def test_put_score_of_an_auto_fail_keeps_the_raw_share(connection: Connection) -> None:
    taken_in(connection)
    scored(connection, score("c-0001", "s-1", result("a"), result("b", "fail", auto_fail=True)))
    row = connection.execute(select(scores)).one()
    assert (row.share, row.raw_share, row.auto_failed, row.critical_error) == (0.0, 0.5, True, False)


def test_put_score_of_nothing_assessed_has_no_share(connection: Connection) -> None:
    taken_in(connection)
    scored(connection, score("c-0001", "s-1", result(status="cannot_assess")))
    row = connection.execute(select(scores)).one()
    assert (row.share, row.passed, row.assessed_share) == (None, None, 0.0)


def test_put_score_twice_leaves_the_first_untouched_and_makes_it_current(connection: Connection) -> None:
    taken_in(connection)
    first = score(score_id="s-1")
    assert scored(connection, first, flag("fl-1", of=first))
    assert scored(connection, score(score_id="s-2"), now=LATER)
    again = dataclasses.replace(first, results=(result(status="fail"),))
    assert not scored(connection, again, flag("fl-9", of=first), now=LATER)
    assert get_score(connection, "s-1") == first
    assert [f.flag_id for f in flags_of_score(connection, "s-1")] == ["fl-1"]
    assert current_score_id(connection, "c-0001") == "s-1"


def test_put_score_by_many_at_once_stores_it_once(store: Store) -> None:
    made = score("c-0001", "s-1", result("a"), result("b", "fail"))
    with store.begin() as connection:
        taken_in(connection)

    def put(_: int) -> bool:
        with store.begin() as connection:
            return scored(connection, made, flag(of=made))

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(put, range(6))) == [False] * 5 + [True]
    with store.begin() as connection:
        assert get_score(connection, "s-1") == made
        assert connection.scalar(select(func.count()).select_from(criterion_results)) == 2


def test_scores_of_call_are_newest_first_and_mark_the_current(connection: Connection) -> None:
    taken_in(connection)
    taken_in(connection, "c-other")
    old, new = score(score_id="s-old"), score("c-0001", "s-new", result("a"), result("b", "fail"), rubric_id="sales")
    scored(connection, old)
    scored(connection, score("c-other", "s-other"))
    scored(connection, new, now=LATER)
    set_current(connection, "c-0001", "s-old")
    stored = scores_of_call(connection, "c-0001")
    assert [(s.score, s.made_at, s.current) for s in stored] == [(new, LATER, False), (old, NOW, True)]
    assert {s.facts_key for s in stored} == {"facts-of-c-0001"}


def test_scores_of_a_call_without_any_are_none(connection: Connection) -> None:
    taken_in(connection)
    assert scores_of_call(connection, "c-0001") == []
    assert current_score_id(connection, "c-0001") is None
    assert get_score(connection, "s-0001") is None


@pytest.mark.parametrize(("call_id", "score_id"), [("c-0001", "s-none"), ("c-other", "s-0001")])
def test_set_current_refuses_a_score_that_the_call_does_not_have(
    connection: Connection, call_id: str, score_id: str
) -> None:
    taken_in(connection)
    taken_in(connection, "c-other")
    scored(connection, score())
    with pytest.raises(NotFoundError, match=f"call {call_id} has no score {score_id}"):
        set_current(connection, call_id, score_id)


def test_scores_of_an_earlier_version_are_read_as_they_were_made(store_url: str) -> None:
    """Version 0004 knew no terms and no answers in words: points, without bonus, caps and marks."""
    store = open_store(store_url)
    made = score("c-0001", "s-1", result("a"), result("b", "fail", auto_fail=True, confidence=0.8))
    with store.begin() as connection:
        taken_in(connection)
        scored(connection, made)
        bring_back(connection, "0004")
    store.close()
    store = open_store(store_url)
    with store.read() as connection:
        read = get_score(connection, "s-1")
        assert read == made
        assert read is not None
        assert read.terms == ScoreTerms()
        assert (read.share, read.raw_share) == (0.0, 0.5)
        assert [result.asked for result in read.results] == ["", ""]
    store.close()
