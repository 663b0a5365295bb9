"""`earmark audit` as scripts and officers use it."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from filelock import FileLock
from typer.testing import CliRunner

from app.acts import Act, current_user, log_acts
from app.cli.audit_page import print_outcomes
from app.cli.findings import print_findings
from app.cli.main import build, tell
from app.cli.options import open_existing
from pipeline.audit.kept_head import FILE
from pipeline.config import Settings
from pipeline.records import Span
from pipeline.store.findings import RuleOutcome
from tests.audit.workspace import Workspace, make_workspace
from tests.factories import finding

app = build()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A workspace with two calls, to be copied."""
    workspace = make_workspace(tmp_path_factory.mktemp("audit") / "work")
    yield workspace
    workspace.store.close()


@pytest.fixture
def folder(made: Workspace, tmp_path: Path) -> Path:
    """A workspace of one's own, with settings that say where its rules lie."""
    copy = tmp_path / "work"
    copy.mkdir()
    with closing(sqlite3.connect(made.folder / "earmark.db")) as database:
        database.execute("VACUUM INTO ?", (str(copy / "earmark.db"),))
    rules, rubrics = made.folder / "rules", made.folder / "rubrics"
    (copy / "earmark.toml").write_text(f"compliance.rules_dir = '{rules}'\nscore.rubrics_dir = '{rubrics}'\n")
    return copy


def invoke(folder: Path, *arguments: str | Path) -> tuple[int, str, str]:
    """Run a command on the workspace in this process; returns exit code, stdout and stderr."""
    result = CliRunner().invoke(app, [str(argument) for argument in (*arguments, "--workspace", folder)])
    if result.exception and not isinstance(result.exception, SystemExit):
        assert isinstance(result.exception, Exception)
        return tell(result.exception), result.stdout, str(result.exception)
    return result.exit_code, result.stdout, result.stderr


def log_of(folder: Path, *arguments: str) -> list[dict[str, str]]:
    """The entries of the audit log."""
    code, out, _ = invoke(folder, "audit", "log", "--json", *arguments)
    assert code == 0
    entries: list[dict[str, str]] = json.loads(out)["entries"]
    return entries


def test_report_tells_rules_on_stdout(folder: Path) -> None:
    code, out, _ = invoke(folder, "audit", "report")
    assert code == 0
    assert "2 of 2 calls were judged." in out
    assert "recording-notice" in out
    assert "2 of 5 calls" in out
    code, out, _ = invoke(folder, "audit", "report", "--by", "agent", "--json")
    told = json.loads(out)
    assert {line["agent_id"] for line in told["lines"]} == {"maria.lopez"}
    assert told["lines"][0]["rule_id"] in ("guarantee", "recording-notice")
    code, out, _ = invoke(folder, "audit", "report", "--csv", "--rule", "guarantee")
    (row,) = csv.DictReader(io.StringIO(out))
    assert (row["assessed"], row["present"], row["as_expected"]) == ("2", "2", "0")


def test_report_lists_the_calls_to_look_at(folder: Path, made: Workspace) -> None:
    code, out, _ = invoke(folder, "audit", "report", "--calls", "--rule", "recording-notice", "--json")
    assert code == 0
    assert [(row["call_id"], row["kind"]) for row in json.loads(out)] == [(made.calls[1], "absent")]
    _, out, _ = invoke(folder, "audit", "report", "--calls")
    assert "said at 0:06" in out
    assert "absent" in out
    assert "not said" not in out


def test_outcomes_are_said_only_where_they_are_words(capsys: pytest.CaptureFixture[str]) -> None:
    given = {"call_id": "c-1", "started_at": None, "agent_id": "a", "team": None, "title": "", "severity": "major"}
    of_prohibited = {"expected": "absent", "kind": "present", "probable": False, "reason": None}
    rows = (
        ("words", {"start_ms": 6000, "quotes": 1}),
        ("dead-air", {"start_ms": 40_000, "stretches": 1}),
        ("too-many", {"start_ms": None, "earlier_calls": 7}),
        ("hours", {"start_ms": None}),
    )
    print_outcomes([RuleOutcome(rule_id=rule, **given, **of_prohibited, **proof) for rule, proof in rows])  # type: ignore[arg-type]
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    ends = ("words said at 0:06", "dead-air present at 0:40", "too-many present with earlier calls", "hours present")
    for end in ends:
        assert any(line.endswith(end) for line in lines), (end, lines)


def test_findings_without_words_are_in_no_tier(capsys: pytest.CaptureFixture[str]) -> None:
    silence = finding("dead-air", evidence=(), stretches=(Span(start_ms=40_000, end_ms=60_000),))
    print_findings("c-1", (finding("notice"), silence), as_json=True)
    assert [each["tier"] for each in json.loads(capsys.readouterr().out)["findings"]] == ["said", None]


def test_report_writes_a_page(folder: Path, tmp_path: Path) -> None:
    code, out, _ = invoke(folder, "audit", "report", "--html", tmp_path / "report.html")
    assert (code, out) == (0, f"{tmp_path / 'report.html'}\n")
    assert "Recording notice" in (tmp_path / "report.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["report", "--from", "2026-10-02", "--to", "2026-10-01"], 2, "is after --to"),
        (["report", "--json", "--csv"], 2, "choose one"),
        (["report", "--calls", "--csv"], 2, "--calls goes with"),
        (["report", "--by", "queue"], 2, "queue"),
        (["report", "--rule", "recording-notce"], 1, "did you mean 'recording-notice'"),
        (["report", "--agent", "maria.lopes"], 1, "no call of agent"),
        (["verify"], 2, "give a pack, or --log"),
        (["verify", "pack", "--log"], 2, "give a pack, or --log"),
        (["verify", "pack", "--head", "1:ab"], 2, "--head goes with --log"),
        (["verify", "--log", "--expect", "ab"], 2, "about a pack"),
        (["verify", "--log", "--head", "1:ab"], 2, "is no head of a log"),
        (["verify", "nowhere.zip"], 1, "there is no such pack"),
        (["pack", "c-nothing", "--out", "pack"], 1, "no call 'c-nothing'"),
    ],
)
def test_wrong_usage_says_what_is_right(folder: Path, arguments: list[str], code: int, said: str) -> None:
    found, _, err = invoke(folder, "audit", *arguments)
    assert (found, said in " ".join(err.replace("│", " ").split())) == (code, True), err


@pytest.mark.parametrize("name", ["pack", "pack.zip"])
def test_pack_is_written_logged_and_verified(folder: Path, made: Workspace, tmp_path: Path, name: str) -> None:
    out = tmp_path / name
    code, text, err = invoke(folder, "audit", "pack", *made.calls, "--out", out)
    assert (code, text.splitlines()[0]) == (0, str(out)), err
    pack_hash = text.splitlines()[1].removeprefix("hash ")
    pack, *calls = log_of(folder, "--action", "export")
    assert (pack["subject_kind"], pack["subject_id"]) == ("pack", pack_hash)
    assert [entry["subject_id"] for entry in calls] == list(made.calls)
    assert all(json.loads(entry["details"])["pack"] == pack_hash for entry in calls)
    for options in ([], ["--expect", pack_hash], ["--exported"]):
        assert invoke(folder, "audit", "verify", out, *options)[0] == 0
    code, text, _ = invoke(folder, "audit", "verify", out, "--expect", "0" * 64, "--json")
    assert (code, json.loads(text)["problems"][0]["code"]) == (1, "unexpected")


def test_verify_needs_no_workspace_and_names_what_was_changed(folder: Path, made: Workspace, tmp_path: Path) -> None:
    out = tmp_path / "pack"
    assert invoke(folder, "audit", "pack", made.calls[0], "--out", out, "--no-clips")[0] == 0
    shutil.rmtree(folder)
    assert invoke(folder, "audit", "verify", out)[0] == 0
    (out / "index.html").write_text("nothing happened")
    (out / "added").touch()
    code, text, _ = invoke(folder, "audit", "verify", out)
    assert (code, text.splitlines()[:2]) == (1, ["✗ index.html: was changed", "✗ added: does not belong to the pack"])
    assert not folder.exists()


def test_verify_of_a_pack_that_the_log_does_not_know_says_so(folder: Path, made: Workspace, tmp_path: Path) -> None:
    out = tmp_path / "pack.zip"
    assert invoke(folder, "audit", "pack", made.calls[0], "--out", out, "--no-clips")[0] == 0
    _damage(folder, "UPDATE audit_log SET subject_id = 'x' WHERE subject_kind = 'pack'")
    code, text, _ = invoke(folder, "audit", "verify", out, "--exported", "--json")
    assert (code, [problem["code"] for problem in json.loads(text)["problems"]]) == (1, ["not_exported"])


def test_views_and_exports_are_logged_without_words(folder: Path, made: Workspace, tmp_path: Path) -> None:
    for arguments in (
        ["calls", "show", made.calls[0]],
        ["calls", "show", made.calls[1][:9], "--json"],
        ["calls", "list"],
        ["flags", "list", "--agent", "maria.lopez"],
        ["flags", "list", "--json"],
        ["audit", "report", "--by", "team", "--from", "2026-10-01"],
        ["scorecards", "export", "--format", "csv", "--out", str(tmp_path / "cards.csv")],
    ):
        assert invoke(folder, *arguments)[0] == 0
    told = [(e["actor"], e["action"], e["subject_kind"], e["subject_id"]) for e in log_of(folder)]
    user = current_user()
    assert told == [
        (user, "view", "call", made.calls[0]),
        (user, "view", "call", made.calls[1]),
        (user, "view", "flags", ""),
        (user, "view", "flags", ""),
        (user, "export", "audit report", ""),
        (user, "export", "scorecards", ""),
    ]
    assert json.loads(log_of(folder)[4]["details"])["first_day"] == "2026-10-01"
    asked = {"code": None, "severity": None, "agent": "maria.lopez", "team": None, "flags": 0}
    assert json.loads(log_of(folder)[2]["details"]) == asked
    assert "recorded" not in json.dumps(log_of(folder))
    code, out, _ = invoke(folder, "audit", "log")
    assert (code, out.splitlines()[-1].startswith("head 6:")) == (0, True)


def test_calls_that_are_not_there_are_no_view(folder: Path) -> None:
    assert invoke(folder, "calls", "show", "c-nothing")[0] == 1
    assert log_of(folder) == []


def test_log_can_be_narrowed(folder: Path, made: Workspace) -> None:
    invoke(folder, "calls", "show", made.calls[0])
    invoke(folder, "audit", "report")
    assert [entry["action"] for entry in log_of(folder, "--subject", made.calls[0])] == ["view"]
    assert log_of(folder, "--actor", "nobody") == []
    assert len(log_of(folder, "--from", "2026-01-01")) == 2
    assert log_of(folder, "--to", "2026-01-01") == []


def _damage(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "earmark.db")) as database:
        database.execute(statement)
        database.commit()


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE audit_log SET actor = 'somebody' WHERE sequence = 2", "entry 2 was changed"),
        ("DELETE FROM audit_log WHERE sequence = 2", "entry 2 is missing"),
        ("DELETE FROM audit_log WHERE sequence = 3", "entry 3 was cut off"),
        ("DELETE FROM audit_log", "the log ends at entry 0"),
        ("UPDATE audit_log SET details = x'ff' WHERE sequence = 1", "entry 1 was changed"),
    ],
)
def test_verify_log_notices_what_was_done_to_it(folder: Path, made: Workspace, statement: str, said: str) -> None:
    for _ in range(3):
        invoke(folder, "calls", "show", made.calls[0])
    code, out, _ = invoke(folder, "audit", "verify", "--log")
    assert (code, out.startswith("the audit log is whole: 3 entries, head 3:")) == (0, True)
    _damage(folder, statement)
    code, out, _ = invoke(folder, "audit", "verify", "--log")
    assert (code, said in out) == (1, True), out
    code, out, _ = invoke(folder, "audit", "verify", "--log", "--json")
    assert (code, json.loads(out)["ok"]) == (1, False)


def test_verify_log_holds_it_against_a_head_that_was_written_down(folder: Path, made: Workspace) -> None:
    for _ in range(3):
        invoke(folder, "calls", "show", made.calls[0])
    head = json.loads(invoke(folder, "audit", "log", "--json")[1])["head"]
    _damage(folder, "DELETE FROM audit_log WHERE sequence = 3")
    (folder / FILE).unlink()  # by one who reaches the workspace too
    code, out, _ = invoke(folder, "audit", "verify", "--log")
    assert (code, "no head is kept" in out) == (1, True)
    code, out, _ = invoke(folder, "audit", "verify", "--log", "--head", head)
    assert (code, "the head that you gave is 3:" in out) == (1, True)


@pytest.mark.parametrize("content", ["{}", None])
def test_verify_log_checks_the_chain_where_the_kept_head_is_damaged(
    folder: Path, made: Workspace, content: str | None
) -> None:
    for _ in range(2):
        invoke(folder, "calls", "show", made.calls[0])
    (folder / FILE).unlink()
    if content is None:
        (folder / FILE).mkdir()
    else:
        (folder / FILE).write_text(content)
    _damage(folder, "UPDATE audit_log SET actor = 'somebody' WHERE sequence = 1")
    code, out, _ = invoke(folder, "audit", "verify", "--log", "--json")
    told = json.loads(out)
    assert (code, told["ok"]) == (1, False)
    assert told["problems"][0].startswith("entry 1 was changed")
    assert told["problems"][1].startswith(f"{folder / FILE}: ")
    assert len(told["problems"]) == 2


def test_pack_that_cannot_keep_the_head_blames_the_head(
    folder: Path, made: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.audit.kept_head._LOCK_WAIT_S", 0)
    out = tmp_path / "case.zip"
    with FileLock(folder / f"{FILE}.lock"):
        code, _, err = invoke(folder, "audit", "pack", made.calls[0], "--out", out, "--no-clips")
    assert (code, out.exists()) == (1, False)
    assert f"{FILE}.lock: another process has held it" in err
    assert "cannot be written" not in err


def test_log_is_narrowed_by_known_actions_and_beginnings_of_ids(folder: Path, made: Workspace) -> None:
    for call_id in made.calls[:2]:
        invoke(folder, "calls", "show", call_id)
    assert [each["subject_id"] for each in log_of(folder, "--subject", made.calls[0][:-1])] == [made.calls[0]]
    code, _, err = invoke(folder, "audit", "log", "--subject", "c-")
    assert (code, "subjects in the log have an id that begins with 'c-'" in err) == (1, True)
    assert log_of(folder, "--subject", "c-none") == []
    code, _, err = invoke(folder, "audit", "log", "--action", "vieww")
    assert (code, "unknown action 'vieww' (did you mean 'view'?)" in err) == (2, True)
    calibrated = Settings(workspace=folder)
    store = open_existing(calibrated)
    acts = [Act(action=action, subject=("rubric", "general")) for action in ("calibration", "calibration off")]
    log_acts(store, calibrated, acts)
    store.close()
    assert [each["action"] for each in log_of(folder, "--action", "calibration")] == ["calibration", "calibration off"]


def test_log_help_names_what_is_logged(folder: Path) -> None:
    text = " ".join(CliRunner().invoke(app, ["audit", "log", "--help"]).stdout.replace("│", " ").split())
    assert "Views and exports are logged, and whatever people say about scores" in text
    assert "such as view, export or review" in text


def test_current_user_is_no_variable_that_anybody_can_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "somebody-else")
    assert current_user() not in ("", "somebody-else")
