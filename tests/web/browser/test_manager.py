"""A manager pulls a scorecard."""

from __future__ import annotations

from pathlib import Path

from openpyxl import load_workbook

from tests.web.browser.conftest import Served


def test_manager_downloads_a_scorecard_as_pdf_and_workbook(served: Served, tmp_path: Path) -> None:
    tab = served.open("manager", "max")
    page = tab.go("/scorecards?period=all")
    page.locator("a[href^='/scorecards/agents/']").first.click()
    page.wait_for_url("**/scorecards/agents/**")
    for name, suffix in (("PDF", ".pdf"), ("XLSX", ".xlsx")):
        with page.expect_download() as started:
            page.get_by_role("link", name=name).first.click()
        file = tmp_path / f"card{suffix}"
        assert started.value.suggested_filename.endswith(suffix)
        started.value.save_as(file)
    assert (tmp_path / "card.pdf").read_bytes().startswith(b"%PDF-")
    assert load_workbook(tmp_path / "card.xlsx").sheetnames
    assert tab.problems == []
