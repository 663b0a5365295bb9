"""The commands as scripts use them: exit codes, JSON on stdout, remarks on stderr."""

from __future__ import annotations

import csv
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Earmark = Callable[..., subprocess.CompletedProcess[str]]
Ask = Callable[..., Any]
FirstRun = tuple[Path, subprocess.CompletedProcess[str]]


def test_run_prints_calls_agents_and_where_reports_lie(first_run: FirstRun) -> None:
    workspace, finished = first_run
    assert finished.returncode == 0, finished.stderr
    assert "maria.lopez" in finished.stdout
    assert "8 processed" in finished.stdout
    assert "2 rejected" in finished.stdout
    assert str(workspace / "reports" / "index.html") in finished.stdout.replace("\n", "")


def test_run_says_nothing_that_is_not_progress(first_run: FirstRun) -> None:
    _, finished = first_run
    said = finished.stderr.splitlines()
    assert all(line.startswith(("starting", "read ", "cannot use ", "scored ")) for line in said), finished.stderr
    assert "Traceback" not in finished.stdout + finished.stderr


def test_run_again_does_no_work_twice_and_says_so(
    earmark: Earmark, recordings: Path, workspace: Path, ask: Ask
) -> None:
    before = ask("calls", "list")
    finished = earmark("run", recordings, "--engine", "scripted", "--workspace", workspace)
    assert finished.returncode == 0, finished.stderr
    assert "nothing to do" in finished.stdout
    assert "8 unchanged" in finished.stdout
    after = ask("calls", "list")
    for call in (*before, *after):
        call.pop("failed_at")  # rejected files are read again
    assert after == before


def test_calls_list_json_has_what_scripts_need(ask: Ask) -> None:
    calls = ask("calls", "list")
    assert len(calls) == 10
    scored = [call for call in calls if call["status"] == "scored"]
    assert len(scored) == 8
    for call in scored:
        assert call["agent_id"] in ("maria.lopez", "tom.becker")
        assert call["team"] in ("north", "south")
        assert call["queue"] == "bank_support"
        assert call["started_at"].startswith("2026-10-")
        assert call["duration_ms"] > 0
        assert 0 <= call["score_share"] <= 1
        assert isinstance(call["flags"], list)
        assert call["defects"] == []


def test_good_calls_score_above_poor_ones(ask: Ask) -> None:
    shares: dict[str, list[float]] = {"maria.lopez": [], "tom.becker": []}
    for call in ask("calls", "list", "--status", "scored"):
        shares[call["agent_id"]].append(call["score_share"])
    assert min(shares["maria.lopez"]) > max(shares["tom.becker"])


def test_calls_list_failed_gives_plain_reasons(ask: Ask) -> None:
    failed = {Path(call["media_uri"]).name: call for call in ask("calls", "list", "--status", "failed")}
    assert len(failed) == 2
    (naive,) = [call for name, call in failed.items() if name.startswith("2026")]
    assert naive["defects"][0]["code"] == "time_zone_unknown"
    assert "site_timezone" in naive["defects"][0]["reason"]
    assert any(defect["fatal"] and defect["reason"] for defect in failed["damaged.wav"]["defects"])


def test_calls_show_json_holds_the_whole_call(ask: Ask) -> None:
    (call, *_) = ask("calls", "list", "--agent", "tom.becker")
    shown = ask("calls", "show", call["call_id"])
    assert set(shown) >= {"recording", "transcript", "findings", "sentiment", "measures", "scores", "flags"}
    assert shown["recording"]["call_id"] == call["call_id"]
    assert shown["transcript"]["turns"][0]["words"]
    assert shown["scores"][0]["share"] == call["score_share"]
    assert {flag["code"] for flag in shown["flags"]} == set(call["flags"])


def test_evidence_quotes_are_slices_of_their_turns(ask: Ask) -> None:
    for call in ask("calls", "list", "--status", "scored"):
        shown = ask("calls", "show", call["call_id"])
        texts = {i: turn["text"] for i, turn in enumerate(shown["transcript"]["turns"])}
        quoted = [hit for finding in shown["findings"] for hit in finding["evidence"]]
        for hit in quoted:
            assert texts[hit["turn_index"]][hit["char_start"] : hit["char_end"]] == hit["quote"]
        assert quoted


def test_calls_show_accepts_a_unique_beginning(ask: Ask) -> None:
    (call, *_) = ask("calls", "list", "--status", "scored")
    assert ask("calls", "show", call["call_id"][:10])["recording"]["call_id"] == call["call_id"]


def test_unknown_call_says_what_to_do(earmark: Earmark, workspace: Path) -> None:
    finished = earmark("calls", "show", "c-nothing", "--workspace", workspace)
    assert finished.returncode == 1
    assert "earmark calls list" in finished.stderr


def test_flags_list_names_call_agent_and_reason(ask: Ask) -> None:
    flags = ask("flags", "list")
    assert any(flag["code"] == "escalation_request" for flag in flags)
    for flag in flags:
        assert flag["call_id"]
        assert flag["reason"]
        assert flag["severity"] in ("minor", "major", "critical")
    ranks = [("critical", "major", "minor").index(flag["severity"]) for flag in flags]
    assert ranks == sorted(ranks)


def test_flags_list_can_be_narrowed(ask: Ask) -> None:
    assert {flag["agent_id"] for flag in ask("flags", "list", "--agent", "tom.becker")} == {"tom.becker"}


def test_transcribe_json_and_score_need_no_database(earmark: Earmark, recordings: Path, tmp_path: Path) -> None:
    heard = earmark("transcribe", recordings / "call-00.wav", "--engine", "scripted", "--json", cwd=tmp_path)
    assert heard.returncode == 0, heard.stderr
    transcript = json.loads(heard.stdout)
    first = transcript["turns"][0]
    assert {"role", "channel", "start_ms", "end_ms", "text", "confidence", "words"} <= set(first)
    assert {"text", "start_ms", "end_ms", "confidence"} <= set(first["words"][0])
    file = tmp_path / "transcript.json"
    file.write_text(heard.stdout)
    scored = earmark("score", file, "--rubric", "bank-support", "--json", cwd=tmp_path)
    assert scored.returncode == 0, scored.stderr
    score = json.loads(scored.stdout)
    assert score["rubric_id"] == "bank-support"
    assert 0 <= score["share"] <= 1
    assert score["results"]
    assert not (tmp_path / "earmark-data" / "earmark.db").exists()


@pytest.mark.parametrize(("form", "begins"), [("srt", "1\n00:00:0"), ("vtt", "WEBVTT"), ("txt", "")])
def test_transcribe_writes_other_formats(earmark: Earmark, recordings: Path, form: str, begins: str) -> None:
    heard = earmark("transcribe", recordings / "call-01.wav", "--engine", "scripted", "--format", form)
    assert heard.returncode == 0, heard.stderr
    assert heard.stdout.startswith(begins)
    assert "manager" in heard.stdout


def test_transcribe_refuses_a_damaged_file_with_a_reason(earmark: Earmark, recordings: Path) -> None:
    heard = earmark("transcribe", recordings / "damaged.wav")
    assert heard.returncode == 1
    assert "damaged.wav" in heard.stderr
    assert "Traceback" not in heard.stderr


def test_scorecards_export_writes_each_format(earmark: Earmark, workspace: Path, tmp_path: Path) -> None:
    for form in ("html", "csv", "json"):
        out = tmp_path / form
        finished = earmark("scorecards", "export", "--format", form, "--out", out, "--workspace", workspace)
        assert finished.returncode == 0, finished.stderr
        assert all(Path(line).is_file() for line in finished.stdout.splitlines())
    with (tmp_path / "csv" / "scorecards.csv").open() as file:
        subjects = {row["subject"] for row in csv.DictReader(file)}
    assert subjects == {"maria.lopez", "tom.becker", "north", "south", "bank_support"}


def test_scorecards_export_narrows_to_agent_and_days(earmark: Earmark, workspace: Path, tmp_path: Path) -> None:
    out = tmp_path / "one.json"
    command = ("scorecards", "export", "--format", "json", "--out", out, "--agent", "maria.lopez")
    finished = earmark(*command, "--from", "2026-10-05", "--to", "2026-10-07", "--workspace", workspace)
    assert finished.returncode == 0, finished.stderr
    report = json.loads(out.read_text())
    (agent,) = report["agents"]
    assert agent["subject"] == "maria.lopez"
    assert agent["calls_scored"] == 2  # the calls of 5 and 7 October


def test_scorecards_show_and_build(earmark: Earmark, workspace: Path, ask: Ask) -> None:
    shown = ask("scorecards", "show")
    assert {summary["subject"] for summary in shown["agents"]} == {"maria.lopez", "tom.becker"}
    built = earmark("scorecards", "build", "--workspace", workspace)
    assert built.returncode == 0, built.stderr
    assert (workspace / "reports" / "index.html").is_file()


def test_rubrics_list_and_check(earmark: Earmark, tmp_path: Path) -> None:
    listed = json.loads(earmark("rubrics", "list", "--json").stdout)
    assert {"general", "bank-support", "collections", "sales", "tech-support"} <= {rubric["id"] for rubric in listed}
    assert earmark("rubrics", "check").returncode == 0
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("id: wrong\nversion: 1\ntitle: Wrong\nsectoins: []\n")
    checked = earmark("rubrics", "check", wrong)
    assert checked.returncode == 1
    assert f"{wrong}:4:" in checked.stdout
    assert "sections" in checked.stdout


def test_rubrics_check_finds_an_unknown_rule(earmark: Earmark, tmp_path: Path) -> None:
    file = tmp_path / "rubric.yaml"
    file.write_text(
        "id: mine\nversion: 1\ntitle: Mine\nsections:\n  - id: one\n    title: One\n    weight: 1\n    criteria:\n"
        "      - id: greets\n        title: Greets\n        points: 1\n        test: {kind: rule, rules: [greetin]}\n"
    )
    checked = earmark("rubrics", "check", file)
    assert checked.returncode == 1
    assert "greetin" in checked.stdout
    assert "did you mean 'greeting'" in checked.stdout


def test_doctor_names_models_with_their_hashes(earmark: Earmark, workspace: Path) -> None:
    finished = earmark("doctor", "--workspace", workspace, "--json")
    checks = {check["name"]: check for check in json.loads(finished.stdout)}
    assert finished.returncode == 0, finished.stdout
    assert checks["database"]["ok"]
    assert any("sha256 d01c3014881c9c6f" in check["found"] for check in checks.values())


def test_doctor_says_what_is_wrong(earmark: Earmark, tmp_path: Path) -> None:
    (tmp_path / "earmark.db").write_text("this is no database, and long enough to be looked at as one" * 20)
    finished = earmark("doctor", "--workspace", tmp_path)
    assert finished.returncode == 1
    assert "problem" in finished.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "/no/such/folder"), "/no/such/folder"),
        (("run", ".", "--engine", "fastr-whisper"), "did you mean 'faster-whisper'"),
        (("calls", "list", "--workspace", "/no/such/workspace"), "earmark run"),
        (("score", "/no/such/transcript.json", "--rubric", "general"), "transcript.json: cannot be read"),
        (("doctor", "--config", "/no/such/earmark.toml"), "/no/such/earmark.toml"),
    ],
)
def test_wrong_usage_is_told_in_one_message(
    earmark: Earmark, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    finished = earmark(*arguments, cwd=tmp_path)
    assert finished.returncode in (1, 2)
    assert said in finished.stderr.replace("\n", " ")
    assert "Traceback" not in finished.stderr
    assert not (tmp_path / "earmark-data").exists()


def test_help_of_every_command_is_shown(earmark: Earmark) -> None:
    shown = earmark("--help")
    assert shown.returncode == 0
    for noun in ("run", "calls", "flags", "transcribe", "score", "rubrics", "rules", "scorecards", "doctor", "flows"):
        assert noun in shown.stdout
