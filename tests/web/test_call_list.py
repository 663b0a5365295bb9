"""The list of calls: state, score and flags, for those who may see the calls."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest

from pipeline.records import Severity, Status
from pipeline.review.answers import make_review
from pipeline.store.audit import entries
from pipeline.store.failures import put_failure
from pipeline.store.reviews import put_review
from tests.store.builders import NOW, flag, result, score, scored, taken_in
from tests.web.conftest import Console, Stay

_OURS = "?queue=of-this-test"


@pytest.fixture
def filled(console: Console) -> Console:
    """A console with four calls of a queue of their own."""
    with console.store.begin() as connection:
        for number, (agent, team) in enumerate((("jo", "south"), ("jo", "south"), ("sam", "north"), ("sam", None))):
            at = {"started_at": NOW + timedelta(hours=number)} if number < 3 else {"started_at": None}
            taken_in(
                connection, f"c-{number}", agent_id=agent, team=team, queue="of-this-test", sha256=f"{number}", **at
            )
        low = score("c-0", "s-0", result(status="fail", asked="q:1"))
        scored(connection, low, flag("fl-0", of=low, severity=Severity.CRITICAL), customer_sentiment=-0.5)
        scored(connection, score("c-2", "s-2"))
        put_failure(connection, "c-1", step="transcribe", reason="x", now=NOW)
    return console


def _listed(stay: Stay, query: str = _OURS) -> list[str]:
    answer = stay.get(f"/calls{query}")
    assert answer.status_code == 200, answer.text
    return re.findall(r'<a href="/calls/([^"?]+)"', answer.text)


def _row(stay: Stay, call_id: str) -> str:
    page: str = stay.get(f"/calls{_OURS}").text
    return next(row for row in page.split("<tr>") if f'href="/calls/{call_id}"' in row)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["c-2", "c-1", "c-0", "c-3"]),
        ("&order=oldest", ["c-0", "c-1", "c-2", "c-3"]),
        ("&order=worst", ["c-0", "c-2", "c-1", "c-3"]),
        ("&order=best", ["c-2", "c-0", "c-1", "c-3"]),
        ("&state=failed", ["c-1"]),
        ("&state=pending", ["c-3"]),
        ("&flag=low_score", ["c-0"]),
        ("&agent=sam", ["c-2", "c-3"]),
        ("&team=south&state=scored", ["c-0"]),
        ("&score_from=60", ["c-2"]),
        ("&mood_to=0", ["c-0"]),
        ("&scored_by=general&page=2", []),
    ],
)
def test_list_is_filtered_and_ordered(filled: Console, query: str, expected: list[str]) -> None:
    assert _listed(filled.sign_in("manager"), f"{_OURS}{query}") == expected


def test_list_shows_the_score_that_counts(filled: Console) -> None:
    ann = filled.sign_in("reviewer", "ann")
    assert "0 %" in _row(ann, "c-0")
    assert "with people" not in _row(ann, "c-0")
    with filled.store.begin() as connection:
        made = score("c-0", "s-0", result(status="fail", asked="q:1"))
        answer: dict[str, Any] = {"status": Status.PASS, "share": 1.0, "reviewer": "ann", "reason": "x", "now": NOW}
        put_review(connection, make_review(made, made.results[0], **answer))
    assert "100 %" in _row(ann, "c-0")
    assert "with people" in _row(ann, "c-0")


def test_agents_see_their_own_calls_and_nothing_of_the_queue(filled: Console) -> None:
    jo = filled.sign_in("agent", "jo-park", agent_id="jo")
    page = jo.get("/calls").text
    assert _listed(jo, "") == ["c-1", "c-0"]
    assert _listed(jo, "?agent=sam") == []
    assert _listed(jo, "?flag=low_score") == ["c-1", "c-0"]  # they cannot ask for flags
    assert "sam" not in page
    assert "low score" not in page
    assert "critical" not in page
    assert _listed(filled.sign_in("agent", "nobody", agent_id=None), "") == []


def test_scope_bounds_the_list(filled: Console) -> None:
    assert _listed(filled.sign_in("compliance", teams=("south",))) == ["c-1", "c-0"]


def test_view_of_the_list_is_logged_with_what_was_asked(filled: Console) -> None:
    filled.sign_in("reviewer", "ann").get(f"/calls{_OURS}&state=failed")
    with filled.store.read() as connection:
        act = list(entries(connection))[-1]
    assert (act.actor, act.action, act.subject_kind) == ("ann", "view", "calls")
    assert json.loads(act.details) == {"queue": "of-this-test", "state": "failed", "page": 1, "calls": 1}


def test_view_of_the_list_is_saved(filled: Console) -> None:
    ann = filled.sign_in("reviewer", "ann")
    saved = ann.post("/views", {"page": "calls", "name": "Failed", "query": "state=failed&why=flagged"})
    assert saved.headers["location"] == "/calls?state=failed&done=saved"
    assert ">Failed</a>" in ann.get("/calls").text
    assert ">Failed</a>" not in ann.get("/queue").text


def test_who_reviews_is_not_told_whose_calls_are_listed_and_cannot_ask(filled: Console) -> None:
    ann, max_ = filled.sign_in("reviewer", "ann"), filled.sign_in("manager", "max")
    page = ann.get(f"/calls{_OURS}").text
    assert "c-2" in page
    assert 'data-label="Agent"' not in page
    assert 'name="agent"' not in page
    refused = ann.get(f"/calls{_OURS}&agent=sam")
    assert (refused.status_code, "not told whose they are" in refused.text) == (400, True)
    assert ann.post("/views", {"page": "calls", "name": "Sam", "query": "agent=sam"}).status_code == 400
    assert "sam" in max_.get(f"/calls{_OURS}").text
    assert 'name="agent"' in max_.get(f"/calls{_OURS}").text


def test_flag_codes_of_other_teams_are_not_offered(filled: Console) -> None:
    with filled.store.begin() as connection:
        for code in ("mine", "theirs"):
            taken_in(connection, f"c-{code}", team=code, agent_id="jo", sha256=code)
            made = score(f"c-{code}", f"s-{code}", result(status="fail", asked="q:1"))
            scored(connection, made, flag(f"fl-{code}", of=made, code=f"code_{code}"))
    page = filled.sign_in("reviewer", teams=("mine",)).get("/calls").text
    assert 'value="code_mine"' in page
    assert "code_theirs" not in page


@pytest.mark.parametrize("path", ["/calls", "/queue", "/scorecards", "/search"])
def test_page_number_of_thousands_of_digits_is_refused(filled: Console, path: str) -> None:
    assert filled.sign_in("manager").get(f"{path}?page={'9' * 5000}").status_code in (400, 422)
