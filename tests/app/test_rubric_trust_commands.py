"""`earmark rubrics agreement`, `backtest` and `calibrate` on a workspace with reviewed calls."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.cli.main import build, tell
from pipeline.records import CriterionResult, Status, Trust
from pipeline.store.audit import entries
from pipeline.store.database import open_store
from pipeline.store.trust import latest_trust
from tests.reviewed_calls import RUBRIC, write_workspace

app = build()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with 80 reviewed calls, to be copied."""
    folder = tmp_path_factory.mktemp("reviewed")
    write_workspace(folder, 80)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A workspace of one's own; its rubric lies where the settings say, in the first one."""
    copy = tmp_path / "work"
    copy.mkdir()
    for name in ("earmark.db", "earmark.toml"):
        shutil.copy(made / name, copy / name)
    return copy


def invoke(folder: Path, *arguments: str | Path) -> tuple[int, str, str]:
    """Run a command on a workspace in this process; returns exit code, stdout and stderr."""
    result = CliRunner().invoke(app, [str(argument) for argument in ("rubrics", *arguments, "--workspace", folder)])
    if result.exception and not isinstance(result.exception, SystemExit):
        assert isinstance(result.exception, Exception)
        return tell(result.exception), result.stdout, str(result.exception)
    return result.exit_code, result.stdout, result.stderr


def read(folder: Path, *arguments: str | Path) -> dict[str, Any]:
    """Run a command for JSON; whatever its exit code."""
    told: dict[str, Any] = json.loads(invoke(folder, *arguments, "--json")[1])
    return told


def trust_in(folder: Path) -> Trust | None:
    """What counts in a workspace."""
    store = open_store(f"sqlite:///{folder / 'earmark.db'}")
    with store.read() as connection:
        found = latest_trust(connection, "general")
    store.close()
    return found


def by_id(told: dict[str, Any]) -> dict[str, Any]:
    """A report's questions by their ids."""
    return {each["criterion_id"]: each for each in told["questions"]}


def test_agreement_tells_every_question_that_the_machine_answers(folder: Path) -> None:
    told = read(folder, "agreement", "general")
    assert [each["criterion_id"] for each in told["questions"]] == ["notice", "farewell", "waiting"]
    assert by_id(told)["notice"]["agreement"]["pairs"] == 80
    assert by_id(told)["waiting"]["agreement"]["weighted_kappa"]["value"] > 0.9
    assert told["overall"]["agreement"]["pairs"] == 240
    code, shown, remarks = invoke(folder, "agreement", "general")
    assert code == 0
    assert "Last 25" in shown
    assert "2,000 resamples over calls, seed 0" in remarks


def test_agreement_needs_twenty_pairs(tmp_path: Path) -> None:
    write_workspace(tmp_path, 12)
    code, shown, remarks = invoke(tmp_path, "agreement", "general")
    assert code == 0
    assert "figures need 20" in remarks
    told = read(tmp_path, "agreement", "general")
    assert by_id(told)["notice"]["agreement"]["kappa"] == {
        "value": None,
        "low": None,
        "high": None,
        "why": "12 pairs; figures need 20",
    }
    assert "notice" not in shown.partition("Right answers")[2]  # twelve answers of one question are a count, no share
    code, shown, _ = invoke(tmp_path, "backtest", "general", "--max-drop", "0.5")
    assert code == 1  # 36 pairs in all are of twelve calls, whatever they say of any one question
    assert "every bound is kept" not in shown
    assert "no bound could be asked of one; all together 36 pairs from 12 calls" in " ".join(shown.split())


def test_backtest_gives_the_stored_answers_again_where_nothing_has_changed(folder: Path) -> None:
    stored, again = read(folder, "agreement", "general"), read(folder, "backtest", "general")
    for each in again["questions"]:
        change = each["change"]
        assert change["before"] == change["now"]
        assert each["agreement"] == by_id(stored)[each["criterion_id"]]["agreement"]
    assert (again["calls"], again["missed"], again["unreadable"]) == (80, [], [])


@pytest.mark.parametrize(
    ("bounds", "code", "said"),
    [
        ((), 0, ""),
        (("--max-drop", "0"), 0, "every bound is kept"),
        (("--min-accuracy", "0.2", "--min-kappa", "-1"), 0, "every bound is kept"),
        (("--min-kappa", "0.9"), 1, "missed: notice: kappa"),
        (("--min-accuracy", "0.99"), 1, "missed: notice: accuracy"),
        (("--min-ac1", "0.99"), 1, "missed: farewell: AC1"),
        (("--min-alpha", "0.99"), 1, "missed: all questions together: alpha"),
        (("--min-accuracy", "90"), 2, "from 0 to 1"),
        (("--min-accuracy", "nan"), 2, "from 0 to 1"),
        (("--min-kappa", "1.5"), 2, "from -1 to 1"),
        (("--min-ac1", "80"), 2, "from -1 to 1"),
        (("--min-alpha", "-2"), 2, "from -1 to 1"),
        (("--max-drop", "-0.1"), 2, "from 0 to 1"),
    ],
)
def test_backtest_ends_with_1_where_a_bound_is_missed(
    folder: Path, bounds: tuple[str, ...], code: int, said: str
) -> None:
    found, shown, remarks = invoke(folder, "backtest", "general", *bounds)
    assert found == code
    assert said in " ".join((shown + remarks).split())
    if code < 2:
        told = read(folder, "backtest", "general", *bounds)
        assert bool(told["missed"]) is (code == 1)


@pytest.mark.parametrize("command", ["backtest", "calibrate"])
def test_a_rubric_that_asks_for_a_rule_that_there_is_not_is_refused(folder: Path, command: str) -> None:
    file = folder / "mistyped.yaml"
    file.write_text(RUBRIC.replace("rules: [farewell]", "rules: [farewel]"))
    code, _, told = invoke(folder, command, file)
    assert code == 1
    assert "unknown rule 'farewel'" in told
    assert trust_in(folder) is None


@pytest.mark.parametrize("command", ["agreement", "backtest", "calibrate"])
def test_a_rubric_is_named_with_its_version_too(folder: Path, command: str) -> None:
    assert invoke(folder, command, "general@3")[0] == 0
    code, _, told = invoke(folder, command, "general@9")
    assert code == 2
    assert "general@3" in told


def test_backtest_of_a_changed_rubric_tells_what_fell_and_what_was_asked_otherwise(folder: Path) -> None:
    other = folder / "stricter.yaml"
    other.write_text(
        RUBRIC.replace("{below: 5000, share: 1}", "{below: 500, share: 1}").replace(
            "{at_least: 5000, below: 15000, share: 0.5}", "{at_least: 500, below: 15000, share: 0.5}"
        )
    )
    code, shown, remarks = invoke(folder, "backtest", other, "--max-drop", "0.1")
    assert code == 1
    assert "missed: waiting: accuracy fell by" in shown
    assert "waiting: its test has changed since" in remarks
    waiting = by_id(read(folder, "backtest", other))["waiting"]
    assert waiting["changed"] == 80
    assert waiting["change"]["now"] < waiting["change"]["before"]
    without = by_id(read(folder, "backtest", other, "--unchanged-only"))
    assert without["waiting"]["reviewed"] == 0
    assert without["notice"]["reviewed"] == 80


def test_backtest_with_bounds_fails_where_nothing_was_reviewed(tmp_path: Path) -> None:
    write_workspace(tmp_path, 3, answer=lambda result, chance: None)
    assert invoke(tmp_path, "backtest", "general")[0] == 0
    for command in ("agreement", "backtest", "calibrate"):
        told = " ".join(invoke(tmp_path, command, "general")[1].split())
        assert "Nobody has reviewed an answer under this rubric yet." in told
        assert "earmark queue build --policy random; confirm: earmark reviews agree CALL" in told
        assert "No expert has answered blind" in invoke(tmp_path, command, "general", "--against", "experts")[1]
    code, shown, _ = invoke(tmp_path, "backtest", "general", "--min-accuracy", "0.5")
    assert code == 1
    assert "missed: no question has 20 pairs" in shown
    assert invoke(tmp_path, "backtest", "general", "--against", "experts", "--min-kappa", "0.1")[0] == 1


def test_calibrate_stores_what_was_learnt_and_logs_it(folder: Path) -> None:
    code, shown, remarks = invoke(folder, "calibrate", "general", "--target-error", "0.2")
    assert code == 0
    assert "as the machine was sure" in shown
    assert "2 questions learnt, stored as version 1" in shown
    assert "waiting: answers without a confidence teach nothing, and are given as before" in remarks
    trust = trust_in(folder)
    assert trust is not None
    assert {each.criterion_id for each in trust.calibrations} == {"notice", "farewell"}
    assert trust.target_error == 0.2
    assert "nothing new; version 1" in invoke(folder, "calibrate", "general", "--target-error", "0.2")[1]
    store = open_store(f"sqlite:///{folder / 'earmark.db'}")
    with store.read() as connection:
        logged = [(entry.action, entry.subject_id) for entry in entries(connection)]
    store.close()
    assert logged == [("calibration", "general")]


def test_calibrated_answers_are_withheld_in_a_backtest_and_the_rest_is_oftener_right(folder: Path) -> None:
    before = by_id(read(folder, "backtest", "general"))["notice"]
    invoke(folder, "calibrate", "general")
    after = by_id(read(folder, "backtest", "general"))["notice"]
    assert after["withheld"] > 0
    assert after["withheld"] + after["agreement"]["pairs"] == before["agreement"]["pairs"]
    assert after["over_time"]["all_time"]["estimate"] > before["over_time"]["all_time"]["estimate"]
    learnt = read(folder, "calibrate", "general")
    assert learnt["new"] is False  # what is withheld now does not change what is learnt


def test_calibrate_dry_run_stores_nothing(folder: Path) -> None:
    code, shown, _ = invoke(folder, "calibrate", "general", "--dry-run")
    assert code == 0
    assert "nothing was stored" in shown
    assert trust_in(folder) is None
    told = read(folder, "calibrate", "general", "--dry-run")
    assert (told["version"], len(told["trust"]["calibrations"])) == (None, 2)


def test_calibrate_off_brings_back_what_was_before(folder: Path) -> None:
    assert "nothing is in use" in invoke(folder, "calibrate", "general", "--off")[1]
    before = read(folder, "backtest", "general")
    invoke(folder, "calibrate", "general")
    assert "switched off (version 2)" in invoke(folder, "calibrate", "general", "--off")[1]
    assert trust_in(folder) is None
    assert read(folder, "backtest", "general") == before
    assert invoke(folder, "calibrate", "general", "--off", "--dry-run")[0] == 2


def test_calibrate_with_too_few_reviews_learns_nothing_and_says_so(tmp_path: Path) -> None:
    write_workspace(tmp_path, 19)
    code, shown, remarks = invoke(tmp_path, "calibrate", "general")
    assert code == 0
    assert "nothing was learnt or stored" in shown
    assert "notice, farewell: fewer than 20 reviewed answers with a confidence; from 20 on" in remarks
    assert trust_in(tmp_path) is None


def test_calibrate_says_why_everything_is_withheld(tmp_path: Path) -> None:
    def seldom_right(result: CriterionResult, chance: random.Random) -> Status:
        wrong = Status.FAIL if result.status is Status.PASS else Status.PASS
        return wrong if chance.random() < 0.6 else result.status

    write_workspace(tmp_path, 40, answer=seldom_right)
    _, shown, remarks = invoke(tmp_path, "calibrate", "general")
    assert "notice, farewell: too many answers were wrong: all are withheld" in remarks
    assert "none" in shown
