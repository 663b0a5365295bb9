"""PDF and XLSX: what is handed out."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest

from pipeline.scorecards.build import summarise
from pipeline.scorecards.charts import picture, trend_svg
from pipeline.scorecards.render import pdf, xlsx
from pipeline.scorecards.render.pdf_content import content_of
from tests.factories import evidence
from tests.scorecards.made_rows import Rows, a_report, answer, call, flag, settings, two_agents

HOSTILE = ('=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", " =1", "a\x00b\x1f", '#set page[*x*] $y$ \\ "q"')


def _hostile(name: str) -> Rows:
    return Rows(
        calls=[call(1, 0.5, agent_id=name, queue=name, team=name)],
        answers=[answer(1, "fail", title=name)],
        flags=[flag(1, reason=name, evidence=(evidence(quote=name),))],
    )


def _workbook(rows: Rows) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(xlsx.xlsx_of(a_report(rows))))


@pytest.mark.parametrize("name", HOSTILE)
def test_workbook_holds_no_formula_whatever_was_said(name: str) -> None:
    workbook = _workbook(_hostile(name))
    cells = [cell for sheet in workbook for line in sheet.iter_rows() for cell in line]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d", "b"}
    shown = name.replace("\x00", "\N{REPLACEMENT CHARACTER}").replace("\x1f", "\N{REPLACEMENT CHARACTER}")
    named = [cell for cell in cells if cell.value == shown]
    assert len(named) > 4
    runs = name.lstrip()[0] in "=+-@"
    assert all(bool(cell.quotePrefix) is runs for cell in named)


def test_workbook_has_typed_cells_under_a_frozen_head() -> None:
    workbook = _workbook(two_agents())
    assert workbook.sheetnames == ["Summary", "Measures", "Criteria", "Calls"]
    for sheet in workbook:
        assert sheet.freeze_panes == "C2"
        assert sheet.auto_filter.ref == sheet.dimensions
        assert sheet.column_dimensions["B"].width >= 20
    head = [cell.value for cell in workbook["Summary"][1]]
    lines = [dict(zip(head, cells, strict=True)) for cells in list(workbook["Summary"].iter_rows())[1:]]
    line = next(line for line in lines if line["Name"].value == "maria.lopez")
    assert (line["Name"].value, line["Counted"].value) == ("maria.lopez", 8)
    assert line["Mean score"].value == pytest.approx(0.725)
    assert line["Mean score"].number_format == "0%"
    assert line["First day"].is_date
    calls = dict(zip([cell.value for cell in workbook["Calls"][1]], workbook["Calls"][2], strict=True))
    assert calls["Begun"].is_date
    assert calls["At, seconds"].data_type == "n"
    assert line["Machine's mean of these"].value is None


def test_workbook_is_one_that_zip_tools_read() -> None:
    with zipfile.ZipFile(io.BytesIO(xlsx.xlsx_of(a_report()))) as parts:
        assert parts.testzip() is None
        assert b"2026-11-21T12:00:00Z" in parts.read("docProps/core.xml")


@pytest.mark.parametrize("name", [*HOSTILE, "李小龍", "שלום", "\U0010ffff\ud800"])
def test_pdf_takes_what_was_said_as_words_not_as_source(name: str) -> None:
    assert pdf.pdf_of(a_report(_hostile(name))).startswith(b"%PDF-")


def test_pdf_is_tagged_and_says_what_it_is() -> None:
    made = pdf.pdf_of(a_report())
    assert b"/StructTreeRoot" in made
    assert b"pdfuaid" in made
    assert b"(en)" in made or b"/Lang" in made


def test_pdf_in_a_folder_is_a_list_and_a_file_for_each(tmp_path: Path) -> None:
    paths = pdf.write(a_report(), tmp_path)
    named = [path.relative_to(tmp_path).as_posix() for path in paths]
    assert named == [
        *("scorecards.pdf", "teams/north.pdf", "queues/bank_support.pdf"),
        *("agents/maria.lopez.pdf", "agents/tom.becker.pdf"),
    ]


def _figures_of(card: dict[str, Sequence[dict[str, str]]]) -> dict[str, str]:
    return {each["name"]: each["value"] for each in card["figures"]}


def test_pdf_says_figures_in_words_and_judges_nobody_of_few_calls() -> None:
    content = content_of(a_report())
    assert [each["title"] for each in content["lists"]] == ["Teams", "Queues", "Agents"]
    assert len(content["cards"]) == 4
    maria = next(card for card in content["cards"] if card["heading"] == "maria.lopez")
    assert _figures_of(maria)["Calls counted"] == "8"
    assert "8 calls counted, with a mean score of 73%" in maria["sentence"]
    assert maria["few"] == ""
    few = content_of(a_report(Rows(calls=[call(1, 1.0)], answers=[answer(1, "pass")])))
    assert few["cards"][0]["few"] == "Too few calls to judge (1 of 5)"
    assert all(figure["few"] for figure in few["cards"][0]["figures"])
    assert few["cards"][0]["trend"]["picture"] == ""


def test_picture_brings_its_colours_and_font() -> None:
    (maria, _) = a_report().agents
    drawn = trend_svg(maria.trend, 1, label="a < b")
    for scheme in ("light", "dark", "print"):
        own = picture(drawn, scheme, font="Libertinus Serif")
        assert own.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
        assert "var(" not in own
        assert 'font-family="Libertinus Serif"' in own
        assert "system-ui" not in own
    assert picture(drawn, "light") != picture(drawn, "dark")
    assert picture("", "light") == ""


def test_reviewed_calls_are_told_apart_from_all() -> None:
    rows = Rows(calls=[call(1, 0.5, reviewed_share=1.0), call(2, 0.7, reviewed_share=0.7), call(3, 0.9)])
    (maria,) = summarise(rows, settings(), by="agent")
    assert maria.mean_share is not None
    assert maria.mean_share.estimate == pytest.approx(0.7)
    assert maria.reviewed is not None
    assert maria.reviewed.calls == 2
    assert maria.reviewed.machine_mean_share.estimate == pytest.approx(0.6)
    assert maria.reviewed.mean_share.estimate == pytest.approx(0.85)
    (nobody,) = summarise(Rows(calls=[call(3, 0.9)]), settings(), by="agent")
    assert nobody.reviewed is None
