"""`earmark rescore` and `earmark rubrics diff`, on the workspace that the other command tests read."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.cli.main import build, tell
from pipeline.errors import StoreError, UnknownNameError
from pipeline.store.calls import list_calls
from pipeline.store.database import open_store
from pipeline.store.scores import scores_of_call

BANK = Path(__file__).resolve().parents[2] / "rubrics" / "bank-support.yaml"


def invoke(*arguments: str | Path) -> tuple[int, str, str]:
    words = [str(each) for each in arguments]
    result = CliRunner().invoke(build(words[0]), words)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def own(workspace: Path, tmp_path: Path) -> Path:
    """A copy of the scored workspace."""
    return Path(shutil.copytree(workspace, tmp_path / "own"))


@pytest.fixture
def stricter(tmp_path: Path) -> Path:
    """The bank's rubric as a next version that nobody can pass."""
    text = BANK.read_text(encoding="utf-8")
    version = next(line for line in text.splitlines() if line.startswith("version:"))
    mark = next(line for line in text.splitlines() if line.startswith("pass_share:"))
    file = tmp_path / "stricter.yaml"
    file.write_text(text.replace(version, "version: 99").replace(mark, "pass_share: 1"), encoding="utf-8")
    return file


def rescore(*arguments: str | Path) -> dict[str, Any]:
    code, printed, said = invoke("rescore", *arguments, "--json")
    assert code == 0, said
    counts: dict[str, Any] = json.loads(printed)
    return counts


def current_rubrics(workspace: Path) -> set[tuple[str, int]]:
    store = open_store(f"sqlite:///{workspace / 'earmark.db'}")
    with store.read() as connection:
        ids = [call.call_id for call in list_calls(connection, status="scored")]
        every = [each for call_id in ids for each in scores_of_call(connection, call_id)]
    store.close()
    return {(each.score.rubric_id, each.score.rubric_version) for each in every if each.current}


def test_rescore_by_a_file_stands_beside_until_it_is_made_to_count(own: Path, stricter: Path) -> None:
    before = current_rubrics(own)
    counts = rescore("--rubric", stricter, "--workspace", own)
    assert (counts["calls"], counts["scored"], counts["made_current"], counts["errors"]) == (8, 8, 0, [])
    assert (counts["unreadable"], counts["not_looked_for"]) == ([], {"calls": 0, "rules": {}})
    assert current_rubrics(own) == before
    counts = rescore("--rubric", stricter, "--workspace", own, "--make-current")
    assert (counts["scored"], counts["already_scored"], counts["made_current"]) == (0, 8, 8)
    assert current_rubrics(own) == {("bank-support", 99)}


def test_rescore_says_in_words_which_score_counts(own: Path, stricter: Path) -> None:
    code, printed, said = invoke("rescore", "-r", stricter, "-w", own)
    assert code == 0
    assert "New scores by bank-support version 99: 8 calls. The old scores are kept." in printed
    assert "Nothing changed in which score counts." in printed
    assert "8 calls keep the score that counted before" in printed
    assert "8/8" in said
    assert "still counts, for every call" in invoke("rescore", "-r", stricter, "-w", own, "--keep-current")[1]
    printed = invoke("rescore", "-r", stricter, "-w", own, "--make-current")[1]
    assert "counts from now on for 8 calls." in printed
    assert "no longer count" not in printed
    assert "in force for them." in invoke("rescore", "-r", "bank-support", "-w", own)[1]


def test_make_current_spares_calls_of_other_queues_and_says_so(own: Path) -> None:
    code, printed, _ = invoke("rescore", "-r", "sales", "-w", own, "--make-current")
    assert code == 0
    assert "Nothing changed in which score counts." in printed
    assert "8 calls keep the score that counted before: this rubric is for other queues (sales)." in printed
    counts = rescore("-r", "sales", "-w", own, "--make-current")
    assert counts["left_as_they_were"] == {"other_queue": 8, "other_language": 0}
    counts = rescore("-r", "sales", "-w", own, "--make-current", "--queue", "bank_support")
    assert (counts["made_current"], counts["left_as_they_were"]["other_queue"]) == (8, 0)
    assert rescore("-r", "bank-support", "-w", own)["made_current"] == 8  # the way back that docs/rescoring.md names


def test_answers_to_a_question_that_asks_something_else_now_are_told(own: Path, tmp_path: Path) -> None:
    files = [tmp_path / "one.yaml", tmp_path / "two.yaml"]
    files[0].write_text(ONE_QUESTION.format(mark=0), encoding="utf-8")
    files[1].write_text(
        ONE_QUESTION.format(mark=0).replace("version: 1", "version: 2").replace("[greeting]", "[closing-thanks]"),
        encoding="utf-8",
    )
    rescore("-r", files[0], "-w", own, "--make-current")
    call_id = json.loads(invoke("calls", "list", "--json", "--status", "scored", "-w", own)[1])[0]["call_id"]
    answer = ("reviews", "answer", call_id, "greeting", "fail", "--reason", "Too fast.", "--by", "ann", "-w", own)
    assert invoke(*answer)[0] == 0
    assert rescore("-r", files[1], "-w", own)["asked_otherwise"] == []  # beside: the old one counts, and the answer
    code, printed, _ = invoke("rescore", "-r", files[1], "-w", own, "--make-current")
    assert code == 0
    assert "something else now: 1 (by question: greeting 1)." in printed
    assert f"Calls: {call_id}." in printed
    assert "earmark reviews answer CALL QUESTION ANSWER" in printed
    rescore("-r", files[0], "-w", own, "--make-current")
    told = rescore("-r", files[1], "-w", own, "--make-current")["asked_otherwise"]
    assert told == [{"call_id": call_id, "criterion_id": "greeting"}]


@pytest.mark.parametrize(
    ("narrowed", "calls"),
    [
        (("--agent", "tom.becker"), 4),
        (("--team", "north"), 4),
        (("--queue", "bank_support"), 8),
        (("--queue", "sales"), 0),
        (("--from", "2026-10-06", "--to", "2026-10-07"), 2),
        (("--to", "2020-01-01"), 0),
    ],
)
def test_rescore_takes_only_the_calls_that_are_asked_for(own: Path, narrowed: tuple[str, ...], calls: int) -> None:
    counts = rescore("--rubric", "general", "--workspace", own, *narrowed)
    assert (counts["calls"], counts["scored"]) == (calls, calls)


def test_rescore_is_logged_with_its_rubric_and_bounds(own: Path) -> None:
    rescore("--rubric", "general", "--workspace", own, "--team", "north")
    entries = json.loads(invoke("audit", "log", "--json", "--workspace", own)[1])["entries"]
    (entry,) = [each for each in entries if each["action"] == "rescore"]
    details = json.loads(entry["details"]) if isinstance(entry["details"], str) else entry["details"]
    assert (entry["subject_id"], details["team"], details["calls"]) == ("general", "north", 4)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("--rubric", "genral"), UnknownNameError),
        (("--rubric", "general@77"), UnknownNameError),
    ],
)
def test_rescore_refuses_what_there_is_not(own: Path, arguments: tuple[str, ...], error: type[Exception]) -> None:
    with pytest.raises(error):
        invoke("rescore", *arguments, "--workspace", own)


@pytest.mark.parametrize("command", [("rescore", "--rubric", "general"), ("rubrics", "diff", "general", "sales")])
@pytest.mark.parametrize(
    ("option", "name", "there_are"),
    [
        ("--queue", "bank-support", "there are: bank_support, "),
        ("--queue", "BANK_SUPPORT", "did you mean 'bank_support'?"),
        ("--team", "nort", "there are: north, south"),
        ("--agent", "tom", "tom.becker"),
    ],
)
def test_filters_that_name_nothing_known_are_refused(
    own: Path, command: tuple[str, ...], option: str, name: str, there_are: str
) -> None:
    with pytest.raises(UnknownNameError) as refused:
        invoke(*command, option, name, "--workspace", own)
    assert there_are in str(refused.value)
    assert tell(refused.value) == 2
    assert not [
        each
        for each in json.loads(invoke("audit", "log", "--json", "--workspace", own)[1])["entries"]
        if each["action"] == "rescore"
    ]


def test_a_known_queue_without_calls_is_an_answer(own: Path) -> None:
    code, printed, _ = invoke("rescore", "--rubric", "sales", "--queue", "sales", "--workspace", own)
    assert (code, printed) == (0, "No stored call is like that (queue sales): nothing to score.\n")
    code, printed, _ = invoke("rescore", "-r", "sales", "--team", "north", "--to", "2020-01-01", "--workspace", own)
    assert (code, printed) == (0, "No stored call is like that (to 2020-01-01, team north): nothing to score.\n")


def test_rescore_refuses_days_the_wrong_way_round(own: Path) -> None:
    code, _, said = invoke(
        "rescore", "--rubric", "general", "--from", "2026-10-07", "--to", "2026-10-06", "--workspace", own
    )
    assert code == 2
    assert "2026-10-07 is after --to" in said


def test_rescore_before_any_run_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="start with: earmark run"):
        invoke("rescore", "--rubric", "general", "--workspace", tmp_path)


def test_calls_show_takes_the_score_of_a_rubric_and_puts_it_beside_the_one_that_counts(
    own: Path, stricter: Path
) -> None:
    call_id = json.loads(invoke("calls", "list", "--json", "--status", "scored", "-w", own)[1])[0]["call_id"]
    assert "other scores" not in invoke("calls", "show", call_id, "-w", own)[1]
    rescore("-r", stricter, "-w", own)
    printed = invoke("calls", "show", call_id, "-w", own)[1]
    assert "This call has other scores, too:\n  bank-support@99 " in printed
    assert f"earmark calls show {call_id} --rubric bank-support@99" in printed
    assert "Beside" not in printed
    code, printed, _ = invoke("calls", "show", call_id, "--rubric", "bank-support@99", "-w", own)
    assert code == 0
    assert "under bank-support version 99" in printed
    assert "Beside another score" in printed
    assert "(counts)" in printed
    assert ", the one that counts" in printed
    document = json.loads(invoke("calls", "show", call_id, "-r", "bank-support@99", "--json", "-w", own)[1])
    assert [(each["rubric_version"], each["current"]) for each in document["scores"]] == [(99, False)]
    assert document["effective"]["rubric_version"] == 99
    assert {flag["score_id"] for flag in document["flags"]} <= {document["effective"]["score_id"]}
    document = json.loads(invoke("calls", "show", call_id, "-r", "bank-support", "--json", "-w", own)[1])
    assert [each["current"] for each in document["scores"]] == [True, False]
    with pytest.raises(UnknownNameError, match="bank-support@99"):
        invoke("calls", "show", call_id, "--rubric", "general", "-w", own)


def test_diff_tells_changes_and_every_call_that_flips(own: Path, stricter: Path) -> None:
    code, printed, said = invoke("rubrics", "diff", "bank-support", stricter, "-w", own, "--json")
    assert code == 0, said
    told = json.loads(printed)
    assert {change["code"] for change in told["changes"]} == {"version", "pass-mark"}
    assert (told["new"]["id"], told["new"]["version"]) == ("bank-support", 99)
    calls = told["calls"]
    assert calls["compared"] == 8
    assert calls["now_pass"] == 0
    assert calls["old_mean"] == calls["new_mean"]
    assert len(calls["changed"]) == calls["now_fail"]
    assert all(call["flips"] and call["new_passed"] is False for call in calls["changed"])
    assert sum(calls["old_totals"]) == 8 - calls["without_total"]
    assert current_rubrics(own) != {("bank-support", 99)}  # nothing was stored


def test_diff_in_words_names_the_pass_mark_and_the_calls(own: Path, stricter: Path) -> None:
    printed = invoke("rubrics", "diff", "bank-support", stricter, "-w", own, "--limit", "1")[1]
    assert "The pass mark went from 80 % to 100 %." in printed
    assert "On 8 stored call(s), scored by both" in printed
    assert "no score of a call:\n  Version" in printed


ONE_QUESTION = """id: greeted
version: 1
title: Greeted
queues: [bank_support]
pass_share: {mark}
sections:
  - id: all
    title: All
    weight: 1
    criteria:
      - {{id: greeting, title: Greeting, points: 1, test: {{kind: rule, rules: [greeting]}}}}
"""


@pytest.mark.parametrize(("marks", "code"), [((0, 0), 0), ((0, 1), 1), ((1, 0), 1)])
def test_diff_exit_code_is_asked_for(own: Path, tmp_path: Path, marks: tuple[int, int], code: int) -> None:
    files = [tmp_path / "old.yaml", tmp_path / "new.yaml"]
    for file, mark in zip(files, marks, strict=True):
        file.write_text(ONE_QUESTION.format(mark=mark), encoding="utf-8")
    assert invoke("rubrics", "diff", *files, "-w", own)[0] == 0
    assert invoke("rubrics", "diff", *files, "-w", own, "--exit-code")[0] == code


def test_diff_of_files_needs_no_workspace(tmp_path: Path, stricter: Path) -> None:
    code, printed, _ = invoke("rubrics", "diff", BANK, stricter, "--workspace", tmp_path / "none", "--json")
    assert (code, json.loads(printed)["calls"]) == (0, None)
    with pytest.raises(StoreError):
        invoke("rubrics", "diff", BANK, stricter, "--workspace", tmp_path / "none", "--calls")
    assert invoke("rubrics", "diff", BANK, stricter, "--workspace", tmp_path / "none", "--exit-code")[0] == 2


def test_diff_compares_only_calls_that_the_rubrics_concern(own: Path) -> None:
    told = json.loads(invoke("rubrics", "diff", "sales", "tech-support", "-w", own, "--json")[1])
    assert told["calls"]["compared"] == 0
    told = json.loads(
        invoke("rubrics", "diff", "sales", "tech-support", "-w", own, "--queue", "bank_support", "--json")[1]
    )
    assert told["calls"]["compared"] == 8
    assert "other-rubric" in {change["code"] for change in told["changes"]}
