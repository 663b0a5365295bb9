"""Calls are found by what is said in them, the same ones on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from pipeline.errors import QueryError
from pipeline.records import FactKeys, Role, Scope, Transcript
from pipeline.store import search
from pipeline.store.console_tables import call_overviews
from pipeline.store.database import Store
from pipeline.store.intake import put_intake
from pipeline.store.scores import set_current
from pipeline.store.search import FoundCalls, SearchFilter, search_calls
from pipeline.store.search_index import (
    TURN_INDEX,
    forget_all,
    forget_call,
    index_some,
    settle_index,
    unsearched_count,
)
from pipeline.store.search_marks import spans_of
from pipeline.store.search_query import Query, Term, parse_query
from pipeline.store.steps import put_step
from tests.factories import recording, transcript
from tests.store.builders import LATER, NOW, Outcome, score, scored, taken_in

DAY = timedelta(days=1)
STARTED = datetime(2026, 10, 5, 13, 30, tzinfo=UTC)


def said(connection: Connection, call_id: str, *lines: tuple[str, str], version: int = 1, **about: Any) -> None:
    """Store a call in which that is said, and a current score that rests on it."""
    if version == 1:
        taken_in(connection, call_id, **{"started_at": STARTED, **about})
    _transcribed(connection, call_id, transcript(*lines, call_id=call_id), version)


def _transcribed(connection: Connection, call_id: str, heard: Transcript, version: int) -> None:
    key, facts_key = f"t-{call_id}-{version}", f"facts-{call_id}-{version}"
    put_step(connection, key, call_id=call_id, step="transcript", record=heard, now=NOW)
    keys = FactKeys(transcript=key, findings="f", sentiment="s", measures="m")
    put_step(connection, facts_key, call_id=call_id, step="facts", record=keys, now=NOW)
    of_call = score(call_id, f"s-{call_id}-{version}")
    scored(connection, of_call)
    connection.execute(
        text("UPDATE scores SET facts_key = :facts_key WHERE score_id = :id"),
        {"facts_key": facts_key, "id": of_call.score_id},
    )


def found(connection: Connection, typed: str, filters: SearchFilter | None = None, **options: Any) -> list[str]:
    """Bring the index up to date and return the ids of what is found."""
    return [call.call_id for call in _search(connection, typed, filters, **options).calls]


def _search(connection: Connection, typed: str, filters: SearchFilter | None = None, **options: Any) -> FoundCalls:
    while index_some(connection, most=50):
        pass
    return search_calls(connection, parse_query(typed), filters, **options)


@pytest.fixture
def calls(connection: Connection) -> Connection:
    """Three calls, the first the newest."""
    said(
        connection,
        "c-1",
        ("agent", "I cannot refund you, I'm sorry."),
        ("customer", "Then cancel my account! Café, please."),
        ("system", "This call is recorded"),
    )
    said(
        connection,
        "c-2",
        ("customer", "I want a refund; will you cancel it?"),
        ("agent", "That is [card_number]."),
        started_at=STARTED - DAY,
        agent_id="tom",
        team="south",
        queue="sales",
    )
    said(connection, "c-3", ("agent", "Refunds: cancelled"), ("customer", "my card"), started_at=None)
    return connection


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("refund", ["c-1", "c-2"]),
        ("REFUND", ["c-1", "c-2"]),
        ("refund*", ["c-1", "c-2", "c-3"]),
        ("refund cancel", ["c-1", "c-2"]),
        ("agent:refund", ["c-1"]),
        ("customer:refund agent:card_number", ["c-2"]),
        ('"cancel my account"', ["c-1"]),
        ('"cancel my acc"*', ["c-1"]),
        ('"my cancel account"', []),
        ('"sorry then"', []),  # a phrase does not go on in the next turn
        ("near:2(cancel refund)", ["c-2"]),
        ("near:1(cancel refund)", []),
        ("refund -sorry", ["c-2"]),
        ('refund -"i want"', ["c-1"]),
        ("refund -customer:refund", ["c-1"]),
        ("refund -agent:want", ["c-1", "c-2"]),
        ("card", ["c-3"]),  # what was masked is no card
        ("cafe", ["c-1"]),
        ("im", []),
        ("i'm", ["c-1"]),
        ("recorded", ["c-1"]),
        ("agent:recorded", []),
        ("nothing", []),
    ],
)
def test_search_finds_calls_by_what_is_said_newest_first(calls: Connection, typed: str, expected: list[str]) -> None:
    assert found(calls, typed) == expected


def test_search_gives_the_turns_that_say_it_with_time_and_speaker(calls: Connection) -> None:
    (first, _) = _search(calls, "refund cancel").calls
    assert [(turn.index, turn.role, turn.text) for turn in first.turns] == [
        (0, Role.AGENT, "I cannot refund you, I'm sorry."),
        (1, Role.CUSTOMER, "Then cancel my account! Café, please."),
    ]
    assert [turn.start_ms for turn in first.turns] == [0, 6 * 300 + 500]
    assert (first.started_at, first.agent_id, first.team) == (STARTED, "maria.lopez", "north")


def test_search_together_wants_all_of_it_in_one_turn(calls: Connection) -> None:
    assert found(calls, "refund cancel", together=True) == ["c-2"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (SearchFilter(agent="tom"), ["c-2"]),
        (SearchFilter(team="north"), ["c-1", "c-3"]),
        (SearchFilter(queue="sales"), ["c-2"]),
        (SearchFilter(since=STARTED), ["c-1"]),
        (SearchFilter(before=STARTED), ["c-2"]),
        (SearchFilter(since=STARTED - DAY, before=STARTED + DAY), ["c-1", "c-2"]),
        (SearchFilter(agent="' OR 1 = 1 --"), []),
    ],
)
def test_search_keeps_to_its_filters(calls: Connection, filters: SearchFilter, expected: list[str]) -> None:
    assert found(calls, "refund*", filters) == expected


def test_search_by_score_goes_by_the_one_that_counts(calls: Connection) -> None:
    overview = {"call_id": "c-2", "duration_ms": 1, "state": "scored", "share": 0.4, "reviewed": False, "flags": "[]"}
    overview |= {"waits": False, "reasons": "[]", "kinds": 0, "open_disputes": 0}
    calls.execute(call_overviews.insert().values(**overview))
    assert found(calls, "refund*", SearchFilter(least_share=0.4, most_share=0.4)) == ["c-2"]
    assert found(calls, "refund*", SearchFilter(least_share=0.5)) == []
    assert _search(calls, "want").calls[0].share == 0.4


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (Scope(), ["c-1", "c-2", "c-3"]),
        (Scope(teams=("south",)), ["c-2"]),
        (Scope(teams=("south", "north")), ["c-1", "c-2", "c-3"]),
        (Scope(teams=()), []),
        (Scope(agent_id="tom"), ["c-2"]),
        (Scope(agent_id=""), []),
    ],
)
def test_search_finds_nothing_out_of_scope(calls: Connection, scope: Scope, expected: list[str]) -> None:
    assert found(calls, "refund*", scope=scope) == expected
    assert _search(calls, "refund*", scope=scope).total == len(expected)


def test_search_asks_the_recording_whose_call_it_is(calls: Connection) -> None:
    found(calls, "refund")
    calls.execute(text("UPDATE recordings SET team = 'east' WHERE call_id = 'c-2'"))  # and the index not yet
    assert [
        call.call_id for call in search_calls(calls, parse_query("refund"), scope=Scope(teams=("south",))).calls
    ] == []


def test_search_gives_pages(calls: Connection) -> None:
    first = _search(calls, "refund*", limit=2)
    assert ([call.call_id for call in first.calls], first.more, first.total) == (["c-1", "c-2"], True, 3)
    rest = _search(calls, "refund*", limit=2, offset=2)
    assert ([call.call_id for call in rest.calls], rest.more, rest.total) == (["c-3"], False, 3)


@pytest.mark.parametrize(
    "typed",
    [
        '"" refund',
        "refund') --",
        "refund & cancel | !x",
        "refund' <-> 'x",
        "{agent} refund",
        "^refund",
        "refund + cancel",
        "a\\'b refund",
        "re\\fund* refund",
        "'refund' || 'x'",
        "naïve 退款 𝒓efund ⑴",
    ],
)
def test_search_takes_operators_of_databases_for_words(calls: Connection, typed: str) -> None:
    assert set(found(calls, typed)) <= {"c-1", "c-2", "c-3"}


WORDS = ("a", "b", "cc", "cca", "c'a", "é")
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=7).map(" ".join)
LINES = st.lists(st.tuples(st.sampled_from(["agent", "customer", "system"]), TEXTS), min_size=1, max_size=4)
SPEAKERS = st.sampled_from([None, "agent", "customer"])
FOLDED = st.sampled_from(["a", "b", "cc", "cca", "c'a", "e"])
TERMS = st.one_of(
    st.builds(
        Term,
        words=st.lists(FOLDED, min_size=1, max_size=3).map(tuple),
        beginning=st.booleans(),
        speaker=SPEAKERS,
    ),
    st.builds(
        Term,
        words=st.lists(FOLDED, min_size=2, max_size=2, unique=True).map(tuple),
        between=st.integers(0, 3),
        speaker=SPEAKERS,
    ),
)
QUERIES = st.builds(
    Query, wanted=st.lists(TERMS, min_size=1, max_size=3).map(tuple), unwanted=st.lists(TERMS, max_size=2).map(tuple)
)


def _expected(calls: dict[str, list[tuple[str, str]]], query: Query, *, together: bool) -> list[str]:
    """What a reader would find, turn by turn."""

    def says(line: tuple[str, str], term: Term) -> bool:
        return bool(spans_of(line[1], term, Role(line[0])))

    def fits(lines: list[tuple[str, str]]) -> bool:
        if any(says(line, term) for line in lines for term in query.unwanted):
            return False
        if together:
            return any(all(says(line, term) for term in query.wanted) for line in lines)
        return all(any(says(line, term) for line in lines) for term in query.wanted)

    return [call_id for call_id, lines in calls.items() if fits(lines)]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(LINES, min_size=1, max_size=5), st.lists(QUERIES, min_size=4, max_size=4), st.sampled_from([0, 3, 10**6])
)
def test_search_finds_what_a_reader_would_find_whichever_way_it_goes(
    store: Store, some: list[list[tuple[str, str]]], queries: list[Query], many: int
) -> None:
    calls = {f"c-{number}": lines for number, lines in enumerate(some)}
    with pytest.MonkeyPatch.context() as patch, store.begin() as connection:
        patch.setattr(search, "MANY_TURNS", many)
        patch.setattr(search, "FEW_TURNS", many // 2)
        undo = connection.begin_nested()
        for number, (call_id, lines) in enumerate(calls.items()):
            said(connection, call_id, *lines, started_at=STARTED - number * DAY)
        while index_some(connection, most=50):
            pass
        for query in queries:
            for together in (False, True):
                hits = search_calls(connection, query, together=together).calls
                assert [call.call_id for call in hits] == _expected(calls, query, together=together)
        undo.rollback()


def test_index_follows_the_transcript_that_counts(connection: Connection) -> None:
    said(connection, "c-1", ("agent", "first words"))
    assert found(connection, "first") == ["c-1"]
    said(connection, "c-1", ("agent", "other words"), version=2)
    assert unsearched_count(connection) == 1
    assert found(connection, "first") == []
    assert found(connection, "other") == ["c-1"]
    set_current(connection, "c-1", "s-c-1-1")
    assert found(connection, "first") == ["c-1"]
    assert len(found(connection, "words")) == 1


def test_index_is_not_written_again_where_the_transcript_is_the_same(connection: Connection) -> None:
    said(connection, "c-1", ("agent", "the words"))
    found(connection, "words")
    before = connection.scalar(text("SELECT number FROM searchable_calls"))
    scored(connection, score("c-1", "s-again"))
    connection.execute(text("UPDATE scores SET facts_key = 'facts-c-1-1'"))
    assert found(connection, "words") == ["c-1"]
    assert connection.scalar(text("SELECT number FROM searchable_calls")) == before


def test_index_follows_a_corrected_start(connection: Connection) -> None:
    said(connection, "c-1", ("agent", "words"))
    said(connection, "c-2", ("agent", "words"), started_at=STARTED + DAY)
    assert found(connection, "words") == ["c-2", "c-1"]
    corrected = recording(call_id="c-1", media_uri="calls/c-1.wav", started_at=STARTED + 2 * DAY)
    put_intake(connection, Outcome(media_uri=corrected.media_uri, recording=corrected), now=LATER)
    assert found(connection, "words") == ["c-1", "c-2"]


def test_index_leaves_out_calls_whose_transcript_is_gone_or_unreadable(connection: Connection) -> None:
    for call_id in ("c-1", "c-2", "c-3"):
        said(connection, call_id, ("agent", "words"))
    connection.execute(text("DELETE FROM steps WHERE key = 't-c-1-1'"))
    connection.execute(text("""UPDATE steps SET payload = '{"x": 1}' WHERE key IN ('t-c-2-1', 'facts-c-2-1')"""))
    assert found(connection, "words") == ["c-3"]
    assert unsearched_count(connection) == 0


def test_forget_call_leaves_nothing_of_it(connection: Connection) -> None:
    said(connection, "c-1", ("agent", "one"), ("customer", "two"))
    said(connection, "c-2", ("agent", "one"))
    found(connection, "one")
    forget_call(connection, "c-1")
    assert found(connection, "one") == ["c-2"]
    assert connection.scalar(text(f"SELECT count(*) FROM {TURN_INDEX}")) == 1
    forget_call(connection, "c-9")


def test_forget_all_has_every_scored_call_read_anew(connection: Connection) -> None:
    said(connection, "c-1", ("agent", "one"))
    taken_in(connection, "c-2")
    found(connection, "one")
    assert forget_all(connection) == 1
    assert search_calls(connection, parse_query("one")).calls == ()
    assert found(connection, "one") == ["c-1"]
    settle_index(connection)
    assert found(connection, "one") == ["c-1"]


def test_turns_behind_the_last_place_are_searched_as_part_of_it(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.store.search_index.LAST_TURN", 2)
    said(connection, "c-1", *(("agent", f"turn{number}") for number in range(6)))
    said(connection, "c-2", ("agent", "other"))
    assert found(connection, "turn5") == ["c-1"]
    assert found(connection, '"turn4 turn5"') == ["c-1"]


def test_long_turns_and_words_are_searched_alike(connection: Connection) -> None:
    said(connection, "c-1", ("agent", " ".join(f"w{number}" for number in range(16_500)) + " " + "x" * 3000))
    assert found(connection, '"w15998 w15999"') == ["c-1"]
    assert found(connection, "w16400") == []


def test_search_that_takes_too_long_says_what_to_do(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with store.begin() as connection:
        said(connection, "c-1", ("agent", "words"))
        index_some(connection, most=5)
    slow = "pg_sleep(5)"
    if store.engine.dialect.name == "sqlite":
        slow = "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 50000000) SELECT max(i) FROM n)"
    monkeypatch.setattr(search, "_BY_TIME", f"{slow} slow CROSS JOIN searchable_calls s CROSS JOIN recordings r")
    monkeypatch.setattr(search, "FEW_TURNS", -1)
    monkeypatch.setattr(search, "LONGEST_S", 0.2)
    with pytest.raises(QueryError, match="takes longer"), store.read() as connection:
        search_calls(connection, parse_query("words"))
    monkeypatch.undo()
    with store.read() as connection:
        assert len(search_calls(connection, parse_query("words")).calls) == 1
