"""Accounts, as admins make and change them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pipeline.records import User
from pipeline.store.audit import entries
from pipeline.store.people import get_user
from tests.web.api_tokens import token_of
from tests.web.conftest import PASSWORD, Console, Stay, enter

_PASSWORD = re.compile(r'<code id="temporary-password">([^<]+)</code>')


@pytest.fixture
def console(open_bare_console: Callable[..., Console]) -> Console:
    """A console without calls."""
    return open_bare_console()


def account(console: Console, name: str) -> User:
    with console.store.read() as connection:
        found = get_user(connection, name)
    assert found is not None
    return found


def filled(**changes: Any) -> dict[str, Any]:
    return {"name": "Nora", "role": "reviewer", "sees": "all", "active": "yes", "by": "password", **changes}


def test_added_person_signs_in_once_with_the_password_shown_and_then_chooses_their_own(console: Console) -> None:
    admin = console.sign_in("admin")
    made = admin.post("/people/add", filled(role="manager", sees="teams", team=["north"], other_teams="south, east"))
    assert made.status_code == 200
    temporary = _PASSWORD.search(made.text)
    assert temporary
    assert temporary[1] not in admin.get(f"/people/{account(console, 'nora').user_id}").text
    assert account(console, "nora").teams == ("east", "north", "south")

    browser = console.visit()
    assert enter(browser, "nora", temporary[1]).status_code == 303
    for path in ("/", "/people", "/queue", "/account/tokens"):
        assert browser.get(path).headers["location"] == "/account", path
    assert browser.get("/api/v1/me").status_code == 403
    assert "Choose one of your own" in browser.get("/account").text
    nora = Stay(browser, account(console, "nora"))
    new = "a sentence of her own"
    changed = nora.post("/account/password", {"old": temporary[1], "new": new, "again": new})
    assert changed.status_code == 303
    assert browser.get("/api/v1/me").status_code == 200
    assert enter(console.visit(), "nora", temporary[1]).status_code == 401


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": ""}, "a name is needed"),
        ({"name": "ADMIN"}, "already"),
        ({"name": "no\u202ename"}, "invisible"),
        ({"name": "x" * 150}, "at most 100"),
        ({"role": ""}, "choose a role"),
        ({"role": "agent"}, "agent id"),
        ({"sees": "teams"}, "choose at least one team"),
    ],
    ids=str,
)
def test_account_that_cannot_be_is_told_with_what_was_typed(
    console: Console, changes: dict[str, Any], told: str
) -> None:
    admin = console.sign_in("admin")
    answer = admin.post("/people/add", filled(**changes, display_name="What was typed"))
    assert answer.status_code in (409, 422)
    assert told in answer.text
    assert "What was typed" in answer.text


def test_last_admin_stays_admin_and_active(console: Console) -> None:
    admin = console.sign_in("admin")
    for changes in ({"role": "manager"}, {"active": ""}):
        answer = admin.post("/people/u-admin", filled(**{"role": "admin", **changes}))
        assert answer.status_code == 409
        assert "the last admin" in answer.text
    console.add("closed", "admin", active=False)
    assert admin.post("/people/u-admin", filled(role="manager")).status_code == 409
    console.add("other", "admin")
    assert admin.post("/people/u-admin", filled(role="manager")).status_code == 303
    assert account(console, "admin").role.value == "manager"


def test_change_keeps_what_is_not_asked_for_and_is_in_the_audit_log(console: Console) -> None:
    admin = console.sign_in("admin")
    ann = console.add("ann", "agent", agent_id="ann.lee")
    answer = admin.post(
        "/people/u-ann",
        filled(role="agent", agent_id="ann.lee", hears_unredacted="yes", display_name="Ann Lee"),
    )
    assert answer.status_code == 303
    assert account(console, "ann") == replace(ann, hears_unredacted=True, display_name="Ann Lee")
    with console.store.read() as connection:
        logged = [each for each in entries(connection) if each.action == "user"]
    assert [(each.actor, each.subject_id) for each in logged] == [("admin", "u-ann")]
    assert '"hears_unredacted":true' in str(logged[0].details).replace(" ", "").replace("'", '"').replace(
        "True", "true"
    )


def test_new_temporary_password_ends_stays_and_is_shown_once(console: Console) -> None:
    admin, ann = console.sign_in("admin"), console.sign_in("reviewer", "ann")
    answer = admin.post("/people/u-ann/password")
    temporary = _PASSWORD.search(answer.text)
    assert temporary
    assert answer.headers["cache-control"] == "no-store"
    assert ann.get("/account").status_code == 303
    assert enter(console.visit(), "ann", PASSWORD).status_code == 401
    assert enter(console.visit(), "ann", temporary[1]).status_code == 303
    assert admin.post("/people/u-admin/password").status_code == 400  # one's own is changed with the old one
    assert admin.post("/people/u-nobody/password").status_code == 404


def test_new_temporary_password_revokes_tokens_and_an_own_one_does_not(console: Console) -> None:
    admin, ann = console.sign_in("admin"), console.sign_in("reviewer", "ann")
    token, others = token_of(console, ann.user), token_of(console, console.add("bob", "reviewer"))

    def asks(words: str) -> int:
        return int(console.visit().get("/api/v1/me", headers={"authorization": f"Bearer {words}"}).status_code)

    new = "a sentence of her own"
    assert ann.post("/account/password", {"old": PASSWORD, "new": new, "again": new}).status_code == 303
    assert (asks(token), asks(others)) == (200, 200)
    assert admin.post("/people/u-ann/password").status_code == 200
    assert (asks(token), asks(others)) == (401, 200)
    assert enter(console.visit(), "ann", new).status_code == 401


def test_tokens_of_somebody_are_seen_and_revoked(console: Console) -> None:
    admin, ann = console.sign_in("admin"), console.add("ann", "reviewer")
    console.add("bob", "reviewer")
    words = token_of(console, ann, ["calls.see"])
    page = admin.get("/people/u-ann").text
    assert "calls.see" in page
    assert words not in page
    [address] = re.findall(r'action="(/people/u-ann/tokens/[^"]+/revoke)"', page)
    assert admin.post(address.replace("u-ann", "u-bob")).status_code == 404
    assert admin.post(address).status_code == 303
    asked = console.visit().get("/api/v1/me", headers={"authorization": f"Bearer {words}"})
    assert asked.status_code == 401
    assert admin.post(address).status_code == 404
    assert "calls.see" not in admin.get("/people/u-ann").text
    with console.store.read() as connection:
        logged = [each for each in entries(connection) if each.action == "token"]
    assert [(each.actor, '"u-ann"' in each.details) for each in logged] == [("admin", True)]


def test_person_of_single_sign_on_has_no_password(console: Console) -> None:
    admin = console.sign_in("admin")
    made = admin.post("/people/add", filled(name="kim@example.org", by="elsewhere"))
    assert not _PASSWORD.search(made.text)
    user = account(console, "kim@example.org")
    assert not user.temporary_password
    assert admin.post(f"/people/{user.user_id}/password").status_code == 400
    for password in ("", "None", PASSWORD):
        assert enter(console.visit(), "kim@example.org", password).status_code == 401


def test_stays_of_somebody_are_ended(console: Console) -> None:
    admin, ann = console.sign_in("admin"), console.sign_in("reviewer", "ann")
    assert "Signed in 1 time" in admin.get("/people/u-ann").text
    assert admin.post("/people/u-ann/stays/end").status_code == 303
    assert ann.get("/account").status_code == 303
    assert admin.post("/people/u-admin/stays/end").status_code == 303
    assert admin.get("/people").status_code == 200


def test_list_names_everybody(console: Console) -> None:
    admin = console.sign_in("admin")
    console.add("ann", "agent", agent_id="ann.lee")
    console.add("<b>bob</b>", "reviewer", teams=("north", "south"), active=False)
    page = admin.get("/people").text
    assert all(word in page for word in ("ann.lee", "&lt;b&gt;bob&lt;/b&gt;", "north, south"))
    assert "<b>bob" not in page
