"""What CSV, Parquet and the workbook say of one report is the same."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest

from pipeline.scorecards.render import csv as csv_files
from pipeline.scorecards.render import parquet, xlsx
from pipeline.scorecards.report import ScorecardReport, build_report
from tests.scorecards.made_rows import NOW, Rows, answer, call, settings


@pytest.fixture
def report() -> ScorecardReport:
    """Four agents; of Ann's twelve calls four were drawn and reviewed; she gets better at the greeting."""
    rows = Rows()
    for which, agent_id in enumerate(("ann", "bob", "eve", "kim")):
        for i in range(12):
            number = which * 100 + i
            at = datetime(2026, 10, 5, 9, tzinfo=UTC) + timedelta(hours=i)
            rows.calls.append(call(number, 0.9 - 0.03 * ((i + which) % 6), agent_id=agent_id, started_at=at))
            rows.answers.append(answer(number, "pass" if which or i > 5 else "fail"))
    for i in range(4):
        rows.calls[i]["reviewed_share"] = rows.calls[i]["share"] - 0.1
        rows.sampled[f"c-{i:04d}"] = frozenset(("random",))
    return build_report(rows, settings(min_random_reviews=4, min_calls=3), generated_at=NOW)


def test_tables_tell_what_people_and_peers_make_of_the_figures(report: ScorecardReport, tmp_path: Path) -> None:
    csv_files.write(report, tmp_path)
    parquet.write(report, tmp_path)
    ann, bob = report.agents[:2]
    assert ann.corrected is not None
    assert ann.corrected.bias is not None
    assert ann.pooled_pass_rate is not None
    assert bob.corrected is not None
    bias, rate = ann.corrected.bias, ann.pooled_pass_rate
    expected = {
        "people_less_machine": bias.estimate,
        "people_less_machine_low": bias.low,
        "people_less_machine_high": bias.high,
        "random_reviews": 4,
        "random_reviews_missing": 0,
        "pooled_pass_rate": rate.figure.estimate,
        "pooled_pass_rate_low": rate.figure.low,
        "pooled_pass_rate_high": rate.figure.high,
        "pooled_pass_rate_own_weight": rate.own_weight,
    }
    assert bias.estimate == pytest.approx(-0.1)
    for name in ("subjects", "scorecards"):
        lines = [line for line in pq.read_table(tmp_path / f"{name}.parquet").to_pylist() if line["subject"] == "ann"]
        assert [{key: line[key] for key in expected} for line in lines] == [expected]
        texts = csv.DictReader((tmp_path / f"{name}.csv").read_text().splitlines())
        of_bob = next(line for line in texts if line["subject"] == "bob")
        assert (of_bob["people_less_machine"], of_bob["random_reviews_missing"]) == ("", f"{bob.corrected.missing}")


def test_tables_tell_how_criteria_changed(report: ScorecardReport, tmp_path: Path) -> None:
    csv_files.write(report, tmp_path)
    texts = csv.DictReader((tmp_path / "criteria.csv").read_text().splitlines())
    greeting = next(line for line in texts if line["subject"] == "ann")
    change = next(card for card in report.scorecards if card.subject == "ann").criteria[0].change
    assert change is not None
    assert [float(greeting[name]) for name in ("change", "change_low", "change_high")] == [
        change.estimate,
        change.low,
        change.high,
    ]
    assert change.estimate == 1.0


def test_workbook_tells_by_how_much_people_differ_from_the_machine(report: ScorecardReport) -> None:
    head, *lines = openpyxl.load_workbook(io.BytesIO(xlsx.xlsx_of(report)))["Summary"].iter_rows(values_only=True)
    summaries = {line[1]: dict(zip(head, line, strict=True)) for line in lines}
    assert summaries["ann"]["People's scores less the machine's"] == pytest.approx(-0.1)
    assert summaries["bob"]["People's scores less the machine's"] is None
