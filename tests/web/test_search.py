"""The search page: hits within what one may see, nothing that was typed in the log, nothing of a call as markup."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from sqlalchemy import text

from app.web.jobs.search import index_calls
from tests.web.conftest import Console


@pytest.fixture
def ready(console: Console) -> Console:
    """A console whose calls can be searched."""
    while index_calls(console.site):
        pass
    return console


def shown(page: Any) -> str:
    """The page's words, without tags."""
    return " ".join(re.sub(r"<[^>]+>", "", page.text).split())


def test_search_shows_calls_with_the_words_marked_and_links_to_the_moment(ready: Console) -> None:
    page = ready.sign_in("reviewer").get("/search", params={"q": '"lost my card"'})
    assert page.status_code == 200
    assert "<mark>lost my card</mark>" in page.text
    (link, *_) = re.findall(r'class="at" href="(/calls/c-[0-9a-f]{16}#t=\d+)"', page.text)
    assert ready.sign_in("reviewer", "other").get(link.split("#")[0]).status_code == 200


def test_search_makes_words_of_calls_no_markup(ready: Console) -> None:
    with ready.store.begin() as connection:
        connection.execute(text("""UPDATE turn_index SET "text" = '<script>alert(1)</script> lost my card'"""))
    page = ready.sign_in("reviewer").get("/search", params={"q": '"lost my card"'})
    assert "&lt;script&gt;alert(1)&lt;/script&gt; <mark>lost my card</mark>" in page.text
    again = ready.sign_in("reviewer", "other").get("/search", params={"q": '"><script>alert(1)</script>'})
    assert "<script>alert" not in again.text


def test_search_of_somebody_with_teams_finds_their_calls_only(ready: Console) -> None:
    with ready.store.begin() as connection:
        connection.execute(text("UPDATE recordings SET team = 'north'"))
        connection.execute(text("UPDATE searchable_calls SET team = 'north'"))
    north = ready.sign_in("reviewer", "north", teams=("north",)).get("/search?q=card")
    south = ready.sign_in("reviewer", "south", teams=("south",)).get("/search?q=card")
    assert "<mark>card</mark>" in north.text
    assert "<mark>" not in south.text
    assert "Nothing was found" in south.text


def test_search_is_not_for_agents(ready: Console) -> None:
    assert ready.sign_in("agent", agent_id="maria.lopez").get("/search?q=card").status_code == 403


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"q": 'refund "cancel'}, "is opened and not closed"),
        ({"q": "-refund"}, "at least one thing that a call must have"),
        ({"q": "x" * 10_000}, "10,000 characters; at most 500"),
        ({"q": "refund", "since": "yesterday"}, "a day is written like 2026-10-14"),
        ({"q": "refund", "until": "9999-12-31"}, "too far away"),
        ({"q": "refund", "least": "many"}, "a number from 0 to 100"),
        ({"q": "refund", "least": "nan"}, "a number from 0 to 100"),
        ({"q": "refund", "speaker": "anna"}, "speaker is agent or customer"),
        ({"near_one": "refund"}, "two different words"),
        ({"near_one": "a", "near_other": "b", "near_within": "-1"}, "a number up to 20"),
        ({"near_one": "a) refund (", "near_other": "b"}, ""),
    ],
)
def test_search_that_cannot_be_meant_says_why_and_keeps_the_form(
    ready: Console, query: dict[str, str], told: str
) -> None:
    page = ready.sign_in("reviewer").get("/search", params=query)
    assert page.status_code == 422
    assert told.lower() in shown(page).lower()
    assert f'name="q" value="{query.get("q", "")[:20]}'.replace('"cancel', "&#34;cancel") in page.text or "near" in str(
        query
    )


@pytest.mark.parametrize(
    "typed", ["😀", "\N{SNOWMAN} card", "card😀", "AND OR", "'; DROP TABLE recordings; --", "%", "a:b"]
)
def test_search_takes_whatever_is_typed(ready: Console, typed: str) -> None:
    assert ready.sign_in("reviewer").get("/search", params={"q": typed}).status_code in (200, 422)


def test_search_by_the_fields_of_the_form(ready: Console) -> None:
    stay = ready.sign_in("reviewer")
    near = stay.get("/search", params={"near_one": "card", "near_other": "lost", "near_within": "1"})
    assert "<mark>lost</mark> my <mark>card</mark>" in near.text
    assert "<mark>" not in stay.get("/search", params={"q": "lost", "speaker": "agent"}).text
    assert "<mark>" in stay.get("/search", params={"q": "lost", "speaker": "customer"}).text
    assert "<mark>" not in stay.get("/search", params={"q": "card", "since": "2031-01-01"}).text
    assert "<mark>" not in stay.get("/search", params={"q": "card", "agent": "nobody"}).text


def test_search_is_in_the_audit_log_without_what_was_looked_for(ready: Console) -> None:
    stay = ready.sign_in("reviewer", "ann")
    stay.get("/search", params={"q": "lost card", "speaker": "customer"})
    with ready.store.read() as connection:
        row = connection.execute(text("SELECT * FROM audit_log ORDER BY sequence DESC LIMIT 1")).one()
    assert (row.actor, row.action) == ("ann", "search")
    details = json.loads(row.details)
    assert details["speaker"] == "customer"
    assert details["calls"] > 0
    assert "lost" not in str(row)


def test_search_tells_what_it_does_not_know_yet(console: Console) -> None:
    stay = console.sign_in("reviewer")
    assert "being made ready for search" in stay.get("/search").text
    while index_calls(console.site):
        pass
    assert "being made ready" not in stay.get("/search").text


def test_search_shows_where_other_pages_are(ready: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.web.pages.search.CALLS_OF_PAGE", 2)
    stay = ready.sign_in("reviewer")
    first = stay.get("/search?q=card")
    assert 'rel="next" href="?q=card&amp;page=2"' in first.text
    second = stay.get("/search?q=card&page=2")
    found = re.compile(r'<h3><a href="/calls/(c-[0-9a-f]+)')
    assert not set(found.findall(first.text)) & set(found.findall(second.text))
    assert stay.get("/search?q=card&page=999999999").status_code == 200


def test_search_tells_who_reviews_no_agent_and_finds_by_none(ready: Console) -> None:
    ann, max_ = ready.sign_in("reviewer", "ann"), ready.sign_in("manager", "max")
    with ready.store.read() as connection:
        agents = [agent for (agent,) in connection.execute(text("SELECT DISTINCT agent_id FROM recordings"))]
    page = ann.get("/search?q=card").text
    assert "<mark>card</mark>" in page
    assert 'name="agent"' not in page
    assert not any(agent in page for agent in agents if agent)
    assert ann.get(f"/search?q=card&agent={agents[0]}").status_code == 422
    assert any(agent in max_.get("/search?q=card").text for agent in agents if agent)
