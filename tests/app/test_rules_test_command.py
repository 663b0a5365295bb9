"""`earmark rules test` as a compliance officer uses it: exit codes, file and line of a failure, JSON."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Earmark = Callable[..., subprocess.CompletedProcess[str]]
PACK = """\
pack: own
rules:
  - id: notice
    title: Notice
    severity: major
    expect: present
    speaker: agent
    min_similarity: 1
    window: {within_first_s: 30}
    phrases: [this call is recorded]
  - id: card
    title: Card number
    severity: critical
    expect: absent
    entity: card_number
"""
CASES = """\
rules:
  notice:
    found:
      - agent: this call is recorded
    not_found:
      - agent: how are you
    near_misses:
      - 0:50 agent: this call is recorded
"""


@pytest.fixture
def rules_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "my rules"
    (folder / "cases").mkdir(parents=True)
    (folder / "own.yaml").write_text(PACK)
    (folder / "cases" / "notice.yaml").write_text(CASES)
    return folder


def test_rules_test_passes_and_tells_which_rules_have_no_cases(earmark: Earmark, rules_dir: Path) -> None:
    finished = earmark("rules", "test", rules_dir)
    assert finished.returncode == 0, finished.stderr
    assert "3 cases: 3 as expected, 0 failed" in finished.stdout
    assert "card: no cases under found, not_found" in finished.stderr


def test_rules_test_fails_with_file_line_and_reason(earmark: Earmark, rules_dir: Path) -> None:
    file = rules_dir / "cases" / "notice.yaml"
    file.write_text(CASES.replace("how are you", "no this call is recorded"))
    finished = earmark("rules", "test", file)
    assert finished.returncode == 1
    assert f"{file}:6: notice: expected not_found, came: said." in finished.stdout
    assert "Said by the agent at 0:00." in finished.stdout
    assert "card" not in finished.stderr  # its cases may lie in another file


def test_rules_test_masks_what_a_call_would_have_masked(earmark: Earmark, rules_dir: Path) -> None:
    number = "my card number is 4111 1111 1111 1111"
    (rules_dir / "cases" / "card.yaml").write_text(
        f"rules: {{card: {{found: [customer: {number}], not_found: [customer: my card is blue]}}}}"
    )
    finished = earmark("rules", "test", "--rules", rules_dir, "--json")
    assert finished.returncode == 0, finished.stderr
    told = json.loads(finished.stdout)
    assert {each["rule"]: each["passed"] for each in told["rules"]} == {"notice": 3, "card": 2}
    assert (told["cases"], told["failures"], told["known_gaps"]) == (5, [], 0)


def test_rules_test_tells_all_problems_of_the_case_files(earmark: Earmark, rules_dir: Path) -> None:
    (rules_dir / "cases" / "other.yaml").write_text("rules:\n  notise:\n    found: [hello]\n")
    finished = earmark("rules", "test", rules_dir)
    assert finished.returncode == 1
    assert "other.yaml:3: [case-line]" in finished.stdout
    (rules_dir / "cases" / "other.yaml").write_text("rules:\n  notise:\n    found: [agent: hello]\n")
    finished = earmark("rules", "test", rules_dir, "--json")
    assert finished.returncode == 1
    (problem,) = json.loads(finished.stdout)["problems"]
    assert (problem["line"], problem["code"]) == (2, "unknown-rule")
    assert "did you mean 'notice'" in problem["message"]


def test_rules_test_takes_one_pack_and_the_cases_of_its_name(earmark: Earmark, rules_dir: Path) -> None:
    (rules_dir / "other.yaml").write_text("pack: other\nrules: [{id: broken}]\n")
    pack, file = rules_dir / "own.yaml", rules_dir / "cases" / "notice.yaml"
    for given in ((file, "--rules", pack), ("--rules", pack)):
        finished = earmark("rules", "test", *given)
        assert finished.returncode == 0, finished.stdout + finished.stderr
        assert "3 cases: 3 as expected, 0 failed" in finished.stdout
        file = file.rename(file.with_name(pack.name))


def test_rules_test_without_cases_is_wrong_usage(earmark: Earmark, rules_dir: Path, tmp_path: Path) -> None:
    (rules_dir / "cases" / "notice.yaml").unlink()
    for path in (rules_dir, tmp_path / "nowhere"):
        finished = earmark("rules", "test", path)
        assert finished.returncode == 2, finished.stdout
        assert finished.stdout == ""
