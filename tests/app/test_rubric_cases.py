"""`earmark rubrics test` as a quality manager uses it: what a failure looks like, what is untested, JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer

from app.cli.rubric_cases import print_test
from pipeline.config import ScoreSettings, Settings
from pipeline.errors import ConfigError

RUBRIC = """\
id: own
version: 1
title: Own
sections:
  - id: opening
    title: Opening
    weight: 1
    criteria:
      - {id: greets, title: Greets, points: 3, test: {kind: rule, rules: [greeting]}}
      - {id: thanks, title: Thanks, points: 1, test: {kind: phrase, phrases: [many thanks]}}
"""
CASES = """\
rubric: own
cases:
  - case: Greets, and thanks in words of its own
    lines: |
      agent: Thank you for calling Harbour Bank, my name is Maria. Many thanks for your patience.
      customer: You are welcome.
    expect: {share: 1, passed: true, failed: []}
  - case: Does neither
    lines: ["agent: Yes?", "customer: Hello."]
    expect: {share: 0, failed: [greets, thanks]}
"""


@pytest.fixture
def rubrics_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "my rubrics"
    (folder / "cases").mkdir(parents=True)
    (folder / "own.yaml").write_text(RUBRIC)
    (folder / "cases" / "own.yaml").write_text(CASES)
    return folder


def run(path: Path | None, capsys: pytest.CaptureFixture[str], **options: Any) -> tuple[int, str, str]:
    settings = options.pop("settings", Settings())
    code = 0
    try:
        print_test(path, settings, **{"rubric": None, "as_json": False, **options})
    except typer.Exit as end:
        code = end.exit_code
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_rubrics_test_passes(rubrics_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (rubrics_dir, rubrics_dir / "cases", rubrics_dir / "cases" / "own.yaml"):
        code, out, err = run(path, capsys)
        assert (code, err) == (0, "")
        assert "2 cases: 2 as expected, 0 failed" in out


def test_rubrics_test_reads_the_cases_beside_the_rubrics_of_the_settings(
    rubrics_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (rubrics_dir / "other.yaml").write_text(RUBRIC.replace("id: own", "id: other"))
    settings = Settings(score=ScoreSettings(rubrics_dir=rubrics_dir))
    code, out, err = run(None, capsys, settings=settings)
    assert (code, "2 cases" in out) == (0, True)
    assert "no cases yet: other" in err


def test_failure_shows_expected_beside_found_with_file_line_and_reason(
    rubrics_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = rubrics_dir / "cases" / "own.yaml"
    file.write_text(CASES.replace("share: 0, failed: [greets, thanks]", "share: 0.25, failed: [greets]"))
    code, out, err = run(rubrics_dir, capsys)
    assert code == 1
    assert f"{file}:8: own: Does neither" in out
    rows = [line.split() for line in out.splitlines()]
    assert ["share", "0.25", "0"] in rows
    assert ["failed", "greets", "greets,", "thanks"] in rows
    assert any(row[:1] == ["thanks:"] for row in rows)
    assert "2 cases: 1 as expected, 1 failed" in out
    assert err == ""


def test_failure_of_a_figure_names_what_lost_points_and_what_came_nearest(
    rubrics_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (rubrics_dir / "own.yaml").write_text(
        RUBRIC.replace("[many thanks]", "[thank you ever so much for your kind patience], min_similarity: 1")
    )
    cases = CASES.replace("Many thanks for your patience", "Thank you very much for all your patience")
    (rubrics_dir / "cases" / "own.yaml").write_text(cases.replace(", failed: []", ""))
    code, out, _ = run(rubrics_dir, capsys)
    assert code == 1
    assert "    thanks: fail. Not said by the agent" in out
    assert "Nearest: 0:03 “" in out
    assert "greets:" not in out
    failure = json.loads(run(rubrics_dir, capsys, as_json=True)[1])["failures"][0]
    assert [(each["key"], each["questions"]) for each in failure["differences"]] == [
        ("share", ["thanks"]),
        ("passed", ["thanks"]),
    ]
    assert [(each["question"], each["status"]) for each in failure["answers"]] == [("thanks", "fail")]


def test_questions_that_no_case_fails_are_noted(rubrics_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (rubrics_dir / "cases" / "own.yaml").write_text(CASES.split("  - case: Does neither", maxsplit=1)[0])
    code, _, err = run(rubrics_dir, capsys)
    assert (code, err.strip()) == (0, "own: untested, no case fails greets, thanks")


def test_json_holds_the_differences(rubrics_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (rubrics_dir / "cases" / "own.yaml").write_text(CASES.replace("share: 0,", "share: 1, passed: null,"))
    code, out, _ = run(rubrics_dir, capsys, as_json=True)
    data = json.loads(out)
    assert (code, data["cases"], data["failed"]) == (1, 2, 1)
    (failure,) = data["failures"]
    assert [(each["key"], each["expected"], each["found"]) for each in failure["differences"]] == [
        ("share", 1.0, 0.0),
        ("passed", None, False),
    ]
    assert data["rubrics"][0]["never_failed"] == []


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("cases/own.yaml", CASES.replace("[greets, thanks]", "[greet]"), "own.yaml:10: [unknown-question]"),
        ("own.yaml", RUBRIC.replace("greeting", "greting"), "did you mean 'greeting'?"),
        ("own.yaml", RUBRIC.replace("[many thanks]", "['(many']"), "own.yaml:10:"),
        ("own.yaml", RUBRIC.replace("points: 3", "points: many"), "own.yaml:9:"),
    ],
)
def test_files_with_problems_are_told_and_nothing_runs(
    rubrics_dir: Path, capsys: pytest.CaptureFixture[str], file: str, text: str, said: str
) -> None:
    (rubrics_dir / file).write_text(text)
    code, out, _ = run(rubrics_dir, capsys)
    assert code == 1
    assert said in out
    assert "as expected" not in out


def test_one_rubric_alone_and_none_of_that_name(rubrics_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(rubrics_dir, capsys, rubric="own")[0] == 0
    with pytest.raises(ConfigError, match="no case of rubric 'onw' lies here"):
        run(rubrics_dir, capsys, rubric="onw")
    with pytest.raises(ConfigError, match="no such file or folder"):
        run(rubrics_dir / "none", capsys)
