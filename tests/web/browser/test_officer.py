"""An officer makes an evidence pack, downloads it and has it verified."""

from __future__ import annotations

import zipfile
from pathlib import Path

from playwright.sync_api import expect

from tests.app.conftest import run_earmark
from tests.web.browser.conftest import Served


def test_officer_downloads_an_audit_pack_and_verifies_it(served: Served, tmp_path: Path) -> None:
    tab = served.open("compliance", "olive")
    page = tab.go("/compliance/packs/new")
    page.locator("select[name=period]").select_option("all")
    page.locator("input[name=rules][value=recording-notice]").check()
    page.get_by_label("Why is it made?").fill("request of the regulator of 12 November")
    page.get_by_role("button", name="Make the pack").click()
    page.get_by_role("link", name="Open the pack").click()
    told_hash = page.locator("#hash").inner_text()
    with page.expect_download() as started:
        page.get_by_role("link", name="Download").click()
    file = tmp_path / started.value.suggested_filename
    started.value.save_as(file)
    with zipfile.ZipFile(file) as pack:
        assert any(name.endswith("manifest.json") for name in pack.namelist())
    verified = run_earmark("audit", "verify", file, "--expect", told_hash)
    assert verified.returncode == 0, verified.stderr + verified.stdout

    page = tab.go("/compliance/packs")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Check the pack").click()
    expect(page.locator("main")).to_contain_text("whole")
    assert tab.problems == []


def test_officer_sees_in_a_changed_pack_that_it_was_changed(served: Served, tmp_path: Path) -> None:
    tab = served.open("compliance", "olive")
    changed = tmp_path / "pack.zip"
    with zipfile.ZipFile(changed, "w") as pack:
        pack.writestr("manifest.json", "{}")
    page = tab.go("/compliance/packs")
    page.locator("input[type=file]").set_input_files(changed)
    page.get_by_role("button", name="Check the pack").click()
    expect(page.locator(".notice.is-problem, .badge.is-fail").first).to_be_visible()
