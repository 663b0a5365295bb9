"""What commands decide by themselves, without a process of their own."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import run, show
from app.cli.main import build, tell
from app.cli.options import settings_file
from app.rubric_checks import find_problems
from flows.batch import BatchResult
from pipeline.errors import ConfigError, NotFoundError, StoreError, TranscriptFileError
from pipeline.records import AppliesIf
from tests.scripted_calls import POOR_CALL, write_call, write_manifest

RUBRIC = (
    "id: {id}\nversion: 1\ntitle: Mine\nqueues: [billing]\nsections:\n  - id: one\n    title: One\n    weight: 1\n"
    "    criteria:\n      - id: greets\n        title: Greets\n        points: 1\n"
    "        test: {{kind: rule, rules: [greeting]}}\n"
)
PACK = (
    "pack: mine\nrules:\n  - id: greeting\n    title: Greets\n    severity: minor\n    expect: present\n"
    "    phrases: [good morning]\n    status: {status}\n"
)

app = build()


def invoke(*arguments: str | Path) -> tuple[int, str, str]:
    """Run a command in this process; returns exit code, stdout and stderr."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.stdout, result.stderr


def test_settings_file_is_that_of_the_workspace_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named, given = tmp_path / "named", tmp_path / "given"
    for folder in (named, given):
        folder.mkdir()
        (folder / "earmark.toml").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EARMARK_CONFIG", raising=False)
    monkeypatch.setenv("EARMARK_WORKSPACE", str(named))
    assert settings_file(None, None) == named / "earmark.toml"
    assert settings_file(given, None) == given / "earmark.toml"
    monkeypatch.setenv("EARMARK_WORKSPACE", "")
    assert settings_file(None, None) is None
    (tmp_path / "earmark-data").mkdir()
    (tmp_path / "earmark-data" / "earmark.toml").touch()
    assert settings_file(None, None) == Path("earmark-data/earmark.toml")


@pytest.mark.parametrize(
    ("counts", "nothing_new", "said"),
    [
        ((8, 0, 0, 2), False, "8 processed, 2 rejected"),
        ((0, 8, 0, 2), True, "nothing to do, 8 unchanged since an earlier run, 2 rejected"),
        ((0, 6, 1, 0), False, "0 processed, 6 unchanged since an earlier run, 1 failed"),
        ((0, 8, 0, 1), False, "0 processed, 8 unchanged since an earlier run, 1 rejected"),
        ((0, 0, 0, 0), True, "nothing to do"),
    ],
)
def test_run_says_nothing_to_do_only_where_nothing_happened(
    counts: tuple[int, int, int, int], nothing_new: bool, said: str
) -> None:
    processed, unchanged, failed, rejected = counts
    result = BatchResult(
        taken_in=0, processed=processed, unchanged=unchanged, failed=failed, rejected=rejected, reports=Path("reports")
    )
    assert run.in_words(result, nothing_new=nothing_new) == said


def test_run_repeats_the_options_that_lead_to_its_workspace() -> None:
    assert run.again(None, None) == ""
    assert run.again(Path("my calls"), Path("a.toml")) == " --workspace 'my calls' --config a.toml"


@pytest.mark.parametrize("steering", ["\x1b[31m", "\x07", "\x7f", "\x9b31m", "\r", "\x00"])
def test_text_from_a_call_does_not_steer_the_terminal(steering: str, capsys: pytest.CaptureFixture[str]) -> None:
    shown = steering.lstrip("\x1b\x07\x7f\x9b\r\x00")
    assert show.plain(f"a{steering}b\tc\nd") == f"a{shown}b\tc\nd"
    show.table([("Name", "left")], [(f"x{steering}y",), (show.styled(f"x{steering}y", "minor"),)])
    show.remark(f"x{steering}y")
    printed = capsys.readouterr()
    assert printed.out.count(f"x{shown}y") == 2
    assert printed.err == f"x{shown}y\n"


def test_unexpected_error_is_told_by_its_kind_only(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EARMARK_DEBUG", raising=False)
    assert tell(RuntimeError("my card number is")) == 1
    expected = "earmark: unexpected RuntimeError: run again with EARMARK_DEBUG=1 to see where\n"
    assert capsys.readouterr().err == expected
    monkeypatch.setenv("EARMARK_DEBUG", "1")
    assert tell(RuntimeError("where")) == 1
    assert "RuntimeError: where" in capsys.readouterr().err


@pytest.mark.parametrize(("error", "code"), [(ConfigError("wrong"), 2), (StoreError("wrong"), 1)])
def test_expected_error_is_told_in_its_own_words(
    error: Exception, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tell(error) == code
    assert capsys.readouterr().err == "earmark: wrong\n"


def test_scorecards_refuse_days_backwards(workspace: Path) -> None:
    code, _, said = invoke("scorecards", "show", "--from", "2026-11-02", "--to", "2026-10-01", "--workspace", workspace)
    assert code == 2
    assert "2026-11-02 is after --to 2026-10-01" in said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--agent", "tom.bekker"), "no call of agent 'tom.bekker' in this workspace (did you mean 'tom.becker'?)"),
        (("--team", "nort"), "no call of team 'nort' in this workspace (did you mean 'north'?)"),
        (("--agent", "x", "--from", "2030-01-01"), "no call of agent 'x' in this workspace"),
    ],
)
@pytest.mark.parametrize("command", [("show",), ("export", "--out", "{out}")])
def test_scorecards_of_a_name_that_no_call_bears_are_refused_with_the_nearest(
    workspace: Path, tmp_path: Path, command: tuple[str, ...], given: tuple[str, ...], said: str
) -> None:
    out = tmp_path / "nobody"
    arguments = [argument.format(out=out) for argument in command]
    result = CliRunner().invoke(app, ["scorecards", *arguments, *given, "--workspace", str(workspace)])
    assert isinstance(result.exception, NotFoundError)
    assert (result.stdout, str(result.exception)) == ("", said)
    assert not out.exists()


@pytest.mark.parametrize("narrowed", [(), ("--agent", "tom.becker"), ("--team", "north")])
def test_scorecards_of_days_without_calls_are_empty_and_say_so(
    workspace: Path, tmp_path: Path, narrowed: tuple[str, ...]
) -> None:
    days = ("--from", "2020-01-01", "--to", "2020-01-31", *narrowed, "--workspace", workspace)
    about = f" of {narrowed[0][2:]} {narrowed[1]}" if narrowed else ""
    expected = f"no scored calls{about} from 2020-01-01 to 2020-01-31\n"
    for form, out in (("html", "page.html"), ("html", "folder"), ("csv", "tables"), ("json", "cards.json")):
        code, printed, said = invoke("scorecards", "export", "--format", form, "--out", tmp_path / out, *days)
        assert (code, said) == (0, expected)
        written = [Path(line) for line in printed.splitlines()]
        assert written
        assert all(path.is_file() for path in written)
        assert not any("maria.lopez" in path.read_text() for path in written)
    page = (tmp_path / "page.html").read_text()
    assert "No scored calls" in page
    assert "0 calls scored" in page
    assert all(len(path.read_text().splitlines()) == 1 for path in (tmp_path / "tables").glob("*.csv"))
    document = json.loads((tmp_path / "cards.json").read_text())
    assert (document["agents"], document["scorecards"]) == ([], [])
    assert (document["first_day"], document["last_day"]) == ("2020-01-01", "2020-01-31")
    code, printed, said = invoke("scorecards", "show", "--json", *days)
    assert (code, said, json.loads(printed)["agents"]) == (0, expected, [])
    assert invoke("scorecards", "show", *days) == (0, "", expected)


def test_scorecards_of_weeks_say_of_which_week_each_line_is(workspace: Path) -> None:
    asked = ("scorecards", "show", "--agent", "maria.lopez", "--workspace", workspace)
    _, printed, _ = invoke(*asked, "--period", "week", "--json")
    labels = [each["period"]["label"] for each in json.loads(printed)["agents"]]
    assert len(labels) == len(set(labels)) > 0
    code, printed, _ = invoke(*asked, "--period", "week")
    assert code == 0
    assert "Period" in printed
    assert all(label in printed for label in labels)
    assert "Period" not in invoke(*asked)[1]


def test_scorecards_of_some_calls_only_say_so(workspace: Path) -> None:
    asked = ("scorecards", "show", "--workspace", workspace)
    assert invoke(*asked, "--agent", "maria.lopez")[2] == "only calls of agent maria.lopez\n"
    assert invoke(*asked)[2] == ""


@pytest.mark.parametrize(
    ("form", "out", "said"),
    [
        ("pdf", "maria.csv", "choose --format csv, or a name that ends in .pdf"),
        ("csv", "report.HTML", "--format is csv"),
        ("html", "cards.pdf", "choose --format pdf"),
        ("pdf", "", "name a file or a folder"),
        ("pdf", " ", "name a file or a folder"),
    ],
)
def test_scorecards_are_not_written_where_form_and_name_disagree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, out: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "300")
    code, _, told = invoke("scorecards", "export", "--format", form, "--out", out, "--workspace", tmp_path / "data")
    assert (code, list(tmp_path.iterdir())) == (2, [])
    assert said in told


def test_times_in_sentences_say_their_zone(workspace: Path) -> None:
    assert show.moment(datetime(2026, 11, 2, 15, 8, tzinfo=UTC)) == "2026-11-02 15:08 UTC"
    assert show.moment(None) == "–"
    [call, *_] = json.loads(invoke("calls", "list", "--status", "scored", "--json", "--workspace", workspace)[1])
    _, printed, _ = invoke("calls", "show", call["call_id"], "--workspace", workspace)
    assert f"{call['started_at'][:10]} {call['started_at'][11:16]} UTC" in printed.splitlines()[0]


def test_calls_show_tells_why_a_file_was_held_back(workspace: Path) -> None:
    listed = json.loads(invoke("calls", "list", "--status", "failed", "--json", "--workspace", workspace)[1])
    row = next(row for row in listed if row["media_uri"].endswith("damaged.wav"))
    for given in (row["call_id"], row["call_id"][:8]):
        code, printed, _ = invoke("calls", "show", given, "--workspace", workspace, "--json")
        assert code == 0
        shown = json.loads(printed)
        (file,) = shown["held_back"]
        assert (file["file_id"], file["media_uri"], file["defects"]) == (
            row["call_id"],
            row["media_uri"],
            row["defects"],
        )
        assert (shown["recording"], shown["transcript"], shown["scores"], shown["flags"]) == (None, None, [], [])
    code, printed, _ = invoke("calls", "show", row["call_id"], "--workspace", workspace)
    assert code == 0
    assert "damaged.wav · held back, no call" in printed
    assert row["defects"][0]["reason"] in " ".join(printed.split())


def test_calls_show_gives_a_file_the_keys_of_a_call(workspace: Path) -> None:
    listed = json.loads(invoke("calls", "list", "--json", "--workspace", workspace)[1])
    shown = {
        status: json.loads(invoke("calls", "show", call_id, "--workspace", workspace, "--json")[1])
        for status, call_id in {row["status"]: row["call_id"] for row in listed}.items()
    }
    assert set(shown) == {"scored", "failed"}
    assert set(shown["scored"]) == set(shown["failed"])
    assert shown["scored"]["held_back"] == []


def test_calls_show_of_an_unknown_file_says_where_they_are_listed(workspace: Path) -> None:
    result = CliRunner().invoke(app, ["calls", "show", "f-0000000000000000", "--workspace", str(workspace)])
    assert isinstance(result.exception, NotFoundError)
    assert "`earmark calls list --status failed`" in str(result.exception)


@pytest.mark.parametrize(
    ("content", "what"), [("[]", "a list"), ('"turns"', "text"), ("3", "a number"), ("null", "null"), ("true", "true")]
)
def test_score_of_json_that_is_no_object_says_what_is_wanted(tmp_path: Path, content: str, what: str) -> None:
    path = tmp_path / "call.json"
    path.write_text(content)
    result = CliRunner().invoke(app, ["score", str(path), "--rubric", "general"])
    assert isinstance(result.exception, TranscriptFileError)
    assert str(result.exception).startswith(f"call.json: expected an object with turns, not {what}")


def test_rubrics_of_a_folder_are_checked_together(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(RUBRIC.format(id="one"))
    assert find_problems(tmp_path, {"greeting": AppliesIf()}) == []
    (tmp_path / "two.yml").write_text(RUBRIC.format(id="two"))
    found = {(problem.code, problem.file) for problem in find_problems(tmp_path, {})}
    unknown = {("unknown-rule", str(tmp_path / name)) for name in ("one.yaml", "two.yml")}
    assert found == {("queue-claimed-twice", str(tmp_path / "two.yml")), *unknown}


def test_rubrics_and_rules_of_an_empty_folder_are_a_problem(tmp_path: Path) -> None:
    for noun, code_word in (("rubrics", "no-rubrics"), ("rules", "no-rules")):
        code, printed, _ = invoke(noun, "check", tmp_path, "--json")
        assert code == 1
        assert [problem["code"] for problem in json.loads(printed)["problems"]] == [code_word]


@pytest.mark.parametrize(("status", "code"), [("active", 0), ("draft", 1), ("retired", 1)])
def test_rubrics_may_name_active_rules_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: str, code: int
) -> None:
    rules, rubric = tmp_path / "rules", tmp_path / "mine.yaml"
    rules.mkdir()
    (rules / "mine.yaml").write_text(PACK.format(status=status))
    rubric.write_text(RUBRIC.format(id="mine"))
    monkeypatch.setenv("EARMARK_COMPLIANCE__RULES_DIR", str(rules))
    assert invoke("rubrics", "check", rubric)[0] == code
    assert invoke("rules", "check", rules) == (0, "1 rules checked: no problems\n", "")
    monkeypatch.setenv("EARMARK_SCORE__RUBRICS_DIR", str(tmp_path))
    checks = {check["name"]: check["ok"] for check in json.loads(invoke("doctor", "--json")[1])}
    assert checks["rules that rubrics name"] is (code == 0)


def test_doctor_tells_of_rules_that_drop_out_of_every_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rules, rubric = tmp_path / "rules", tmp_path / "mine.yaml"
    rules.mkdir()
    pack = PACK.format(status="active")
    (rules / "mine.yaml").write_text(pack)
    monkeypatch.setenv("EARMARK_COMPLIANCE__RULES_DIR", str(rules))
    monkeypatch.setenv("EARMARK_SCORE__RUBRICS_DIR", str(tmp_path))
    rubric.write_text(RUBRIC.format(id="mine"))

    def check() -> dict[str, object]:
        found = {check["name"]: check for check in json.loads(invoke("doctor", "--json")[1])}
        return dict(found["rules that rubrics name"])

    assert check()["ok"] is True
    (rules / "mine.yaml").write_text(pack + "    applies_if: {queues: [bank]}\n")
    told = check()
    assert told["ok"] is False
    assert "applies to queue bank only; this question is for billing" in str(told["found"])
    (rules / "mine.yaml").write_text(PACK.format(status="draft"))
    assert f"active rules of {rules}" in str(check()["found"])


def test_doctor_leaves_databases_as_they_are(tmp_path: Path) -> None:
    _, printed, _ = invoke("doctor", "--json", "--workspace", tmp_path / "none")
    assert "none yet" in printed
    assert not (tmp_path / "none").exists()
    sqlite3.connect(tmp_path / "earmark.db").close()
    (tmp_path / "earmark.db").touch()
    _, printed, _ = invoke("doctor", "--json", "--workspace", tmp_path)
    (database,) = [check for check in json.loads(printed) if check["name"] == "database"]
    assert database["ok"]
    assert "no tables yet" in database["found"]
    assert (tmp_path / "earmark.db").stat().st_size == 0


def test_transcribe_takes_metadata_but_no_harm_from_them(tmp_path: Path) -> None:
    file = write_call(tmp_path, "2026-13-45T10-22-31_call", POOR_CALL)
    script = file.with_suffix(".transcript.json")
    turns = [{**turn, "role": "unknown"} for turn in json.loads(script.read_text())["turns"]]
    script.write_text(json.dumps({"turns": turns}))
    code, printed, said = invoke("transcribe", file, "--engine", "scripted", "--json")
    assert code == 0, said
    assert json.loads(printed)["turns"][0]["role"] == "agent"
    write_manifest(tmp_path, [{"file": file.name, "agent_channel": "1"}])
    file.with_suffix(".json").write_text("{broken")
    code, printed, said = invoke("transcribe", file, "--engine", "scripted", "--json")
    assert code == 0, said
    assert json.loads(printed)["turns"][0]["role"] == "customer"


def test_score_knows_two_directions(tmp_path: Path) -> None:
    code, _, said = invoke("score", tmp_path / "t.json", "--rubric", "general", "--direction", "sideways")
    assert code == 2
    assert "sideways" in said
