"""Contact reasons in the console."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from app.web import snapshots
from pipeline.contact_reasons.vectors import to_bytes
from pipeline.store.audit import entries
from pipeline.store.contact_reasons import CallReason, Reason, get_reason, put_call_reasons, put_reasons
from tests.contact_reasons.heard_calls import put_call
from tests.web.conftest import Console, Stay

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pages wait for their figures."""
    monkeypatch.setattr(snapshots, "WAIT_S", 30.0)


@pytest.fixture
def console(open_bare_console: Callable[..., Console]) -> Console:
    """A console without a scored workspace: calls are put into it."""
    return open_bare_console()


@pytest.fixture
def told(console: Console) -> dict[str, list[str]]:
    """Calls by team, all of them of one group but the first, which a rule told."""
    by_team = {"north": [f"c-n{n}" for n in range(7)], "south": [f"c-s{n}" for n in range(4)]}
    ids = [call_id for team in by_team.values() for call_id in team]
    with console.store.begin() as connection:
        for day, (team, call_id) in enumerate((team, each) for team, calls in by_team.items() for each in calls):
            put_call(connection, call_id, "I lost my card.", team=team, started_at=NOW - timedelta(days=day))
        vector = np.ones(384, dtype=np.float32)
        group = Reason(reason_id="g1", kind="group", label="card · taxi", phrases=("card",), centre=to_bytes(vector))
        put_reasons(connection, "group", [group], now=NOW)
        put_reasons(connection, "rule", [Reason(reason_id="lost", kind="rule", label="Lost things")], now=NOW)
        reasons = [CallReason(call_id=each, reason_id="g1", told_by="group", similarity=0.7) for each in ids[1:]]
        put_call_reasons(connection, [CallReason(call_id=ids[0], reason_id="lost", told_by="rule"), *reasons], now=NOW)
    return by_team


def calls_in(stay: Stay, address: str) -> int:
    return len(re.findall(r'<th scope="row" data-label="Call"', stay.get(address).text))


def test_page_lists_reasons_whose_figures_lead_to_their_calls(console: Console, told: dict[str, list[str]]) -> None:
    manager = console.sign_in("manager")
    page = manager.get("/reasons?weeks=all").text
    count = sum(map(len, told.values())) - 1
    (address,) = re.findall(rf'<a href="(/calls\?reason=g1[^"]*)" aria-label="{count} calls: card', page)
    assert calls_in(manager, address.replace("&amp;", "&")) == count
    assert "Lost things" in page


def test_reason_has_its_weeks_and_an_example_that_is_logged(console: Console, told: dict[str, list[str]]) -> None:
    manager = console.sign_in("manager")
    page = manager.get("/reasons/g1?weeks=all").text
    assert "The call most like the group begins" in page
    weeks = re.findall(r'href="(/calls\?reason=g1[^"]*until=[^"]*)" aria-label="(\d+) calls of the week', page)
    assert weeks
    for address, count in weeks:
        assert calls_in(manager, address.replace("&amp;", "&")) == int(count)
    with console.store.read() as connection:
        (seen,) = [each for each in entries(connection) if each.actor == "manager" and each.subject_kind == "call"]
    assert seen.subject_id in {call_id for team in told.values() for call_id in team}


def test_reason_of_other_teams_only_is_not_there(console: Console, told: dict[str, list[str]]) -> None:
    bound = console.sign_in("compliance", "bound", teams=("nowhere",))
    assert "g1" not in bound.get("/reasons?weeks=all").text
    assert bound.get("/reasons/g1").status_code == bound.get("/reasons/g99").status_code == 404


def test_manager_of_a_team_counts_that_teams_calls(console: Console, told: dict[str, list[str]]) -> None:
    south = console.sign_in("manager", "south", teams=("south",))
    answer = south.get("/api/v1/contact-reasons?weeks=all").json()
    assert answer["calls"] == len(told["south"])
    assert sum(each["calls"] for each in answer["reasons"]) == answer["calls"]


def test_name_is_kept_logged_and_shown_everywhere(console: Console, told: dict[str, list[str]]) -> None:
    manager = console.sign_in("manager")
    manager.get("/api/v1/contact-reasons?weeks=all")  # counted before it has the name
    assert manager.post("/reasons/g1/name", {"name": " Cards <b> "}).status_code == 303
    answer = manager.get("/api/v1/contact-reasons?weeks=all").json()
    assert "Cards <b>" in [each["title"] for each in answer["reasons"]]
    assert "Cards &lt;b&gt;" in manager.get("/reasons?weeks=all").text
    assert "Cards &lt;b&gt;" in manager.get("/calls?reason=g1").text
    with console.store.read() as connection:
        assert get_reason(connection, "g1").name == "Cards <b>"
        (act,) = [each for each in entries(connection) if each.action == "edit"]
    assert (act.actor, act.subject_id) == ("manager", "g1")
    manager.post("/reasons/g1/name", {"name": ""})
    with console.store.read() as connection:
        assert get_reason(connection, "g1").title == "card · taxi"


@pytest.mark.parametrize(
    ("name", "reason_id", "status"), [("x" * 61, "g1", 409), ("New", "g99", 404), ("N", "other", 404)]
)
def test_name_that_cannot_be_is_refused(
    console: Console, told: dict[str, list[str]], name: str, reason_id: str, status: int
) -> None:
    assert console.sign_in("manager").post(f"/reasons/{reason_id}/name", {"name": name}).status_code == status


@pytest.mark.parametrize("name", ["Lost THINGS", "other reasons"])
def test_name_of_another_reason_is_refused(console: Console, told: dict[str, list[str]], name: str) -> None:
    answer = console.sign_in("manager").post("/reasons/g1/name", {"name": name})
    assert (answer.status_code, "choose another name" in answer.text) == (409, True)


def test_calls_near_no_group_do_not_tell_a_reason(console: Console, told: dict[str, list[str]]) -> None:
    manager = console.sign_in("manager")
    assert "all tell a reason" in manager.get("/reasons?weeks=all").text
    ids = told["north"]
    near_none = [CallReason(call_id=each, reason_id=None, told_by="no group near") for each in ids[1:]]
    silent = CallReason(call_id=ids[0], reason_id=None, told_by="nothing said")
    with console.store.begin() as connection:
        put_call_reasons(connection, [silent, *near_none], now=NOW + timedelta(days=1))
    page = manager.get("/reasons?weeks=all&team=north").text
    assert "6 of them near no group; 1 more say nothing that tells a reason</small>" in page
    assert "all tell a reason" not in page
    assert "One such call begins" in manager.get("/reasons/other?weeks=all").text


def test_compliance_sees_reasons_and_names_none(console: Console, told: dict[str, list[str]]) -> None:
    officer = console.sign_in("compliance")
    assert "What everybody shall call it" not in officer.get("/reasons/g1").text
    assert officer.post("/reasons/g1/name", {"name": "New"}).status_code == 403


def test_page_without_reasons_says_what_to_do(console: Console) -> None:
    assert "earmark reasons find" in console.sign_in("manager").get("/reasons").text


def test_weeks_that_are_no_choice_are_refused(console: Console) -> None:
    assert console.sign_in("manager").get("/reasons?weeks=7").status_code == 400
