"""`earmark kpis` as a manager uses it, on the shipped sample exports."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.main import build, tell
from pipeline.errors import AuthoredFileError
from pipeline.store.database import open_store
from tests.store.builders import result, score, scored, taken_in
from tools import sample_phone_export

app = build("kpis")
SAMPLES = Path(__file__).resolve().parents[2] / "samples"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace with two of the sample calls, as their recorder saw them."""
    store = open_store(f"sqlite:///{tmp_path / 'earmark.db'}")
    maria = {"agent_id": "maria.lopez", "team": "north", "queue": "bank_support"}
    priya = {"agent_id": "priya.shah", "team": "south", "queue": "tech_support"}
    with store.begin() as connection:
        began = datetime(2026, 10, 5, 13, 14, 22, tzinfo=UTC)
        taken_in(connection, "c-1", **maria, started_at=began, customer_ref="C-1001")
        taken_in(connection, "c-2", **priya, started_at=began + timedelta(days=9), metadata={"external_id": "7f3a"})
        for number in (1, 2):
            scored(connection, score(f"c-{number}", f"s-{number}", result(status="pass")))
    store.close()
    return tmp_path


def invoke(folder: Path, *arguments: str | Path) -> tuple[int, str]:
    """Run a command on the workspace in this process; returns the exit code and what it said."""
    given = [*map(str, arguments), "--workspace", str(folder)]
    called = CliRunner().invoke(app, ["kpis", *given], env={"EARMARK_INTAKE__SITE_TIMEZONE": "America/New_York"})
    if called.exception and not isinstance(called.exception, SystemExit):
        assert isinstance(called.exception, Exception)
        told = called.exception
        return tell(told), "\n".join(told.lines()) if isinstance(told, AuthoredFileError) else str(told)
    return called.exit_code, called.stdout + called.stderr


def count(folder: Path, table: str) -> int:
    with closing(sqlite3.connect(folder / "earmark.db")) as database:
        (found,) = database.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(found)


def test_sample_exports_are_imported_and_shown(folder: Path) -> None:
    code, told = invoke(folder, "import", SAMPLES / "phone.csv")
    assert code == 0, told
    assert "170 new, 0 in place of rows that were there" in told
    assert "1 by agent and start, 1 by external id. Not joined: 168." in told
    assert "james.park, lena.fischer, tom.becker" in told
    assert invoke(folder, "import", SAMPLES / "agent-days.csv", "--kind", "agent-days")[0] == 0
    code, told = invoke(folder, "import", SAMPLES / "surveys.csv", "--kind", "surveys")
    assert code == 0
    assert "Joined to known calls: 91 by call. Not joined: 0." in told
    code, told = invoke(folder, "show")
    assert code == 0
    for agent in ("james.park", "lena.fischer", "maria.lopez", "priya.shah", "tom.becker", "north", "south"):
        assert agent in told
    assert "no further call within 7 days" in told
    assert "fewer than 10 calls or agents" in told
    code, told = invoke(folder, "show", "--json", "--agent", "maria.lopez")
    (maria,) = json.loads(told)["agents"]
    assert maria["handled"] == 34
    assert maria["surveys"]["response_rate"]["n"] == maria["surveys"]["sent"]


def test_the_same_export_again_makes_no_doubles(folder: Path) -> None:
    invoke(folder, "import", SAMPLES / "phone.csv")
    before = count(folder, "phone_calls")
    code, told = invoke(folder, "import", SAMPLES / "phone.csv")
    assert (code, count(folder, "phone_calls")) == (0, before)
    assert "0 new, 170 in place of rows that were there" in told
    assert count(folder, "kpi_imports") == 2


def test_a_dry_run_keeps_nothing_and_tells_the_same(folder: Path) -> None:
    code, told = invoke(folder, "import", SAMPLES / "phone.csv", "--dry-run", "--json")
    found = json.loads(told)
    assert (code, found["kept"], found["added"], found["replaced"]) == (0, False, 170, 0)
    assert (count(folder, "phone_calls"), count(folder, "audit_log")) == (0, 0)
    invoke(folder, "import", SAMPLES / "agent-days.csv", "--kind", "agent-days")
    code, told = invoke(folder, "import", SAMPLES / "agent-days.csv", "--kind", "agent-days", "--dry-run", "--json")
    assert json.loads(told)["replaced"] == 23


def test_one_bad_row_keeps_all_out(folder: Path, tmp_path: Path) -> None:
    lines = (SAMPLES / "phone.csv").read_text().splitlines(keepends=True)
    bad = tmp_path / "bad.csv"
    bad.write_text(
        "".join([*lines[:50], lines[50].replace(",no", ",perhaps").replace(",yes", ",perhaps"), *lines[51:]])
    )
    code, told = invoke(folder, "import", bad)
    assert code == 1
    assert "bad.csv:51: [row] transferred: neither yes nor no" in told
    assert count(folder, "phone_calls") == 0


def test_an_import_is_in_the_audit_log(folder: Path) -> None:
    invoke(folder, "import", SAMPLES / "phone.csv")
    with closing(sqlite3.connect(folder / "earmark.db")) as database:
        ((action, kind, details),) = database.execute("SELECT action, subject_kind, details FROM audit_log").fetchall()
    assert (action, kind) == ("import", "kpis")
    assert json.loads(details) == {"kind": "calls", "source": "phone.csv", "added": 170, "replaced": 0}


def test_imports_are_listed_and_taken_back(folder: Path) -> None:
    assert "Nothing was imported yet" in invoke(folder, "imports")[1]
    invoke(folder, "import", SAMPLES / "phone.csv")
    invoke(folder, "import", SAMPLES / "surveys.csv", "--kind", "surveys")
    code, told = invoke(folder, "imports")
    assert code == 0
    assert "surveys.csv" in told
    found = json.loads(invoke(folder, "imports", "--json")[1])
    of_calls = next(each for each in found if each["kind"] == "calls")
    assert (of_calls["row_count"], of_calls["rows_left"], of_calls["source"]) == (170, 170, "phone.csv")
    code, told = invoke(folder, "withdraw", of_calls["import_id"])
    assert code == 0, told
    assert f"Withdrew {of_calls['import_id']} with 170 rows" in told
    assert (count(folder, "phone_calls"), count(folder, "kpi_imports"), count(folder, "surveys")) == (0, 1, 91)
    with closing(sqlite3.connect(folder / "earmark.db")) as database:
        logged = database.execute("SELECT action, subject_id, details FROM audit_log ORDER BY rowid").fetchall()
    assert logged[-1][:2] == ("withdrawal", of_calls["import_id"])
    assert json.loads(logged[-1][2]) == {"kind": "calls", "source": "phone.csv", "removed": 170}
    code, told = invoke(folder, "withdraw", of_calls["import_id"])
    assert code == 2
    assert "unknown import" in told


def test_calls_that_come_again_under_another_id_are_told(folder: Path, tmp_path: Path) -> None:
    lines = (SAMPLES / "phone.csv").read_text().splitlines(keepends=True)
    unnamed = tmp_path / "without-ids.csv"
    unnamed.write_text("".join([lines[0].replace("call_ref", "ticket"), *lines[1:]]))
    invoke(folder, "import", unnamed)
    code, told = invoke(folder, "import", SAMPLES / "phone.csv", "--dry-run")
    assert code == 0
    expected = sum(1 for line in lines[1:] if line.split(",")[2])
    assert f"{expected} of these calls are there already under another id" in " ".join(told.split())
    assert json.loads(invoke(folder, "import", unnamed, "--dry-run", "--json")[1])["likely_doubles"] == 0


def test_agents_who_were_recorded_at_other_times_are_known(folder: Path, tmp_path: Path) -> None:
    later = tmp_path / "later.csv"
    header = "call_ref,agent_id,started_at,talk_s\n"
    lines = ["T1,maria.lopez,2026-11-13T10:30:00Z,60\n"] * 2
    later.write_text("".join([header, *lines]))
    code, told = invoke(folder, "import", later, "--dry-run")
    assert code == 0
    assert "no recording names" not in told
    assert "Would import 1 call: 1 new, 0 in place of rows that were there." in told
    assert "1 row stands there again, word for word, and counts once." in told
    later.write_text(header + "T1,maria.lopes,2026-11-13T10:30:00Z,60\n")
    assert "Agents whom no recording names: maria.lopes." in invoke(folder, "import", later)[1]
    (imported,) = json.loads(invoke(folder, "imports", "--json")[1])
    assert "with 1 row." in invoke(folder, "withdraw", imported["import_id"])[1]


def test_a_database_is_imported_whose_address_is_a_setting(folder: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "acd.db")) as database, database:
        database.execute("CREATE TABLE cdr (ref TEXT, agent_id TEXT, started_at TEXT, talk_s INTEGER)")
        database.execute("INSERT INTO cdr VALUES ('7f3a', 'priya.shah', '2026-10-14T14:22:31Z', 62)")
    config = folder / "earmark.toml"
    config.write_text(
        f'[kpis]\ndatabase_url = "sqlite:///{tmp_path / "acd.db"}"\ncalls_from = "cdr"\n'
        '[kpis.call_columns]\ncall_ref = "ref"\n',
        encoding="utf-8",
    )
    code, told = invoke(folder, "import", "--from-database", "--config", config)
    assert code == 0, told
    assert "1 by external id" in told


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["import"], 2, "name a CSV file, or give --from-database"),
        (["import", "x.csv", "--from-database"], 2, "name a CSV file, or give --from-database"),
        (["import", str(SAMPLES / "surveys.csv")], 1, "give --kind surveys"),
        (["import", "nowhere.csv"], 2, "nowhere.csv: no such file"),
        (["import", "--from-database"], 2, "needs kpis.database_url"),
        (["show", "--agent", "maria.lopes"], 2, "did you mean 'maria.lopez'?"),
        (["show", "--team", "nort"], 2, "did you mean 'north'?"),
        (["show", "--from", "2026-11-02", "--to", "2026-11-01"], 2, "is after --to"),
        (["show", "--from", "2031-01-01"], 0, "There are no calls, days or surveys in this period"),
    ],
)
def test_wrong_usage_is_told(folder: Path, arguments: list[str], code: int, told: str) -> None:
    found, said = invoke(folder, *arguments)
    assert found == code
    assert told in said


def test_show_without_an_import_tells_what_recordings_tell(folder: Path) -> None:
    code, told = invoke(folder, "show", "--period", "month")
    assert code == 0
    assert "earmark kpis import" in told
    assert "handle time" not in told.split("Too little")[0].lower()


def test_the_sample_exports_are_those_that_the_program_makes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "truth.json").write_bytes((SAMPLES / "truth.json").read_bytes())
    monkeypatch.setattr(sample_phone_export, "SAMPLES", tmp_path)
    sample_phone_export.main()
    for name in ("phone.csv", "agent-days.csv", "surveys.csv"):
        assert (tmp_path / name).read_bytes() == (SAMPLES / name).read_bytes(), name
