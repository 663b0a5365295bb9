"""The migrations make exactly the tables of the code, once, quietly, from wherever they are installed."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect, make_url, select, text

from pipeline.errors import StoreError
from pipeline.records import Expectation, Severity, Span
from pipeline.store.calls import get_recording
from pipeline.store.database import Store, open_store
from pipeline.store.migrate import MIGRATIONS, VERSION_TABLE, alembic_config, version_of
from pipeline.store.search_index import is_in_metadata
from pipeline.store.tables import findings, metadata, rule_versions
from tests.factories import evidence, finding
from tests.postgres import PostgresServer
from tests.store.builders import score, scored, taken_in
from tests.store.old_versions import bring_back
from tests.store.test_findings import judged


def test_migrations_make_the_tables_that_the_code_uses(connection: Connection) -> None:
    options = {"version_table": VERSION_TABLE, "compare_type": True, "compare_server_default": True}
    context = MigrationContext.configure(
        connection, opts={**options, "target_metadata": metadata, "include_name": is_in_metadata}
    )
    assert compare_metadata(context, metadata) == []
    found = inspect(connection)
    for table in metadata.sorted_tables:  # names matter to later migrations and are not compared above
        assert found.get_pk_constraint(table.name)["name"] == table.primary_key.name
        names = {key["name"] for key in found.get_foreign_keys(table.name)}
        assert names == {key.name for key in table.foreign_key_constraints}


def test_migrations_collate_codes_by_code_point_on_postgresql(postgres_server: PostgresServer) -> None:
    store = open_store(postgres_server.new_url())
    query = "SELECT table_name, column_name FROM information_schema.columns"
    with store.begin() as connection:
        by_code_point = connection.execute(
            text(f"{query} WHERE collation_name = 'C' AND table_schema = current_schema()")
        )
        in_code = {
            (table.name, column.name)
            for table in metadata.sorted_tables
            for column in table.columns
            if getattr(column.type.dialect_impl(connection.dialect), "collation", None) == "C"
        }
        assert set(by_code_point) == in_code
    store.close()


def test_open_store_of_a_migrated_database_keeps_what_is_in_it(store_url: str) -> None:
    first = open_store(store_url)
    with first.begin() as connection:
        call = taken_in(connection)
    first.close()
    second = open_store(store_url)
    with second.begin() as connection:
        assert get_recording(connection, call.call_id) == call
        assert version_of(connection) == ScriptDirectory.from_config(alembic_config()).get_current_head()
    second.close()


def test_open_store_refuses_a_database_of_a_newer_version(store: Store, store_url: str) -> None:
    with store.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(StoreError, match=r"at version 9999, this Earmark knows versions up to 0\d+: a newer Earmark"):
        open_store(store_url)


def test_open_store_leaves_another_programs_database_alone(store_url: str) -> None:
    engine = create_engine(make_url(store_url).set(drivername=_driver(store_url)))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE flags (country TEXT)"))
    with pytest.raises(StoreError, match="tables named flags that are not Earmark's"):
        open_store(store_url)
    with engine.begin() as connection:
        assert inspect(connection).get_table_names() == ["flags"]
    engine.dispose()


def test_migrations_that_fail_leave_nothing_behind(store_url: str) -> None:
    engine = create_engine(make_url(store_url).set(drivername=_driver(store_url)))
    with engine.begin() as connection:  # in the way of an index of the first migration
        connection.execute(text("CREATE TABLE elsewhere (a TEXT)"))
        connection.execute(text("CREATE INDEX ix_flags_score_id ON elsewhere (a)"))
    with pytest.raises(StoreError, match="ix_flags_score_id"):
        open_store(store_url)
    with engine.begin() as connection:
        assert inspect(connection).get_table_names() == ["elsewhere"]
    engine.dispose()


def test_open_store_prints_and_logs_nothing(
    store_url: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        open_store(store_url).close()
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []


def test_migrations_are_found_in_a_folder_of_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "100 % mine: here" / "migrations"
    shutil.copytree(MIGRATIONS, folder)
    assert ScriptDirectory.from_config(alembic_config(folder)).get_current_head() is not None


def _driver(url: str) -> str:
    return "sqlite" if url.startswith("sqlite") else "postgresql+psycopg"


def test_findings_of_calls_that_were_scored_before_are_counted_after_the_update(store: Store, store_url: str) -> None:
    hidden = evidence(quote="my name is Bond")
    found = (
        finding("notice", evidence=(evidence(meaning_similarity=0.7), hidden)),
        finding("promise", "absent", severity=Severity.CRITICAL, expected=Expectation.ABSENT),
        finding("threat", "cannot_assess", reason="Said at 0:12 (“my name is Bond”) by nobody known."),
        finding("silence", evidence=(), stretches=(Span(start_ms=3, end_ms=5),)),
    )
    with store.begin() as connection:
        for number in range(3):
            taken_in(connection, f"c-{number}")
            if number:
                judged(connection, f"c-{number}", *found)
        scored(connection, score("c-0", "s-0"))  # made from facts that are not there any more
        written = _counted(connection)
        bring_back(connection, "0002")
    again = open_store(store_url)
    with again.read() as connection:
        assert _counted(connection) == written
        assert len(written[1]) == 8
    again.close()


def _counted(connection: Connection) -> list[list[tuple[object, ...]]]:
    queries = (select(table).order_by(*table.primary_key.columns) for table in (rule_versions, findings))
    return [[tuple(row) for row in connection.execute(query)] for query in queries]
