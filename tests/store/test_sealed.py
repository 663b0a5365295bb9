"""Words of calls are sealed where there is a key, on both databases."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Connection, LargeBinary, Text, insert, inspect, select, text, type_coerce

from pipeline.at_rest.in_use import use_keys
from pipeline.at_rest.keys import KeyRing, make_key, parse_keys
from pipeline.errors import QueryError, SealedError, StoreError
from pipeline.records import CallFindings, FactKeys, Transcript
from pipeline.store.at_rest_tables import at_rest_keys
from pipeline.store.comments import comments_of_call
from pipeline.store.console_tables import comments, metadata
from pipeline.store.database import Store, inspect_database, open_store
from pipeline.store.flags import flags_of_score
from pipeline.store.keys_needed import keys_needed
from pipeline.store.reseal import finish, reseal, sealed_columns
from pipeline.store.scores import get_score
from pipeline.store.sealed import SealedBytes, SealedText, is_sealing
from pipeline.store.search import search_calls
from pipeline.store.search_index import TURN_INDEX, index_some, unsearched_count
from pipeline.store.search_query import parse_query
from pipeline.store.snapshot import dump
from pipeline.store.steps import get_step, put_step
from pipeline.store.stored_facts import languages, named_facts
from pipeline.store.tables import UtcDateTime, criterion_results, flags, steps
from tests.factories import evidence, transcript
from tests.store.builders import LATER, NOW, flag, result, score, scored, taken_in

MARK = "harbourlantern"
OLD, NEW = make_key(), make_key()
ONE, OTHER, BOTH = parse_keys(OLD), parse_keys(NEW), parse_keys(f"{NEW},{OLD}")

PLAIN = {
    "api_tokens.name": "what somebody called a token",
    "api_tokens.permissions": "codes",
    "audit_log.details": "ids and counts; it is hashed as it stands",
    "calibration_sessions.calls": "ids",
    "calibration_sessions.reviewers": "names of people",
    "call_overviews.flags": "codes",
    "call_overviews.reasons": "kinds and subjects",
    "coaching_sessions.questions": "ids",
    "contact_reasons.name": "what somebody called a reason",
    "criterion_results.answer": "one of the rubric's own answers; compared in SQL",
    "criterion_results.depends_on": "ids",
    "criterion_results.leaning_answer": "one of the rubric's own answers",
    "criterion_results.rule_ids": "ids",
    "criterion_results.searched": "times",
    "criterion_results.title": "of the rubric",
    "deletion_records.document": "keyed hashes and counts; it is signed as it stands, and read without the key",
    "deletion_records.reason": "why calls were deleted; it proves that, also without the key",
    "deletion_records.rows": "counts",
    "deletion_records.signature": "of the document",
    "failures.reason": "without words of the call, as all messages",
    "files.defects": "what is wrong with a file",
    "files.sound": "figures and hashes",
    "findings.reason": "without words of the call",
    "kpi_imports.source": "name of a file",
    "legal_holds.lifted_reason": "why a hold was lifted; it proves that, also without the key",
    "legal_holds.reason": "why there is a hold; it proves that, also without the key",
    "recordings.defects": "what is wrong with a file",
    "recordings.metadata": "what the telephone system tells; compared in groups",
    "reviews.answer": "one of the rubric's own answers; compared in SQL",
    "rule_versions.title": "of the rule",
    "sampled_calls.reason": "of the policy",
    "saved_views.name": "what somebody called a list",
    "saved_views.query": "filters",
    "scores.terms": "figures",
    "trust_versions.payload": "figures",
    "uploads.name": "name of a file",
    "uploads.reason": "without words of the call",
    "users.display_name": "name of a person",
    "users.password_hash": "a hash",
    "users.teams": "names of teams",
    "webhook_deliveries.answer": "status of an answer",
    "webhook_deliveries.payload": "ids and counts",
    "webhooks.events": "codes",
    "webhooks.url": "address",
}
"""Columns of free text that stay plain, and why. A new one is listed here, or sealed."""


@pytest.fixture(autouse=True)
def _no_keys_of_the_process() -> Iterator[None]:
    use_keys(None)
    yield
    use_keys(None)


def opened(url: str, ring: KeyRing | None = None) -> Any:
    return closing(open_store(url, keys=ring))


def raw(connection: Connection, column: Column[Any]) -> Any:
    kept = LargeBinary() if isinstance(column.type, SealedBytes) else Text()
    return connection.scalar(select(type_coerce(column, kept)))


def said(call_id: str = "c-0001") -> Transcript:
    return transcript(("agent", MARK), ("customer", "Yes."), call_id=call_id)


def fill(connection: Connection) -> None:
    """Put a row into every table, with the phrase in every column that is to be sealed."""

    def value(column: Column[Any]) -> Any:
        if isinstance(column.type, SealedBytes):
            return MARK.encode()
        if isinstance(column.type, SealedText):
            return f"{column.name}: {MARK}"
        if isinstance(column.type, UtcDateTime):
            return NOW
        made = {date: NOW.date(), int: 1, float: 0.5, bool: True, bytes: b"1"}
        return made.get(column.type.python_type, f"{column.name}-1")

    for table in metadata.sorted_tables:
        if table is not at_rest_keys:
            connection.execute(insert(table).values({column.name: value(column) for column in table.columns}))


def everything(connection: Connection) -> str:
    """Return all that is in the database, as it is kept."""
    found = []
    for name in inspect(connection).get_table_names():
        if not name.startswith(f"{TURN_INDEX}_"):
            found += [
                str(tuple(map(bytes_as_text, row))) for row in connection.execute(text(f'SELECT * FROM "{name}"'))
            ]
    return "\n".join(found)


def bytes_as_text(value: Any) -> Any:
    return bytes(value).decode("latin-1") if isinstance(value, (bytes, memoryview)) else value


def test_every_column_of_free_text_is_sealed_or_says_why_not() -> None:
    free = {
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if type(column.type) in (Text, LargeBinary) and getattr(column.type, "_variant_mapping", {}) == {}
    }
    assert free == set(PLAIN)


def test_every_sealed_column_knows_its_place() -> None:
    for table, columns in sealed_columns().items():
        for column in columns:
            assert column.type.place == f"{table.name}.{column.name}"
            assert not column.primary_key
            assert not column.index


def test_with_a_key_no_word_is_stored_in_the_clear_and_all_are_read(store_url: str) -> None:
    with opened(store_url, ONE) as store:
        with store.begin() as connection:
            fill(connection)
        with store.read() as connection:
            assert MARK not in everything(connection)
            for table, columns in sealed_columns().items():
                for column in columns:
                    kept, read = raw(connection, column), connection.scalar(select(column))
                    prefix = f"sealed-1:{ONE.first.key_id}:"
                    assert bytes_as_text(kept).startswith(prefix), column
                    in_bytes = isinstance(column.type, SealedBytes)
                    assert read == (MARK.encode() if in_bytes else f"{column.name}: {MARK}"), (table.name, column.name)


def test_without_a_key_rows_are_what_they_always_were(store_url: str) -> None:
    with opened(store_url) as store:
        with store.begin() as connection:
            fill(connection)
        with store.read() as connection:
            for columns in sealed_columns().values():
                for column in columns:
                    assert raw(connection, column) == connection.scalar(select(column))
                    assert MARK in bytes_as_text(raw(connection, column))
            assert keys_needed(connection) == []


def test_records_come_back_the_same_with_and_without_a_key(tmp_path: Path) -> None:
    found = []
    for name, ring in (("plain", None), ("sealed", ONE)):
        with opened(f"sqlite:///{tmp_path / name}.db", ring) as store:
            with store.begin() as connection:
                fill(connection)
            with store.read() as connection:
                found.append({table: rows for table, rows in dump(connection).items() if table != at_rest_keys.name})
    assert found[0] == found[1]


def test_values_that_say_nothing_can_still_be_asked_for(store_url: str) -> None:
    with opened(store_url, ONE) as store, store.begin() as connection:
        taken_in(connection)
        quoted, silent = result("greeting", evidence=(evidence(quote=MARK),)), result("recap", evidence=())
        scored(connection, score("c-0001", "s-1", quoted, silent))
        column = criterion_results.c
        with_evidence = select(column.criterion_id).where(column.evidence != "[]")
        assert connection.scalars(with_evidence).all() == ["greeting"]
        kept = get_score(connection, "s-1")
        assert kept is not None
        assert [each.evidence for each in kept.results] == [quoted.evidence, ()]


def test_rows_from_before_there_was_a_key_are_read_beside_sealed_ones(store_url: str) -> None:
    with opened(store_url) as store, store.begin() as connection:
        taken_in(connection)
        put_step(connection, "t-1", call_id="c-0001", step="transcript", record=said(), now=NOW)
    with opened(store_url, ONE) as store, store.begin() as connection:
        put_step(connection, "t-2", call_id="c-0001", step="transcript", record=said(), now=LATER)
        assert get_step(connection, "t-1", Transcript) == get_step(connection, "t-2", Transcript) == said()
        kept = connection.scalars(select(type_coerce(steps.c.payload, Text())).order_by(steps.c.key)).all()
        assert [MARK in each for each in kept] == [True, False]


def test_a_step_that_is_stored_stays_as_it_is(store_url: str) -> None:
    with opened(store_url, ONE) as store, store.begin() as connection:
        taken_in(connection)
        put_step(connection, "t-1", call_id="c-0001", step="transcript", record=said(), now=NOW)
        before = raw(connection, steps.c.payload)
        put_step(connection, "t-1", call_id="c-0001", step="transcript", record=said(), now=LATER)
        assert raw(connection, steps.c.payload) == before


def test_the_language_of_a_sealed_transcript_is_found(store_url: str) -> None:
    with opened(store_url, ONE) as store, store.begin() as connection:
        _searchable(connection)
        named = named_facts(connection, ["c-0001"])
        assert languages(connection, named) == {"c-0001": "en"}


@pytest.mark.parametrize("ring", [None, OTHER])
def test_a_database_whose_key_is_missing_is_refused_by_its_name(store_url: str, ring: KeyRing | None) -> None:
    with opened(store_url, ONE):
        pass
    with pytest.raises(SealedError, match=f"sealed with key {ONE.first.key_id}.*EARMARK_AT_REST_KEY") as told:
        open_store(store_url, keys=ring)
    assert OLD not in str(told.value)
    assert NEW not in str(told.value)
    use_keys(ring)
    with pytest.raises(SealedError, match=ONE.first.key_id):
        inspect_database(store_url)
    use_keys(BOTH)
    assert "version" in inspect_database(store_url)


def test_the_keys_of_the_process_are_used_where_none_are_given(store_url: str) -> None:
    use_keys(ONE)
    with opened(store_url) as store, store.read() as connection:
        assert is_sealing(connection)
        assert keys_needed(connection) == [ONE.first.key_id]


def test_a_sealed_row_is_not_taken_for_text_by_a_process_that_was_there_before(store_url: str) -> None:
    with opened(store_url) as old:
        with opened(store_url, ONE) as store, store.begin() as connection:
            taken_in(connection)
            put_step(connection, "t-1", call_id="c-0001", step="transcript", record=said(), now=NOW)
        with old.read() as connection, pytest.raises(SealedError, match=ONE.first.key_id):
            get_step(connection, "t-1", Transcript)


def test_a_value_cannot_be_put_into_another_column(store_url: str) -> None:
    with opened(store_url, ONE) as store:
        with store.begin() as connection:
            fill(connection)
            connection.execute(text("UPDATE comments SET text = (SELECT reason FROM reviews)"))
        with store.read() as connection, pytest.raises(SealedError, match=r"comments\.text"):
            comments_of_call(connection, "call_id-1")


def test_a_text_that_only_looks_sealed_cannot_break_a_page(store_url: str) -> None:
    looks = f"sealed-1:{ONE.first.key_id}:AAAA"
    with opened(store_url) as store:
        with store.begin() as connection:
            fill(connection)
            connection.execute(comments.update().values(text=looks))
        with store.read() as connection:
            assert [each.text.strip() for each in comments_of_call(connection, "call_id-1")] == [looks]
    with opened(store_url, ONE) as store:
        with store.begin() as connection:
            connection.execute(comments.update().values(text=looks))
        with store.read() as connection:
            assert [each.text for each in comments_of_call(connection, "call_id-1")] == [looks]


def test_flags_and_executemany_are_sealed(store_url: str) -> None:
    with opened(store_url, ONE) as store, store.begin() as connection:
        taken_in(connection)
        of = score("c-0001", "s-1")
        raised = [flag(f"fl-{n}", of=of, reason=f"{MARK} {n}", evidence=(evidence(quote=MARK),)) for n in range(3)]
        scored(connection, of, *raised)
        assert [each.reason for each in flags_of_score(connection, "s-1")] == [each.reason for each in raised]
        for kept in connection.scalars(select(type_coerce(flags.c.reason, Text()))):
            assert kept.startswith("sealed-1:")


def _searchable(connection: Connection) -> None:
    taken_in(connection)
    put_step(connection, "t-1", call_id="c-0001", step="transcript", record=said(), now=NOW)
    put_step(connection, "fi-1", call_id="c-0001", step="findings", record=CallFindings(findings=()), now=NOW)
    keys = FactKeys(transcript="t-1", findings="fi-1", sentiment="s", measures="m")
    put_step(connection, "facts-1", call_id="c-0001", step="facts", record=keys, now=NOW)
    scored(connection, score("c-0001", "s-1"))
    connection.execute(text("UPDATE scores SET facts_key = 'facts-1'"))


def test_words_are_not_indexed_and_search_says_so(store_url: str) -> None:
    with opened(store_url, ONE) as store, store.begin() as connection:
        _searchable(connection)
        while index_some(connection, most=10):
            pass
        assert unsearched_count(connection) == 0
        assert connection.scalar(text(f"SELECT count(*) FROM {TURN_INDEX}")) == 0
        with pytest.raises(QueryError, match="search is off"):
            search_calls(connection, parse_query("harbour"))


def pass_over(store: Store, *, to_plain: bool = False) -> tuple[int, list[str]]:
    changed = sum(some.changed for some in reseal(store, to_plain=to_plain))
    return changed, finish(store, to_plain=to_plain)


def sealed_by(connection: Connection) -> set[str]:
    kept = [bytes_as_text(raw(connection, column)) for columns in sealed_columns().values() for column in columns]
    return {each.split(":")[1] if each.startswith("sealed-1:") else "plain" for each in kept}


def test_a_database_is_sealed_rotated_and_opened_again(store_url: str) -> None:
    tables = len(sealed_columns())
    with opened(store_url) as store:
        with store.begin() as connection:
            fill(connection)
        with store.read() as connection:
            before = dump(connection)
    with opened(store_url, ONE) as store:
        assert pass_over(store) == (tables, [])
        assert pass_over(store) == (0, [])
        with store.read() as connection:
            assert sealed_by(connection) == {ONE.first.key_id}
            assert MARK not in everything(connection)
    with opened(store_url, BOTH) as store:
        with store.read() as connection:
            assert keys_needed(connection) == sorted(BOTH.key_ids)
        assert pass_over(store) == (tables, [ONE.first.key_id])
        with store.read() as connection:
            assert sealed_by(connection) == {OTHER.first.key_id}
    with opened(store_url, OTHER) as store:  # the old key is not needed any more
        assert pass_over(store, to_plain=True) == (tables, [OTHER.first.key_id])
    with opened(store_url) as store, store.read() as connection:
        assert sealed_by(connection) == {"plain"}
        after = dump(connection)
    for derived in ("searchable_calls", "stale_searches"):
        before.pop(derived), after.pop(derived)
    assert after == before


def test_a_database_in_use_is_not_called_sealed_while_its_file_may_hold_what_was_there_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.store.engine.BUSY_TIMEOUT_S", 0.1)
    url = f"sqlite:///{tmp_path / 'in-use.db'}"
    with opened(url, ONE) as store, store.begin() as connection:
        fill(connection)
    with opened(url, BOTH) as store:
        with store.read() as reading:
            reading.execute(select(steps.c.key)).all()
            with pytest.raises(StoreError, match="in use"):
                pass_over(store)
        with store.read() as connection:
            assert keys_needed(connection) == sorted(BOTH.key_ids)
        assert pass_over(store) == (0, [ONE.first.key_id])


def late(store: Store, key: str) -> None:
    with store.begin() as connection:
        put_step(connection, key, call_id="c-0001", step="transcript", record=said(), now=NOW)


def test_a_process_that_was_not_started_again_seals_nothing_by_a_retired_key(store_url: str) -> None:
    with opened(store_url, ONE) as stale, opened(store_url, BOTH) as store:
        with stale.begin() as connection:
            taken_in(connection)
        late(stale, "t-1")  # until the pass begins it may
        work = reseal(store)
        next(work)
        for at in ("during the pass", "after it"):
            with pytest.raises(SealedError, match=rf"key {ONE.first.key_id} seals nothing .* Start it again"):
                late(stale, f"t-2 {at}")
            with stale.read() as connection:
                assert keys_needed(connection) == sorted(OTHER.key_ids if at == "after it" else BOTH.key_ids)
            list(work)
            assert finish(store) == ([] if at == "after it" else [ONE.first.key_id])
        late(store, "t-3")
        with store.read() as connection:
            kept = connection.scalars(select(type_coerce(steps.c.payload, Text()))).all()
            assert {each.split(":")[1] for each in kept} == {OTHER.first.key_id}
            assert len(kept) == 2


def test_a_pass_waits_for_who_seals_by_the_old_key_just_now(store_url: str) -> None:
    with opened(store_url, ONE) as stale, opened(store_url, BOTH) as store, ThreadPoolExecutor(1) as pool:
        with stale.begin() as connection:
            taken_in(connection)
            put_step(connection, "t-1", call_id="c-0001", step="transcript", record=said(), now=NOW)
            passed = pool.submit(pass_over, store)
            if stale.engine.dialect.name == "postgresql":
                waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
                while not connection.scalar(waiting):
                    assert not passed.done()
        assert passed.result(60) == (1, [ONE.first.key_id])


def test_what_is_opened_for_good_is_not_sealed_by_who_was_there_before(store_url: str) -> None:
    with opened(store_url, ONE) as stale, opened(store_url, ONE) as store:
        with stale.begin() as connection:
            taken_in(connection)
        assert pass_over(store, to_plain=True) == (0, [ONE.first.key_id])
        for each in (stale, store):
            with pytest.raises(SealedError, match="Start it again"):
                late(each, "t-1")
    with opened(store_url, ONE) as again:  # started again with the key: it is needed again
        late(again, "t-1")
        with again.read() as connection:
            assert keys_needed(connection) == [ONE.first.key_id]


def test_a_pass_that_was_stopped_leaves_all_keys_needed(store_url: str) -> None:
    with opened(store_url, ONE) as store, store.begin() as connection:
        taken_in(connection)
        put_step(connection, "t-1", call_id="c-0001", step="transcript", record=said(), now=NOW)
    with opened(store_url, BOTH) as store:
        next(work := reseal(store))
        work.close()
    for ring in (ONE, OTHER, None):
        with pytest.raises(SealedError, match="not at hand"):
            open_store(store_url, keys=ring)
    with opened(store_url, BOTH) as store:
        assert pass_over(store) == (0, [ONE.first.key_id])
    with opened(store_url, OTHER):
        pass


def test_of_two_passes_to_different_keys_the_first_ends_and_forgets_nothing(store_url: str) -> None:
    with opened(store_url, ONE) as store, store.begin() as connection:
        taken_in(connection)
        put_step(connection, "t-1", call_id="c-0001", step="transcript", record=said(), now=NOW)
    back = parse_keys(f"{OLD},{NEW}")
    with opened(store_url, BOTH) as first:
        next(reseal(first))
        with opened(store_url, back) as second:
            work = reseal(second)
            next(work)
            with pytest.raises(SealedError, match="retired meanwhile"):
                finish(first)
            with pytest.raises(SealedError, match="retired meanwhile"):
                next(reseal(first))
            list(work)
            assert finish(second) == [OTHER.first.key_id]
    with opened(store_url, ONE) as store, store.read() as connection:
        assert get_step(connection, "t-1", Transcript) == said()


def test_a_pass_that_was_stopped_goes_on(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.store.reseal.ROWS_AT_ONCE", 7)
    with opened(store_url) as store, store.begin() as connection:
        taken_in(connection)
        for n in range(40):
            put_step(connection, f"t-{n:02}", call_id="c-0001", step="transcript", record=said(), now=NOW)
    with opened(store_url, ONE) as store:
        work = reseal(store)
        done = sum(next(work).changed for _ in range(2))
        work.close()
        assert done == 14
        changed, _ = pass_over(store)
        assert changed == 26
        with store.read() as connection:
            assert MARK not in everything(connection)
            assert all(get_step(connection, f"t-{n:02}", Transcript) == said() for n in range(40))


def test_sealing_leaves_no_word_in_the_file_of_sqlite(tmp_path: Path) -> None:
    file = tmp_path / "earmark.db"
    with opened(f"sqlite:///{file}") as store:
        with store.begin() as connection:
            _searchable(connection)
            index_some(connection, most=10)
        with store.read() as connection:
            assert connection.scalar(text(f"SELECT count(*) FROM {TURN_INDEX}")) == 2
    assert any(b"harbour" in each.read_bytes() for each in tmp_path.iterdir())
    with opened(f"sqlite:///{file}", ONE) as store:
        pass_over(store)
        for each in tmp_path.iterdir():
            assert b"harbour" not in each.read_bytes().lower(), each.name


def test_the_key_is_nowhere_in_the_database(tmp_path: Path) -> None:
    file = tmp_path / "earmark.db"
    with opened(f"sqlite:///{file}", ONE) as store, store.begin() as connection:
        fill(connection)
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("SELECT key_id FROM at_rest_keys").fetchall() == [(ONE.first.key_id,)]
    content = file.read_bytes()
    assert OLD.encode() not in content
    assert ONE.first.secret not in content
    assert json.dumps(OLD).encode() not in content
