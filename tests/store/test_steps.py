"""Results of steps by the hash of their inputs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import Connection, select

from pipeline.canonical import to_json
from pipeline.errors import StoreError
from pipeline.records import CallFacts, Transcript
from pipeline.store.database import Store
from pipeline.store.steps import get_step, latest_step, put_step
from pipeline.store.tables import steps
from tests.factories import facts, finding, transcript
from tests.store.builders import LATER, NOW, any_record, taken_in


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(made=any_record(CallFacts))
def test_put_step_gives_all_facts_back(store: Store, made: CallFacts) -> None:
    with store.engine.connect() as connection, connection.begin() as transaction:
        taken_in(connection)
        put_step(connection, "k", call_id="c-0001", step="facts", record=made, now=NOW)
        assert get_step(connection, "k", CallFacts) == made
        transaction.rollback()


def test_put_step_keeps_canonical_json(connection: Connection) -> None:
    taken_in(connection)
    spoken = transcript(("customer", "naïve\0 „Grüße“ 😀"))
    put_step(connection, "k", call_id="c-0001", step="transcript", record=spoken, now=NOW)
    assert connection.scalar(select(steps.c.payload)) == to_json(spoken)
    assert get_step(connection, "k", Transcript) == spoken


def test_get_step_of_an_unknown_key_is_none(connection: Connection) -> None:
    assert get_step(connection, "k", CallFacts) is None


def test_put_step_twice_keeps_and_returns_the_first(connection: Connection) -> None:
    taken_in(connection)
    first, second = transcript(("agent", "first")), transcript(("agent", "second"))
    for made, now in ((first, NOW), (second, LATER)):
        assert put_step(connection, "k", call_id="c-0001", step="transcript", record=made, now=now) == first
    assert get_step(connection, "k", Transcript) == first


def test_put_step_by_many_at_once_returns_the_same_to_all(store: Store) -> None:
    with store.begin() as connection:
        taken_in(connection)

    def put(number: int) -> Transcript:
        made = transcript(("agent", f"heard {number}"))
        with store.begin() as connection:
            return put_step(connection, "k", call_id="c-0001", step="transcript", record=made, now=NOW)

    with ThreadPoolExecutor(6) as pool:
        returned = list(pool.map(put, range(6)))
    with store.read() as connection:
        assert returned == [get_step(connection, "k", Transcript)] * 6


def test_put_step_refuses_a_key_of_another_record(connection: Connection) -> None:
    taken_in(connection)
    put_step(connection, "k", call_id="c-0001", step="facts", record=facts(finding()), now=NOW)
    with pytest.raises(StoreError, match="step k: what is stored cannot be read as Transcript"):
        put_step(connection, "k", call_id="c-0001", step="transcript", record=transcript(("agent", "a")), now=NOW)


def test_get_step_names_the_step_but_not_its_words_when_it_is_another_record(connection: Connection) -> None:
    taken_in(connection)
    spoken = transcript(("customer", "marigold"))
    put_step(connection, "k-7", call_id="c-0001", step="transcript", record=spoken, now=NOW)
    with pytest.raises(StoreError, match="step k-7: what is stored cannot be read as CallFacts") as caught:
        get_step(connection, "k-7", CallFacts)
    assert "marigold" not in str(caught.value)


def test_latest_step_is_the_newest_of_the_call_and_step(connection: Connection) -> None:
    taken_in(connection, "c-1")
    taken_in(connection, "c-2")
    old, new, others = (transcript(("agent", word)) for word in ("old", "new", "others"))
    put_step(connection, "k-z", call_id="c-1", step="transcript", record=old, now=NOW)
    put_step(connection, "k-a", call_id="c-1", step="transcript", record=new, now=LATER)
    put_step(connection, "k-b", call_id="c-2", step="transcript", record=others, now=LATER)
    put_step(connection, "k-c", call_id="c-1", step="facts", record=facts(finding()), now=LATER)
    assert latest_step(connection, "c-1", "transcript", Transcript) == new
    assert latest_step(connection, "c-2", "facts", CallFacts) is None
