"""Every page, as whoever may see it, in a real browser: it opens, runs nothing foreign, and everybody can use it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from app.web.access.first_page import MENU
from tests.web.browser.conftest import Served, Tab

SCHEMES = ("light", "dark")


def addresses_of(tab: Tab) -> Sequence[str]:
    """Return the addresses of the menu and of the first call, agent and rule that pages lead to."""
    page = tab.go("/")
    offered = [link.get_attribute("href") or "" for link in page.locator("nav[aria-label=Main] a").all()]
    assert set(offered) >= {item.path for item in MENU if item.path in offered}
    return [address for address in offered if address != "/sign-out"]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("role", ["reviewer", "compliance", "manager", "admin", "agent"])
def test_pages_of_the_menu_open_without_faults_and_barriers(served: Served, role: str, scheme: str) -> None:
    own = {"agent_id": "maria.lopez"} if role == "agent" else {}
    tab = served.open(role, context={"color_scheme": scheme, "bypass_csp": True}, **own)
    for address in addresses_of(tab):
        page = tab.go(address)
        assert page.locator("h1").count() == 1, address
        assert page.title() != "", address
        assert tab.serious_issues() == [], address
    assert tab.problems == []


@pytest.mark.parametrize("width", [1440, 820, 390])
def test_no_page_of_the_menu_is_wider_than_the_screen(served: Served, width: int) -> None:
    tab = served.open("admin", context={"viewport": {"width": width, "height": 900}})
    for address in addresses_of(tab):
        page = tab.go(address)
        wide: int = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, address
    assert tab.problems == []
