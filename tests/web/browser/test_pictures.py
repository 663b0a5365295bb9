"""Pictures of the main pages for README and docs: ``make pictures``, on the sample calls.

Without PICTURES_OF, a workspace that `make demo` filled, they are of scripted calls and go nowhere: this only tests
that the pages can be pictured.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from app.web.application import create_app
from pipeline.load_settings import load_settings
from pipeline.store.calls import list_calls
from pipeline.store.database import open_store
from tests.web.browser.conftest import ROOT, Served, until
from tests.web.conftest import Console

WORKSPACE = os.environ.get("PICTURES_OF")
LAPTOP = {"width": 1280, "height": 860}
PHONE = {"width": 390, "height": 844}
SAMPLES = ROOT / "samples"


def settled(page: Page) -> None:
    """Wait until figures were counted and the waveform is drawn."""
    page.wait_for_load_state("networkidle")
    until(page, "!document.querySelector('[aria-busy=true], #wave:not(.is-drawn, .is-missing)')")


def gravest_call(console: Console) -> str:
    """Return the call with the most kinds of open flags."""
    with console.store.read() as connection:
        scored = [call for call in list_calls(connection) if call.status == "scored"]
    return max(scored, key=lambda call: (len(call.flags), call.call_id)).call_id


@pytest.fixture
def pictured(open_console: Callable[..., Console], serve: Callable[[Console], Served], tmp_path: Path) -> Served:
    """A console on the calls that are to be seen in the pictures."""
    if WORKSPACE is None:
        return serve(open_console())
    folder = tmp_path / "shown"
    shutil.copytree(WORKSPACE, folder, ignore=shutil.ignore_patterns("prefect*"))
    settings = load_settings(file=SAMPLES / "earmark.toml", flags={"workspace": folder})
    store = open_store(settings.store_url)
    return serve(Console(settings=settings, store=store, app=create_app(settings, store)))


def test_pictures_of_the_main_pages(pictured: Served, tmp_path: Path) -> None:
    target = ROOT / "docs" / "images" if WORKSPACE else tmp_path
    call_id = gravest_call(pictured.console)
    pages = {
        ("ann", "reviewer"): {"queue": "/queue", "call": f"/calls/{call_id}"},
        ("olive", "compliance"): {"compliance": "/compliance?period=all"},
        ("max", "manager"): {"scorecards": "/scorecards?period=all"},
    }
    for (name, role), shown in pages.items():
        tab = pictured.open(role, name, context={"viewport": LAPTOP})
        for title, address in shown.items():
            page = tab.go(address)
            settled(page)
            page.screenshot(path=target / f"console-{title}.png")
        assert tab.problems == []
    for title, options in {"dark": {"viewport": LAPTOP, "color_scheme": "dark"}, "phone": {"viewport": PHONE}}.items():
        tab = pictured.open_as("ann", **options)
        settled(tab.go(f"/calls/{call_id}"))
        tab.page.screenshot(path=target / f"console-call-{title}.png")
        assert tab.problems == []
    assert len(list(target.glob("console-*.png"))) == 6
