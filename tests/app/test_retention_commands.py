"""`earmark retention`, `holds` and `calls delete` as an officer uses them, and the page that tells of them."""

from __future__ import annotations

import json
import re
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import holds, retention, subject
from app.cli.main import build, tell
from pipeline.config.retention import RetentionSettings
from tests.audit.workspace import Workspace, make_workspace

PAGE = (Path(__file__).parents[2] / "docs" / "retention.md").read_text(encoding="utf-8")
app = build()


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Workspace]:
    """A workspace with two calls, and settings that say where its rules and recordings lie."""
    workspace = make_workspace(tmp_path / "work")
    (workspace.folder / "earmark.toml").write_text(
        f"compliance.rules_dir = '{workspace.folder / 'rules'}'\nscore.rubrics_dir = '{workspace.folder / 'rubrics'}'\n"
        f"retention.delete_media_below = ['{workspace.recordings}']\nretention.keep_call_days = {{'*' = 1}}\n"
    )
    yield workspace
    workspace.store.close()


def earmark(made: Workspace, *arguments: str | Path, answer: str | None = None) -> tuple[int, str, str]:
    """Run a command in this process; returns exit code, stdout and stderr."""
    command = [str(argument) for argument in (*arguments, "--workspace", made.folder)]
    result = CliRunner().invoke(app, command, input=answer)
    if result.exception and not isinstance(result.exception, SystemExit):
        assert isinstance(result.exception, Exception)
        return tell(result.exception), result.stdout, str(result.exception)
    return result.exit_code, result.stdout, result.stderr


def count(made: Workspace, table: str) -> int:
    with closing(sqlite3.connect(made.folder / "earmark.db")) as database:
        return int(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_a_hold_is_placed_told_and_lifted(made: Workspace) -> None:
    first, second = made.calls
    code, out, err = earmark(made, "holds", "place", "--customer", "C-77", "--reason", "matter 17")
    hold = out.strip()
    assert (code, err.strip()) == (0, "2 calls are held by it now")
    code, out, _ = earmark(made, "holds", "list", "--json")
    [listed] = json.loads(out)
    assert (listed["hold_id"], listed["customer_ref"], listed["calls"]) == (hold, "C-77", 2)
    code, out, err = earmark(made, "calls", "delete", first[:8], "--reason", "asked", "--yes")
    assert (code, out.strip()) == (1, f"{first} stays: held by {hold}")
    assert count(made, "recordings") == 2
    assert earmark(made, "holds", "lift", hold[:6], "--reason", "settled")[0] == 0
    assert "lifted before" in earmark(made, "holds", "lift", hold, "--reason", "settled")[2]
    assert "no hold stands" in earmark(made, "holds", "list")[2]
    assert "matter 17" in earmark(made, "holds", "list", "--all")[1]
    code, out, _ = earmark(made, "audit", "log", "--action", "hold", "--json")
    assert "C-77" not in out
    assert out.count(hold) == 2
    code, out, _ = earmark(made, "holds", "place", "--call", second[:8], "--queue", "sales", "--reason", "x", "--json")
    assert json.loads(out)["calls"] == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("holds", "place", "--reason", "x"), "say what is held"),
        (("holds", "place", "--agent", "tom", "--reason", " "), "a hold needs a reason"),
        (("holds", "place", "--call", "c-9", "--reason", "x"), "no call 'c-9'"),
        (("holds", "lift", "lh-9", "--reason", "x"), "no hold 'lh-9'"),
        (("calls", "delete", "--reason", "x"), "give ids of calls, or --customer"),
        (("calls", "delete", "c-9", "--reason", "x"), "no call 'c-9'"),
        (("calls", "delete", "c-1", "--reason", " "), "a deletion needs a reason"),
        (("calls", "delete", "--customer", "C-1", "--reason", "x"), "there is no such call"),
        (("retention", "record", "dr-9"), "no record 'dr-9'"),
        (("retention", "key"), "no key is set"),
        (("subject", "export", "--out", "x"), "give --customer or --agent"),
        (("subject", "export", "--customer", "C-1", "--agent", "a", "--out", "x"), "give --customer or --agent"),
        (("subject", "export", "--customer", "C-1", "--out", "x"), "nothing is kept about customer C-1"),
    ],
)
def test_commands_say_what_is_wrong(made: Workspace, arguments: tuple[str, ...], told: str) -> None:
    code, out, err = earmark(made, *arguments)
    assert code != 0
    assert told in re.sub(r"[\s│]+", " ", err)
    assert out == ""
    assert count(made, "recordings") == 2


def test_a_deletion_is_asked_for(made: Workspace) -> None:
    code, _, err = earmark(made, "calls", "delete", made.calls[0], "--reason", "x", answer="n\n")
    assert code != 0
    assert "Delete 1 calls for good" in err
    assert count(made, "recordings") == 2


def test_from_plan_to_a_record_that_anybody_can_check(made: Workspace, tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    code, public, _ = earmark(made, "retention", "key", "--out", key)
    assert (code, key.stat().st_mode & 0o777) == (0, 0o600)
    assert "never written over" in earmark(made, "retention", "key", "--out", key)[2]
    with (made.folder / "earmark.toml").open("a") as settings:
        settings.write(f"retention.signing_key_file = '{key}'\n")
    assert earmark(made, "retention", "key")[1] == public

    with made.store.begin() as connection:
        long_ago = "'2020-01-01 00:00:00'"
        connection.exec_driver_sql(f"UPDATE recordings SET started_at = {long_ago}, added_at = {long_ago}")
    code, out, _ = earmark(made, "retention", "plan", "--json")
    [plan] = json.loads(out)["policies"]
    assert (plan["policy"], plan["due"], plan["recordings_left"]) == ("call * 1 days", 2, 0)
    assert "call * 1 days: 2 calls are due, 0 of them held" in earmark(made, "retention", "plan")[1]
    assert count(made, "recordings") == 2

    code, out, told = earmark(made, "retention", "apply")
    assert (code, out, count(made, "recordings")) == (1, "", 2), "nothing has happened here since 2020"
    assert "--clock-is-right" in told
    code, out, _ = earmark(made, "retention", "apply", "--clock-is-right", "--json")
    [done] = json.loads(out)
    assert (code, done["deleted"], done["signed"], done["left"]) == (0, 2, True, [])
    assert earmark(made, "retention", "apply")[2].strip().endswith("nothing is due")
    assert "signed" in earmark(made, "retention", "records")[1]
    file = tmp_path / "record.json"
    assert earmark(made, "retention", "record", done["record"][:6], "--out", file)[0] == 0
    assert "is there already" in earmark(made, "retention", "record", done["record"], "--out", file)[2]
    code, out, _ = earmark(made, "retention", "verify", file)
    assert code == 0
    assert "2 deleted, signed by" in out
    assert "the audit log names it" in out
    code, out, _ = earmark(made, "retention", "verify", file, "--public-key", "00" * 32)
    assert (code, "another key" in out) == (1, True)
    file.write_text(file.read_text().replace('"handed_out": 0', '"handed_out": 7'))
    code, out, _ = earmark(made, "retention", "verify", file, "--json")
    assert code == 1
    assert len(json.loads(out)["problems"]) == 2, "neither the signature nor the log knows it"
    assert earmark(made, "audit", "verify", "--log")[0] == 0


def test_a_call_that_was_deleted_by_mistake_may_come_back(made: Workspace) -> None:
    text = (made.folder / "earmark.toml").read_text().replace(f"['{made.recordings}']", "[]")
    (made.folder / "earmark.toml").write_text(text)
    code, out, _ = earmark(made, "calls", "delete", made.calls[0], "--reason", "x", "--yes", "--json")
    [done] = json.loads(out)
    [left] = [each["path"] for each in done["left"] if each["path"].endswith(".wav")]
    assert code == 0
    assert count(made, "deleted_calls") == 1
    assert earmark(made, "retention", "allow", left, "--reason", "mistake")[0] == 0
    assert count(made, "deleted_calls") == 0
    assert "was never deleted here" in earmark(made, "retention", "allow", left, "--reason", "mistake")[2]


def test_a_copy_is_handed_out_and_the_log_knows_it(made: Workspace, tmp_path: Path) -> None:
    earmark(made, "holds", "place", "--customer", "C-77", "--reason", "matter 17")
    first = tmp_path / "first"
    code, out, err = earmark(made, "subject", "export", "--customer", "C-77", "--basis", "Art. 15", "--out", first)
    assert code == 0
    assert out.splitlines()[0] == str(first)
    assert "1 legal holds name them" in err
    assert earmark(made, "audit", "verify", first, "--expect", out.splitlines()[1].removeprefix("hash "))[0] == 0
    second = tmp_path / "second.zip"
    code, out, _ = earmark(made, "subject", "export", "--customer", "C-77", "--out", second, "--json")
    told = json.loads(out)
    assert (code, set(told["calls"]), told["legal_holds"]) == (0, set(made.calls), 1)
    code, out, _ = earmark(made, "audit", "log", "--action", "export", "--json")
    entries = json.loads(out)["entries"]
    assert [entry["subject_kind"] for entry in entries].count("subject") == 2
    assert [entry["subject_id"] for entry in entries].count(made.calls[0]) == 2
    assert "C-77" not in out
    with zipfile.ZipFile(second) as opened:
        before = json.loads(opened.read("kept/handed_out.json"))
    assert {row["call_id"] for row in before} == set(made.calls), "the first copy"


def test_page_tells_of_every_command_and_setting() -> None:
    told = [f"earmark retention {command.name}" for command in retention.app.registered_commands]
    told += [f"earmark holds {command.name}" for command in holds.app.registered_commands]
    told += [f"earmark subject {command.name}" for command in subject.app.registered_commands]
    told += list(RetentionSettings.model_fields)
    assert [words for words in told if words not in PAGE] == []
