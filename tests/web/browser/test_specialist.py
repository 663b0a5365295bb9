"""A specialist works through flagged calls without touching the mouse."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from pipeline.store.people import get_user
from pipeline.store.reviews import all_reviews
from tests.web.browser.conftest import Served, Tab, until

CALLS = 3


def answers_one_call(page: Page, why: str) -> str:
    """Find a flagged question, hear it, answer it, go to the next call; return the call's id."""
    call_id = page.url.partition("/calls/")[2].partition("?")[0]
    page.keyboard.press("n")
    question = page.locator("article.criterion.is-current")
    expect(question).to_have_count(1)
    criterion_id = question.get_attribute("data-criterion")
    page.keyboard.press("o")
    form = page.locator(f"#criterion-{criterion_id} details[data-form=answer] form")
    expect(form.locator("input[type=radio]").first).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type(why)
    page.keyboard.press("Control+Enter")
    expect(page.locator(f"#criterion-{criterion_id} .review")).to_contain_text("ann")
    page.keyboard.press("Escape")
    return call_id


def test_specialist_answers_three_flagged_calls_by_keyboard(served: Served) -> None:
    tab = served.open("reviewer", "ann")
    page = tab.go("/queue?why=flagged")
    page.keyboard.press("n")
    page.wait_for_url("**/calls/**")
    worked: list[str] = []
    for number in range(CALLS):
        worked.append(answers_one_call(page, f"heard it myself, {number}"))
        before = page.url
        page.keyboard.press("q")
        page.wait_for_url(lambda url, before=before: url != before)
    with served.console.store.read() as connection:
        kept = {(review.call_id, review.reviewer, review.reason) for review in all_reviews(connection)}
    assert kept == {(call_id, "ann", f"heard it myself, {number}") for number, call_id in enumerate(worked)}
    assert len(set(worked)) == CALLS
    assert tab.problems == []


def test_form_that_tells_late_that_it_opened_leaves_the_writer_alone(shared: Served) -> None:
    tab = read(shared)
    page = first_call(tab)
    page.keyboard.press("n")
    page.keyboard.press("o")
    expect(page.locator("input[type=radio]:focus")).to_have_count(1)
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("half")
    page.evaluate("document.activeElement.closest('details').dispatchEvent(new Event('toggle'))")
    page.keyboard.type(" of it")
    expect(page.locator("[name=reason]:focus")).to_have_value("half of it")


def playing(page: Page) -> bool:
    """Tell whether sound is heard."""
    return bool(page.evaluate("[...document.querySelectorAll('audio')].some(each => !each.paused)"))


def read(shared: Served) -> Tab:
    """Return the page of the one reviewer who only looks."""
    with shared.console.store.read() as connection:
        known = get_user(connection, "reader") is not None
    return shared.open_as("reader") if known else shared.open("reviewer", "reader")


def first_call(tab: Tab) -> Page:
    """Open the first call of the queue."""
    page = tab.go("/queue")
    page.keyboard.press("n")
    page.wait_for_url("**/calls/**")
    return page


def test_keys_play_and_pause_and_go_back_five_seconds(shared: Served) -> None:
    tab = read(shared)
    page = first_call(tab)
    position = "document.getElementById('sound').currentTime"
    page.keyboard.press("k")
    until(page, f"{position} > 0.2")
    assert playing(page)
    page.keyboard.press("k")
    until(page, "document.getElementById('sound').paused")
    page.evaluate(f"{position} = 8")
    page.keyboard.press("j")
    until(page, f"Math.abs({position} - 3) < 0.1")
    page.keyboard.press("l")
    until(page, f"Math.abs({position} - 8) < 0.1")
    assert tab.problems == []


def test_click_on_a_turn_leads_the_sound_there(shared: Served) -> None:
    tab = read(shared)
    page = first_call(tab)
    turn = page.locator("[data-from-ms]").nth(3)
    start_ms = int(turn.get_attribute("data-from-ms") or 0)
    turn.click()
    until(page, f"1000 * document.getElementById('sound').currentTime >= {start_ms - 100}")  # it plays on from there
    assert tab.problems == []


def test_keys_rest_while_somebody_writes(shared: Served) -> None:
    tab = read(shared)
    page = first_call(tab)
    page.keyboard.press("n")
    page.keyboard.press("c")
    written = page.locator("textarea:focus")
    page.keyboard.type("jump back and play again, no query")
    expect(written).to_have_value("jump back and play again, no query")
    assert not playing(page)
    assert tab.problems == []
