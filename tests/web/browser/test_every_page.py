"""Every page, as whoever may see it, in a real browser: it opens, runs nothing foreign, and everybody can use it."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

import pytest

from app.web.access.first_page import MENU
from app.web.access.rights import MAY
from pipeline.records import UserRole
from tests.web.browser.conftest import Served, Tab

SCHEMES = ("light", "dark")
ROLES = ("reviewer", "compliance", "manager", "admin", "agent")
BELOW = {  # lists, and how the addresses begin that they lead to
    "/calls": ("/calls/",),
    "/compliance?period=all": ("/compliance/rules/",),
    "/scorecards?period=all": ("/scorecards/agents/", "/scorecards/teams/", "/scorecards/queues/"),
    "/coaching?show=everybody": ("/coaching/",),
    "/rubrics": ("/rubrics/",),
    "/rules": ("/rules/",),
}


def open_as(shared: Served, role: str, name: str, **context: object) -> Tab:
    """Return the page of somebody new with this role; an agent has calls of their own."""
    own = {"agent_id": "maria.lopez"} if role == "agent" else {}
    return shared.open(role, f"{role}.{name}", context=context, **own)


def addresses_of(tab: Tab, role: str) -> Sequence[str]:
    """Return the addresses of the menu, and of the first call, rule, card and agent that lists lead to."""
    page = tab.go("/")
    links = page.locator("nav[aria-label=Main] a").all()
    offered = [link.get_attribute("href") or "" for link in links]
    assert offered == [*(item.path for item in MENU if item.needs in MAY[UserRole(role)]), "/account"]
    return [*offered, *(address for path in BELOW for address in first_ones(tab, path, offered))]


def first_ones(tab: Tab, path: str, offered: Sequence[str]) -> Sequence[str]:
    """Return where a list leads to, of each kind the first; who has one page of their own is led there at once."""
    name = urlsplit(path).path
    if name not in (*offered, "/rules"):
        return ()
    page = tab.go(path)
    if urlsplit(page.url).path != name:
        return (urlsplit(page.url).path,)
    found = []
    for begins in BELOW[path]:
        link = page.locator(f"main table th a[href^='{begins}']").first
        found.append(link.get_attribute("href") or "")  # figures may still be counted
    return found


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("role", ROLES)
def test_pages_open_without_faults_and_barriers(shared: Served, role: str, scheme: str) -> None:
    tab = open_as(shared, role, scheme, color_scheme=scheme, bypass_csp=True)  # else axe-core could not be put in
    for address in addresses_of(tab, role):
        page = tab.go(address)
        assert page.locator("h1").count() == 1, address
        assert page.title() != "", address
        assert tab.serious_issues() == [], address
    assert tab.problems == []


@pytest.mark.parametrize("role", ROLES)
def test_pages_run_nothing_that_their_own_policy_refuses(shared: Served, role: str) -> None:
    tab = open_as(shared, role, "guarded")
    addresses = addresses_of(tab, role)
    for address in addresses:
        tab.go(address).wait_for_load_state("networkidle")
        assert tab.problems == [], address
    assert any(address.startswith("/calls/") for address in addresses)


@pytest.mark.parametrize("width", [1440, 820, 390])
def test_no_page_is_wider_than_the_screen(shared: Served, width: int) -> None:
    tab = open_as(shared, "admin", f"wide-{width}", viewport={"width": width, "height": 900})
    for address in addresses_of(tab, "admin"):
        page = tab.go(address)
        wide: int = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, address
    assert tab.problems == []
