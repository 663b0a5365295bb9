"""An agent sees their own calls and nobody else's."""

from __future__ import annotations

from playwright.sync_api import expect

from pipeline.store.calls import list_calls
from tests.web.browser.conftest import Served


def test_agent_sees_own_calls_only(served: Served) -> None:
    with served.console.store.read() as connection:
        every = [call for call in list_calls(connection) if call.status == "scored"]
    agent = every[0].agent_id
    assert agent is not None
    own = {call.call_id for call in every if call.agent_id == agent}
    others = [call for call in every if call.agent_id != agent]
    assert own
    assert others
    tab = served.open("agent", "the.agent", agent_id=agent)
    page = tab.go("/calls")
    listed = page.locator("a[href^='/calls/c-']")
    expect(listed.first).to_be_visible()
    shown = {(link.get_attribute("href") or "").split("/")[2].split("?")[0] for link in listed.all()}
    assert shown == own
    assert tab.problems == []
    for address in (
        f"/calls/{others[0].call_id}",
        f"/calls/{others[0].call_id}/audio",
        f"/scorecards/agents/{others[0].agent_id}",
        "/queue",
        "/compliance",
    ):
        answer = page.request.get(tab.base + address, max_redirects=0)
        assert answer.status in (403, 404), address
        assert answer.text().count("<table") == 0, address
