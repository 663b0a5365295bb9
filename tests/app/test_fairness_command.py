"""`earmark fairness` as a QA manager or compliance officer uses it."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.main import build, tell
from pipeline.store.database import open_store
from tests.fairness.made_calls import fill

app = build()
PACK = """pack: biased
rules:
  - {id: greeting, title: Says Maria, severity: minor, expect: present, speaker: agent, phrases: [maria]}
"""
RUBRIC = """id: bank-support
version: 9
title: Biased
sections:
  - id: one
    title: One
    weight: 1
    criteria:
      - {id: named, title: Named, points: 1, test: {kind: rule, rules: [greeting]}}
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with 480 calls of four regions."""
    folder = tmp_path_factory.mktemp("fairness")
    store = open_store(f"sqlite:///{folder / 'earmark.db'}")
    fill(store)
    store.close()
    return folder


def invoke(folder: Path, *arguments: str | Path) -> tuple[int, str, str]:
    """Run a command on the workspace in this process; returns exit code, stdout and stderr."""
    result = CliRunner().invoke(app, ["fairness", *map(str, arguments), "--workspace", str(folder)])
    if result.exception and not isinstance(result.exception, SystemExit):
        assert isinstance(result.exception, Exception)
        return tell(result.exception), result.stdout, str(result.exception)
    return result.exit_code, result.stdout, result.stderr


def acts_of(folder: Path) -> list[tuple[str, str, str]]:
    with closing(sqlite3.connect(folder / "earmark.db")) as database:
        return database.execute("SELECT action, subject_kind, details FROM audit_log ORDER BY sequence").fetchall()


def test_report_says_in_words_what_differs(made: Path) -> None:
    code, out, _ = invoke(made, "report", "--by", "region")
    assert code == 0
    assert "ratio below 0.8 and unlikely chance" in out
    assert "no sign of a difference" in out
    assert "fewer than 30 calls" in out
    assert "north-west: its calls were recognised worse" in out
    assert "Offers further help and thanks" in out
    assert "4 calls have no known region" in out
    assert max(map(len, map(str.rstrip, out.splitlines()))) <= 100


def test_report_of_teams_is_tested_over_agents_and_names_no_call(made: Path) -> None:
    code, out, _ = invoke(made, "report", "--by", "team", "--by", "region+team", "--json")
    assert code == 0
    document = json.loads(out)
    assert [field["fields"] for field in document["fields"]] == [["team"], ["region", "team"]]
    assert [field["whole_agents"] for field in document["fields"]] == [True, False]
    assert document["counterfactual"] is None
    assert "c-0001" not in out
    assert "agent-0" not in out


def test_small_groups_are_not_shown(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EARMARK_FAIRNESS__SHOWN_FROM", "27")
    _, out, _ = invoke(made, "report", "--by", "region")
    assert "islands" not in out
    assert "Not shown: 1 groups of fewer than 27 calls, 26 in all." in out


def test_report_is_an_export_in_the_audit_log(made: Path) -> None:
    invoke(made, "report", "--by", "region", "--from", "2026-10-05", "--to", "2026-10-20")
    action, subject, details = acts_of(made)[-1]
    assert (action, subject) == ("export", "fairness report")
    told = json.loads(details)
    assert (told["by"], told["first_day"], told["last_day"]) == (["region"], "2026-10-05", "2026-10-20")


def test_report_goes_into_new_files_only(made: Path, tmp_path: Path) -> None:
    table, document = tmp_path / "groups.csv", tmp_path / "groups.json"
    assert invoke(made, "report", "--by", "region", "--out", table)[:2] == (0, f"{table}\n")
    rows = {row["group"]: row for row in csv.DictReader(io.StringIO(table.read_text()))}
    assert rows["north-west"]["verdict"] == "unlikely_chance"
    assert float(rows["north-west"]["ratio_high"]) < 0.8
    assert (rows["islands"]["verdict"], rows["islands"]["ratio"]) == ("", "")
    assert invoke(made, "report", "--by", "region", "--out", document)[0] == 0
    assert json.loads(document.read_text())["calls"] == 480
    before = table.read_text()
    code, _, said = invoke(made, "report", "--out", table)
    assert (code, table.read_text()) == (1, before)
    assert "is there already" in said
    assert invoke(made, "report", "--out", tmp_path / "groups.xlsx")[0] == 2


def test_wrong_usage_is_refused_with_what_to_do(made: Path, tmp_path: Path) -> None:
    assert invoke(made, "report", "--from", "2026-11-02", "--to", "2026-10-01")[0] == 2
    code, _, said = invoke(made, "report", "--by", "regoin")
    assert code == 2
    assert "did you mean 'region'?" in said
    assert "nothing has been run" in invoke(tmp_path / "none", "report")[2]


def test_report_of_an_unknown_rubric_is_refused_and_of_one_without_calls_is_empty(made: Path) -> None:
    code, out, said = invoke(made, "report", "--rubric", "genral")
    assert (code, out) == (2, "")
    assert "unknown rubric 'genral' (did you mean 'general'?); there are: general, " in said
    code, out, _ = invoke(made, "report", "--rubric", "sales")
    assert code == 0
    assert "No score that counts is by rubric sales" in out
    assert invoke(made, "report", "--rubric", "general")[1].startswith("480 scored calls")


def test_counterfactual_of_a_rubric_without_calls_says_so(made: Path) -> None:
    code, out, _ = invoke(made, "counterfactual", "--rubric", "sales")
    assert code == 0
    assert "No score that counts is by rubric sales" in out


def test_counterfactual_of_scored_calls_moves_nothing_and_says_so(workspace: Path) -> None:
    code, out, _ = invoke(workspace, "counterfactual", "--sample", "2", "--seed", "1", "--fail-on-change")
    assert code == 0, out
    assert "No score and no answer moved" in out or "There was nothing to swap" in out
    action, subject, details = acts_of(workspace)[-1]
    assert (action, subject, json.loads(details)["sampled"]) == ("export", "fairness counterfactual", 2)
    code, _, said = invoke(workspace, "counterfactual", "--rubric", "general@77")
    assert code == 2
    assert "general@2" in said


def test_counterfactual_finds_a_rule_with_a_name_in_it(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules, rubric = tmp_path / "rules", tmp_path / "biased.yaml"
    rules.mkdir()
    (rules / "biased.yaml").write_text(PACK)
    rubric.write_text(RUBRIC)
    monkeypatch.setenv("EARMARK_COMPLIANCE__RULES_DIR", str(rules))
    monkeypatch.setenv("EARMARK_SENTIMENT__ENGINE", "vader")
    asked = ("counterfactual", "--rubric", rubric)
    code, out, _ = invoke(workspace, *asked, "--fail-on-change")
    assert code == 1
    assert "pass → fail" in out
    assert "rule greeting" in out
    assert "maria" not in out.lower()
    assert invoke(workspace, *asked)[0] == 0
    document = json.loads(invoke(workspace, *asked, "--json")[1])
    assert document["left_out"] == {"no name, pronoun or form of address in it": 4}
    assert {change["scores_moved"] for change in document["changes"]} == {4}


def test_report_can_bring_the_counterfactual_along(workspace: Path) -> None:
    code, out, _ = invoke(workspace, "report", "--by", "team", "--counterfactual", "--sample", "1", "--json")
    assert code == 0
    assert json.loads(out)["counterfactual"]["sampled"] == 1
    assert [act[1] for act in acts_of(workspace)[-2:]] == ["fairness report", "fairness counterfactual"]
