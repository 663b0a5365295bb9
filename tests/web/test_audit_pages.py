"""The audit log on a page, and whether it is whole."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import update

from app.acts import Act, log_acts
from pipeline.store.tables import audit_log, recordings
from tests.web.conftest import Console
from tests.web.test_packs import ended


def acts(console: Console, actor: str, *wanted: Act) -> None:
    log_acts(console.store, console.settings, wanted, actor=actor)


@pytest.fixture
def bare(open_bare_console: Callable[..., Console]) -> Console:
    return open_bare_console()


def numbers(page: str) -> list[int]:
    """The numbers of the entries on a page."""
    return [int(number) for number in re.findall(r'data-label="No\.">(\d+)<', page)]


def test_log_is_shown_newest_first_and_page_by_page(bare: Console) -> None:
    acts(bare, "ann", *(Act(action="view", subject=("call", f"c-{n}")) for n in range(120)))
    officer = bare.sign_in("compliance")
    first = officer.get("/audit").text
    assert numbers(first) == list(range(121, 71, -1))  # 121: the sign-in
    second = officer.get("/audit?below=72").text
    assert numbers(second) == list(range(71, 21, -1))
    last = officer.get("/audit?below=22").text
    assert numbers(last) == list(range(21, 0, -1))
    assert "Older" in second
    assert "Older" not in last


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("actor=ann", [3, 2, 1]),
        ("action=session", [2, 1]),  # with all that it is followed by
        ("action=session+start", [1]),
        ("action=sess", []),
        ("subject=c-1", [3]),
        ("actor=nobody", []),
        ("from=2999-01-01", []),
        ("to=2000-01-01", []),
    ],
)
def test_log_is_filtered(bare: Console, query: str, wanted: list[int]) -> None:
    acts(
        bare,
        "ann",
        Act(action="session start", subject=("session", "x")),
        Act(action="session", subject=("session", "x")),
        Act(action="view", subject=("call", "c-1"), details={"calls": ["a", "b", "c", "d"], "page": 2}),
    )
    page = bare.sign_in("compliance").get(f"/audit?{query}").text
    assert numbers(page) == wanted
    assert ("No such entries" in page) is (not wanted)


@pytest.mark.parametrize("query", ["below=x", "below=-1", "below=" + "9" * 30, "from=x", "below=%C2%B2"])
def test_what_cannot_be_asked_is_told(bare: Console, query: str) -> None:
    assert bare.sign_in("compliance").get(f"/audit?{query}").status_code == 400


def test_log_survives_what_somebody_put_into_the_table(bare: Console) -> None:
    acts(bare, "ann", *(Act(action="<script>", subject=("call", f"c-{n}")) for n in range(3)))
    with bare.store.begin() as connection:
        for number, text in ((1, "[1]"), (2, "{"), (3, '{"a": "<b>"}')):
            connection.execute(update(audit_log).where(audit_log.c.sequence == number).values(details=text, at="soon"))
    page = bare.sign_in("compliance").get("/audit").text
    assert page.count("damaged") == 2
    assert "<script>" not in page
    assert "&lt;b&gt;" in page


def test_log_of_an_officer_of_a_team_tells_of_its_calls_and_their_own_acts(console: Console) -> None:
    with console.store.read() as connection:
        teams = {row.team: row.call_id for row in connection.execute(recordings.select())}
    acts(console, "ann", *(Act(action="view", subject=("call", call_id)) for call_id in teams.values()))
    acts(console, "ann", Act(action="export", subject=("scorecard", "south")))
    page = console.sign_in("compliance", "north", teams=("north",)).get("/audit").text
    assert teams["north"] in page
    assert teams["south"] not in page
    assert "scorecard" not in page
    assert "sign-in" in page


def test_verify_tells_that_the_log_is_whole_and_its_head(bare: Console) -> None:
    officer = bare.sign_in("compliance")
    head = re.findall(r"\d+:[0-9a-f]{64}", officer.get("/audit").text)[0]
    page = ended(officer, officer.post("/audit/check", {"head": head}).headers["location"])
    assert "the head that you gave is in it" in page
    assert re.search(r"\d+:[0-9a-f]{64}", page)
    assert officer.post("/audit/check", {"head": "nonsense"}).status_code == 422


def test_verify_tells_which_entry_was_changed_and_what_was_cut_off(bare: Console) -> None:
    acts(bare, "ann", *(Act(action="view", subject=("call", f"c-{n}")) for n in range(3)))
    with bare.store.begin() as connection:
        connection.execute(update(audit_log).where(audit_log.c.sequence == 2).values(actor="bob"))
    officer = bare.sign_in("compliance")
    page = ended(officer, officer.post("/audit/check", {"head": "99:" + "a" * 64}).headers["location"])
    assert "NOT whole" in page
    assert "entry 2 was changed" in page
    assert "cut off" in page


def test_only_compliance_and_admins_see_the_log(bare: Console) -> None:
    for role in ("agent", "reviewer", "manager"):
        stay = bare.sign_in(role, agent_id="maria.lopez" if role == "agent" else None)
        assert stay.get("/audit").status_code == 403
        assert stay.get("/audit/check").status_code == 403
        assert stay.post("/audit/check").status_code == 403
    assert bare.sign_in("admin").get("/audit").status_code == 200


def test_officer_of_a_team_is_offered_only_people_whose_acts_they_read(console: Console) -> None:
    acts(console, "somebody.elsewhere", Act(action="view", subject=("call", "c-none")))
    page = console.sign_in("compliance", "olive", teams=("south",)).get("/audit").text
    assert "somebody.elsewhere" not in page
    assert "<option >olive</option>" in page
    assert "somebody.elsewhere" in console.sign_in("admin", "root").get("/audit").text
