"""Figures read from another database: only read, and no secret told."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from pipeline.config import KpiSettings
from pipeline.errors import AuthoredFileError, ConfigError, StoreError
from pipeline.kpis.checks import check_table
from pipeline.kpis.outcome import rows_to_keep
from pipeline.kpis.source_database import read_database
from pipeline.load_settings import load_settings

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SECRET = "s3cret-word"


@pytest.fixture
def phone_system(tmp_path: Path) -> Path:
    """A telephone system's database."""
    file = tmp_path / "acd.db"
    with closing(sqlite3.connect(file)) as database, database:
        database.execute(
            "CREATE TABLE cdr (call_ref TEXT, agent_id TEXT, started_at TEXT, talk_s REAL, hold_s INTEGER, "
            "wrap_up_s REAL, transferred BOOLEAN)"
        )
        database.execute("INSERT INTO cdr VALUES ('T1', 'maria', '2026-10-05 09:14:22', 60.25, 5, NULL, 1)")
    return file


def settings_for(file: Path, calls_from: str | None = "cdr", **changes: object) -> KpiSettings:
    return KpiSettings.model_validate({"database_url": f"sqlite:///{file}", "calls_from": calls_from, **changes})


@pytest.mark.parametrize(
    "calls_from", ["cdr", "main.cdr", "SELECT * FROM cdr", "with x as (select * from cdr) select * from x"]
)
def test_a_table_or_a_query_is_read(phone_system: Path, calls_from: str) -> None:
    settings = settings_for(phone_system, calls_from)
    table = read_database("calls", settings)
    checked = check_table(table, "calls", settings, zone="America/New_York", now=NOW, source="database")
    (row,) = rows_to_keep(checked)
    assert row["started_at"].isoformat() == "2026-10-05T13:14:22+00:00"
    assert (row["talk_s"], row["hold_s"], row["wrap_up_s"], row["transferred"]) == (60.25, 5.0, None, True)


def test_bad_rows_are_told_by_number(phone_system: Path) -> None:
    with closing(sqlite3.connect(phone_system)) as database, database:
        database.execute("INSERT INTO cdr VALUES ('T2', 'maria', '2026-10-05 09:14:22', -1, 5, 1, 1)")
    settings = settings_for(phone_system)
    with pytest.raises(AuthoredFileError, match=r"talk_s: row 2: no length"):
        check_table(read_database("calls", settings), "calls", settings, zone="UTC", now=NOW, source="database")


@pytest.mark.parametrize(
    "query", ["DROP TABLE cdr", "cdr; DELETE FROM cdr", "cdr WHERE 1=1", "UPDATE cdr SET talk_s = 0"]
)
def test_what_is_no_table_and_no_query_is_refused(phone_system: Path, query: str) -> None:
    with pytest.raises(ConfigError, match=r"kpis\.calls_from: write the name of a table, or a query"):
        read_database("calls", settings_for(phone_system, query))


def test_a_query_that_writes_is_refused_by_the_database(phone_system: Path) -> None:
    writing = "WITH x AS (SELECT 1) DELETE FROM cdr RETURNING *"
    with pytest.raises(StoreError, match="could not be read"):
        read_database("calls", settings_for(phone_system, writing))
    with closing(sqlite3.connect(phone_system)) as database:
        assert database.execute("SELECT count(*) FROM cdr").fetchone() == (1,)


def test_what_is_not_named_is_told(phone_system: Path) -> None:
    with pytest.raises(ConfigError, match=r"needs kpis\.database_url and kpis\.calls_from"):
        read_database("calls", settings_for(phone_system, None))
    with pytest.raises(ConfigError, match=r"kpis\.surveys_from"):
        read_database("surveys", settings_for(phone_system))
    with pytest.raises(StoreError, match=r"the calls could not be read \(OperationalError\)"):
        read_database("calls", settings_for(phone_system, "nothing_there"))


def test_a_file_that_is_not_there_is_told_and_not_made(tmp_path: Path) -> None:
    missing = tmp_path / "none.db"
    with pytest.raises(ConfigError, match=r"none\.db: no such file; kpis\.database_url"):
        read_database("calls", settings_for(missing))
    assert not missing.exists()


def test_a_password_is_never_told(tmp_path: Path) -> None:
    settings = KpiSettings.model_validate(
        {
            "database_url": "postgresql://reader@127.0.0.1:1/phone?connect_timeout=1",
            "database_password": SECRET,
            "calls_from": "cdr",
        }
    )
    with pytest.raises(StoreError) as refused:
        read_database("calls", settings)
    assert SECRET not in f"{refused.value} {settings!r}"
    with pytest.raises(ConfigError) as unknown:
        read_database("calls", settings.model_copy(update={"database_url": type(settings.database_password)("x")}))
    assert SECRET not in str(unknown.value)


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://reader:{SECRET}@db/phone",
        f"postgresql://db/phone?password={SECRET}",
        f"mssql://?odbc_connect={SECRET}",
    ],
)
def test_an_address_with_a_password_is_refused_without_telling_it(url: str) -> None:
    with pytest.raises(ValidationError, match="EARMARK_KPIS__DATABASE_PASSWORD") as refused:
        KpiSettings.model_validate({"database_url": url})
    assert all(SECRET not in error["msg"] for error in refused.value.errors())


def test_a_password_in_a_settings_file_is_refused_and_one_in_the_environment_is_not(tmp_path: Path) -> None:
    file = tmp_path / "earmark.toml"
    file.write_text(f'[kpis]\ndatabase_password = "{SECRET}"\n', encoding="utf-8")
    with pytest.raises(AuthoredFileError, match="EARMARK_KPIS__DATABASE_PASSWORD") as refused:
        load_settings(file=file, environment={})
    assert SECRET not in str(refused.value)
    file.write_text("[kpis]\nrepeat_days = 3\n", encoding="utf-8")
    settings = load_settings(file=file, environment={"EARMARK_KPIS__DATABASE_PASSWORD": SECRET})
    assert settings.kpis.database_password is not None
    assert settings.kpis.database_password.get_secret_value() == SECRET


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ({"call_columns": {"agent": "Agent"}}, "unknown field 'agent' (did you mean 'agent_id'?)"),
        ({"call_columns": {"queue": "x", "topic": "X"}}, "two fields cannot have one column"),
        ({"call_columns": {"queue": ""}}, "a column has a name"),
        ({"repeat_days_by_queue": {"bank": 0}}, "more than 0 and at most 366 days"),
        ({"encoding": "klingon"}, "unknown encoding 'klingon'"),
        ({"encoding": "rot13"}, "no encoding of text"),
    ],
)
def test_settings_say_what_is_wrong(setting: dict[str, object], told: str) -> None:
    with pytest.raises(ValidationError) as refused:
        KpiSettings.model_validate(setting)
    assert told in str(refused.value)
