"""What every released version left behind is brought up to date, with everything in it, on both databases."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, make_url, text

from pipeline.audit.log import check_log
from pipeline.reviewing.evaluations import read_evaluation
from pipeline.store.calls import list_calls
from pipeline.store.database import Store, open_store
from pipeline.store.migrate import VERSION_TABLE, alembic_config, version_of
from pipeline.store.search_index import TURN_INDEX, is_in_metadata
from pipeline.store.tables import metadata
from tests.postgres import PostgresServer
from tests.store.builders import taken_in
from tests.store.freeze_release import ABOUT, POSTGRESQL, RELEASES, SCHEMA, SQLITE, is_released, version
from tests.store.frozen_rows import CALLS, EMPTY
from tests.store.old_versions import bring_back

ROOT = Path(__file__).resolve().parents[2]
RELEASED = sorted(folder.name for folder in RELEASES.iterdir())
HEAD = ScriptDirectory.from_config(alembic_config()).get_current_head()
DROPPED: frozenset[str] = frozenset()
"""Tables of earlier versions that a later one gave up."""


@pytest.fixture(params=RELEASED)
def release(request: pytest.FixtureRequest) -> str:
    """A released version, or the one that comes next."""
    return str(request.param)


@pytest.fixture(params=["sqlite", "postgresql"])
def left_behind(request: pytest.FixtureRequest, release: str, tmp_path: Path) -> str:
    """The URL of a database as a release left it."""
    folder = RELEASES / release
    if request.param == "sqlite":
        (tmp_path / "earmark.db").write_bytes(gzip.decompress((folder / SQLITE).read_bytes()))
        return f"sqlite:///{tmp_path / 'earmark.db'}"
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.new_url()
    schema = url.rpartition("%3D")[2]
    dump = gzip.decompress((folder / POSTGRESQL).read_bytes()).decode().replace(f"{SCHEMA}.", f"{schema}.")
    with server.connect() as connection:
        connection.execute(dump)  # type: ignore[call-overload]
    return url


def rows_of(url: str) -> dict[str, int]:
    """Return how many rows each table of a database has, without bringing it up to date."""
    driver = "sqlite" if url.startswith("sqlite") else "postgresql+psycopg"
    engine = create_engine(make_url(url).set(drivername=driver))
    with engine.connect() as connection:
        names = [name for name in inspect(connection).get_table_names() if not name.startswith(f"{TURN_INDEX}_")]
        rows = {name: connection.scalar(text(f"SELECT count(*) FROM {name}")) or 0 for name in names}
    engine.dispose()
    return rows


def test_release_left_rows_in_every_table(left_behind: str) -> None:
    rows = rows_of(left_behind)
    assert {VERSION_TABLE, TURN_INDEX, "scores", "steps", "audit_log"} <= rows.keys()
    assert {name for name, count in rows.items() if not count} == EMPTY


def test_release_is_brought_to_the_tables_of_this_version_and_loses_no_row(left_behind: str, release: str) -> None:
    before = rows_of(left_behind)
    with closing(open_store(left_behind)) as store, store.begin() as connection:
        assert version_of(connection) == HEAD
        options = {"version_table": VERSION_TABLE, "target_metadata": metadata, "include_name": is_in_metadata}
        context = MigrationContext.configure(
            connection, opts={**options, "compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []
    after = rows_of(left_behind)
    assert {name: after.get(name) for name in before.keys() - DROPPED} == {
        name: count for name, count in before.items() if name not in DROPPED
    }
    assert json.loads((RELEASES / release / ABOUT).read_text())["migration"] <= str(HEAD)


def test_release_is_read_by_this_version(left_behind: str) -> None:
    with closing(open_store(left_behind)) as store, store.read() as connection:
        calls = list_calls(connection)
        assert len(calls) == CALLS
        told = [read_evaluation(connection, call.call_id) for call in calls]
        assert all(each.reviews and each.machine.results for each in told)
        log = check_log(connection, {})
        assert (log.head.count, log.problems) == (2, ())


def test_version_to_come_is_frozen_as_this_code_writes_it() -> None:
    assert version() in RELEASED
    about = json.loads((RELEASES / version() / ABOUT).read_text())
    if not is_released(version()):
        assert about["migration"] == HEAD, "a migration was added: python -m tests.store.freeze_release"


def test_several_processes_at_once_bring_an_old_database_up_to_date_once(store: Store, store_url: str) -> None:
    with store.begin() as connection:
        expected = [taken_in(connection, f"c-{number}").call_id for number in range(20)]
        bring_back(connection, "0002")
    store.close()
    program = "import sys; from pipeline.store.database import open_store; open_store(sys.argv[1]).close()"
    command = [sys.executable, "-W", "error", "-c", program, store_url]
    started = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for _ in range(2)]
    outputs = [process.communicate(timeout=60)[0].decode() for process in started]
    assert ([process.returncode for process in started], outputs) == ([0, 0], ["", ""])
    with closing(open_store(store_url)) as again, again.read() as connection:
        assert version_of(connection) == HEAD
        assert sorted(call.call_id for call in list_calls(connection)) == sorted(expected)
