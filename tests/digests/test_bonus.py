from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from pipeline.digests.bonus import BonusLine, bonus_lines
from pipeline.digests.bonus_files import COLUMNS, write_bonus
from pipeline.errors import ConfigError
from pipeline.intervals import bootstrap_mean, wilson
from tests.digests.made import OCTOBER, SETTINGS, calls, source
from tests.scorecards.made_rows import unscored

MADE_AT = datetime(2026, 11, 2, tzinfo=UTC)


def lines(
    rows: list[Any], *, disputed: tuple[str, ...] = (), pending: tuple[str, ...] = (), ended: bool = True
) -> tuple[BonusLine, ...]:
    return bonus_lines(
        source(rows).rows, OCTOBER, SETTINGS, disputed_calls=disputed, pending_calls=pending, ended=ended
    )


def test_line_holds_the_machine_s_mean_and_the_one_that_counts() -> None:
    rows = [*calls([0.9, 0.5, 0.7, 0.8, 0.6]), unscored(9)]
    rows[1]["reviewed_share"] = 0.75  # a dispute was upheld
    (line,) = lines(rows)
    assert (line.calls, line.calls_scored, line.enough_calls, line.final) == (6, 5, True, True)
    assert line.mean_share == bootstrap_mean([0.9, 0.5, 0.7, 0.8, 0.6])
    assert line.mean_in_force == bootstrap_mean([0.9, 0.75, 0.7, 0.8, 0.6])
    assert line.pass_rate == wilson(2, 5)
    assert (line.calls_reviewed, line.reviewed_share) == (1, 0.2)
    assert line.rubrics == ("bank@1",)


def test_figure_under_dispute_or_of_a_running_month_is_not_final() -> None:
    rows = [*calls([0.9] * 5), *calls([0.9] * 5, first=50, agent_id="tom.becker")]
    found = {line.agent_id: line for line in lines(rows, disputed=("c-0003", "c-9999"))}
    assert (found["maria.lopez"].final, found["maria.lopez"].disputes_open) == (False, 1)
    assert (found["tom.becker"].final, found["tom.becker"].disputes_open) == (True, 0)
    assert not any(line.final for line in lines(rows, ended=False))


def test_figure_is_not_final_while_a_call_waits_for_its_score() -> None:
    day = calls([1.0])[0]["started_at"]
    rows = [*calls([0.9] * 5), unscored(9, started_at=day), *calls([0.9] * 5, first=50, agent_id="tom.becker")]
    found = {line.agent_id: line for line in lines(rows, pending=("c-0009", "c-7777"))}
    assert (found["maria.lopez"].final, found["maria.lopez"].calls_pending) == (False, 1)
    assert (found["tom.becker"].final, found["tom.becker"].calls_pending) == (True, 0)
    assert all(line.final for line in lines(rows))  # a call that failed stays without a score


def test_call_scored_by_two_versions_counts_once() -> None:
    second = {"rubric_version": 2, "rubric_fingerprint": "rubric-1:new", "score_id": "s-9"}
    (line,) = lines([*calls([0.2]), *calls([0.8], **second)])
    assert (line.calls_scored, line.rubrics) == (1, ("bank@1", "bank@2"))
    assert line.mean_in_force == bootstrap_mean([0.8]) == line.mean_share


def test_agent_without_scored_calls_has_unknown_figures() -> None:
    (line,) = lines([unscored(1, started_at=calls([1.0])[0]["started_at"])])
    assert (line.calls, line.calls_scored, line.enough_calls) == (1, 0, False)
    assert (line.mean_share, line.mean_in_force, line.pass_rate, line.reviewed_share) == (None, None, None, None)


def test_csv_has_a_line_for_each_agent_and_no_formula(tmp_path: Path) -> None:
    rows = [*calls([0.9] * 5), *calls([0.8], first=50, agent_id="=HYPERLINK(1)", team="+north")]
    (out,) = write_bonus(lines(rows), tmp_path / "bonus.csv", made_at=MADE_AT)
    found = list(csv.DictReader(out.read_text().splitlines()))
    assert [row["agent"] for row in found] == ["'=HYPERLINK(1)", "maria.lopez"]
    assert found[0]["team"] == "'+north"
    assert (found[1]["mean_share"], found[1]["enough_calls"], found[0]["enough_calls"]) == ("0.9", "true", "false")
    assert found[1]["final"] == "true"
    assert list(found[0]) == [name for name, _ in COLUMNS]


def test_workbook_has_numbers_and_no_formula(tmp_path: Path) -> None:
    rows = calls([0.9, 0.7], agent_id="=1+1")
    (out,) = write_bonus(lines(rows), tmp_path / "bonus.xlsx", made_at=MADE_AT)
    sheet = load_workbook(out)["Bonus inputs"]
    heading, line = (list(row) for row in sheet.iter_rows())
    assert (line[0].value, line[0].data_type) == ("=1+1", "s")
    share = line[[cell.value for cell in heading].index("Mean score")]
    assert (share.value, share.number_format) == (0.8, "0.0%")


def test_other_form_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"must end in \.csv or \.xlsx"):
        write_bonus((), tmp_path / "bonus.pdf", made_at=MADE_AT)
