"""A report of some calls says so, in every form: a part must not be read as the whole."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import openpyxl
import pyarrow.parquet

from pipeline.canonical import to_data
from pipeline.scorecards import words
from pipeline.scorecards.links import calls_url
from pipeline.scorecards.render import csv as csv_files
from pipeline.scorecards.render import html, parquet, xlsx
from pipeline.scorecards.render.pdf_content import content_of
from pipeline.scorecards.report import ScorecardReport, build_report
from tests.scorecards.made_rows import NOW, Rows, answer, call, settings

CONSOLE = "https://qa.example.org"
TOLD = "only calls of queue sales"


def report(**narrowed: str) -> ScorecardReport:
    rows = Rows()
    for number in range(6):
        rows.calls.append(call(number, queue=("sales", "loans")[number % 2]))
        rows.answers.append(answer(number, "pass"))
    return build_report(rows, settings(), generated_at=NOW, console_url=CONSOLE, **narrowed)  # type: ignore[arg-type]


def test_words_leave_out_what_the_page_is_about() -> None:
    assert words.only({}) == ""
    assert words.only({"queue": "sales"}) == TOLD
    assert words.only({"agent": "ann", "team": "north"}, but="agent") == "only calls of team north"
    assert words.only({"queue": "sales"}, but="queue") == ""


def test_every_form_says_to_what_calls_are_narrowed(tmp_path: Path) -> None:
    of_sales = report(queue="sales")
    html.write(of_sales, tmp_path)
    for page in ("index.html", "agents/maria.lopez.html", "teams/north.html"):
        assert "Only calls of queue sales." in (tmp_path / page).read_text(), page
    assert "Only calls" not in (tmp_path / "queues" / "sales.html").read_text()
    content = content_of(of_sales)
    assert content["only"] == TOLD
    assert {card["heading"]: TOLD in card["about"] for card in content["cards"]} == {
        "maria.lopez": True,
        "Team north": True,
        "Queue sales": False,
    }
    lines = csv_files.lines_of(of_sales)
    assert [line["only"] for name in ("subjects", "scorecards") for line in lines[name]] == [TOLD] * 6
    (path,) = parquet.write(of_sales, tmp_path / "all.parquet")
    assert pyarrow.parquet.read_table(path)["only"].to_pylist() == [TOLD] * 3
    head, *summaries = openpyxl.load_workbook(io.BytesIO(xlsx.xlsx_of(of_sales)))["Summary"].iter_rows(values_only=True)
    assert [dict(zip(head, line, strict=True))["Only"] for line in summaries] == [TOLD] * 3
    assert json.loads(json.dumps(to_data(of_sales)))["only"] == {"queue": "sales"}


def test_a_report_of_all_calls_says_nothing_of_it(tmp_path: Path) -> None:
    whole = report()
    (path,) = html.write(whole, tmp_path / "all.html")
    assert "Only calls" not in path.read_text()
    assert content_of(whole)["only"] == ""
    (table,) = csv_files.write(whole, tmp_path / "all.csv")
    assert {line["only"] for line in csv.DictReader(table.read_text().splitlines())} == {""}


def test_figures_lead_to_the_narrowed_calls_only() -> None:
    of_sales = report(queue="sales")
    (maria,) = of_sales.agents
    address = calls_url(CONSOLE, maria, of_sales.only)
    asked = parse_qs(urlsplit(address or "").query)
    assert asked == {
        "queue": ["sales"],
        "agent": ["maria.lopez"],
        "since": ["2026-10-05"],
        "until": ["2026-10-05"],
    }
    by_rubric = calls_url(CONSOLE, maria, {"rubric": "bank"}) or ""
    assert parse_qs(urlsplit(by_rubric).query)["scored_by"] == ["bank"]


def test_a_report_of_one_agent_names_the_days_of_its_card() -> None:
    rows = Rows()
    rows.calls = [call(1, agent_id="ann"), call(2, agent_id="bob", started_at=NOW)]
    rows.answers = [answer(1, "pass"), answer(2, "pass")]
    of_ann = build_report(rows, settings(), generated_at=NOW, agent="ann")
    (card,) = content_of(of_ann)["cards"]
    assert card["about"].startswith(content_of(of_ann)["days"])
    assert content_of(of_ann)["title"] == "Scorecard of ann"
