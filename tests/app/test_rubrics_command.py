"""`earmark rubrics check`, `list` and `schema` through the command: what is wrong is told with file and line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.main import build

RUBRIC = """id: mine
version: 1
title: Mine
status: draft
effective: {from: 2026-11-01}
sections:
  - id: all
    title: All
    weight: 1
    criteria:
      - id: asked
        title: Asked
        points: 1
        test: {test}
"""
TEST_LINE = RUBRIC.splitlines().index("        test: {test}") + 1


def rubrics(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(build("rubrics"), ["rubrics", *(str(each) for each in arguments)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


@pytest.mark.parametrize(
    "wrong",
    [
        "{kind: rule, rules: [greetng]}",
        "{kind: rule, rules: []}",
        '{kind: phrase, phrases: ["say * NEAR:x"], speaker: nobody}',
        '{kind: phrase, phrases: ["[1"]}',
        "{kind: measure, measure: longest_dead_air, bands: [{share: 1}]}",
        "{kind: measure, measure: longest_dead_air_ms, bands: [{below: 5, share: 1}]}",
        "{kind: sentiment, role: agent, reading: mood, bands: [{share: 1}]}",
        "{kind: sequence, rules: [greeting, no-such-rule]}",
        "{kind: combination, require: most, tests: [{kind: rule, rules: [greeting]}]}",
        "{kind: combination, require: any, tests: [{kind: rule, rules: [nope]}, {kind: rule, rules: [greeting]}]}",
        "{kind: manual}",
        "{kind: manual, question: Polite?, answers: {kind: scale, lowest: 5, highest: 1}}",
        "{kind: llm, question: Kind?, answers: {kind: choice, options: []}}",
        "{kind: guess}",
    ],
)
def test_check_finds_what_is_wrong_with_any_kind_of_test(tmp_path: Path, wrong: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(RUBRIC.replace("{test}", wrong))
    code, printed = rubrics("check", file, "--json")
    problems = json.loads(printed)["problems"]
    assert code == 1
    assert problems
    assert {(problem["file"], problem["line"]) for problem in problems} == {(str(file), TEST_LINE)}
    assert all(problem["message"] for problem in problems)
    code, printed = rubrics("check", file)
    assert code == 1
    assert f"{file}:{TEST_LINE}: [" in printed


def test_check_tells_of_a_rule_that_is_about_other_queues(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    steps = "{kind: sequence, rules: [price-disclosed, card-details-asked]}"
    text = RUBRIC.replace("{test}", steps)
    file.write_text(text.replace("status: draft", "status: draft\nqueues: [reservations]"))
    code, printed = rubrics("check", file)
    assert code == 1
    assert f"{file}:{TEST_LINE + 1}: [rule-of-other-calls]" in printed
    assert "price-disclosed applies to queue sales only; this question is for reservations" in printed
    file.write_text(text)  # a rubric for any queue may well score sales calls
    assert rubrics("check", file)[0] == 0


def test_check_notes_days_between_two_versions(tmp_path: Path) -> None:
    text = RUBRIC.replace("{test}", "{kind: manual, question: Asked?}").replace("status: draft", "status: active")
    head, tail = text.split("effective:", 1)
    rest = tail.split("\n", 1)[1]
    for version, when in ((1, "{to: 2026-06-30}"), (2, "{from: 2026-07-15}")):
        told = f"{head}effective: {when}\n{rest}".replace("version: 1", f"version: {version}")
        (tmp_path / f"mine-{version}.yaml").write_text(told)
    code, printed = rubrics("check", tmp_path)
    assert code == 0
    assert "note: mine: no version is in force from 2026-07-01 to 2026-07-14" in printed
    assert "no problems" in printed
    (note,) = json.loads(rubrics("check", tmp_path, "--json")[1])["notes"]
    assert "version 2 begins on 2026-07-15" in note
    assert "note" not in rubrics("check", tmp_path / "mine-1.yaml")[1]


def test_check_tells_all_problems_at_once(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    text = RUBRIC.replace("{test}", "{kind: guess}").replace("weight: 1", "weight: heavy").replace("title: Mine\n", "")
    file.write_text(text)
    assert len(json.loads(rubrics("check", file, "--json")[1])["problems"]) >= 3


@pytest.mark.parametrize("whole_folder", [False, True])
def test_a_slip_of_form_hides_no_rule_that_there_is_not(tmp_path: Path, whole_folder: bool) -> None:
    file = tmp_path / "mine.yaml"
    parts = "{kind: combination, tests: [{kind: rule, rules: [greting, greeting, 7]}, {kind: guess, rules: x}]}"
    file.write_text(RUBRIC.replace("{test}", parts).replace("weight: 1", "weight: heavy"))
    code, printed = rubrics("check", tmp_path if whole_folder else file)
    assert code == 1
    assert "[float-type]" in printed
    assert f"{file}:{TEST_LINE}: [unknown-rule]" in printed
    assert "unknown rule 'greting' (did you mean 'greeting'?)" in printed
    assert printed.count("[unknown-rule]") == 1


def test_list_shows_status_and_days_in_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.yaml").write_text(RUBRIC.replace("{test}", "{kind: manual, question: Asked?}"))
    monkeypatch.setenv("EARMARK_SCORE__RUBRICS_DIR", str(tmp_path))
    (row,) = json.loads(rubrics("list", "--json")[1])
    assert (row["status"], row["effective_from"], row["effective_to"]) == ("draft", "2026-11-01", None)
    assert "from 2026-11-01" in rubrics("list")[1]


def test_schema_is_one_that_editors_read() -> None:
    schema = json.loads(rubrics("schema")[1])
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert "sections" in schema["properties"]
