"""Signing in and out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from app.web.access.sessions import COOKIE, hashed
from app.web.jobs.old_stays import forget
from pipeline.audit.kept_head import kept_head
from pipeline.audit.log import check_log
from pipeline.store.audit import entries, last_entry
from pipeline.store.people import change_user, list_sessions
from tests.web.conftest import PASSWORD, SIGN_IN_TOKEN, Console, enter


@pytest.fixture
def console(open_bare_console: Callable[..., Console]) -> Console:
    """A console without calls."""
    return open_bare_console()


def test_page_asks_who_is_there_and_leads_back(console: Console) -> None:
    console.add("ann", "reviewer")
    browser = console.visit()
    turned_away = browser.get("/account?x=1")
    assert (turned_away.status_code, turned_away.headers["location"]) == (303, "/sign-in?after=/account%3Fx%3D1")
    answer = enter(browser, "ANN", PASSWORD, after="/account?x=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account?x=1")
    assert "Ann" in browser.get("/account").text


@pytest.mark.parametrize("after", ["https://elsewhere.example", "//elsewhere.example", "/\\elsewhere", "x", "/a\nb"])
def test_sign_in_never_leads_to_another_site(console: Console, after: str) -> None:
    console.add("ann", "reviewer")
    answer = enter(console.visit(), "ann", PASSWORD, after=after)
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize(("name", "password"), [("ann", "wrong"), ("nobody", PASSWORD), ("", ""), ("gone", PASSWORD)])
def test_sign_in_with_what_does_not_fit_tells_nothing_else(console: Console, name: str, password: str) -> None:
    console.add("ann", "reviewer")
    console.add("gone", "reviewer", active=False)
    answer = enter(console.visit(), name, password)
    assert answer.status_code == 401
    assert "name and password do not go together" in answer.text
    assert COOKIE not in answer.cookies


def test_wrong_passwords_make_the_name_wait_and_others_not(open_bare_console: Callable[..., Console]) -> None:
    console = open_bare_console(console__sign_in_attempts=2)
    console.add("ann", "reviewer")
    console.add("bob", "reviewer")
    browser = console.visit()
    for _ in range(2):
        assert enter(browser, "ann", "wrong").status_code == 401
    waits = enter(browser, "Ann", PASSWORD)
    assert waits.status_code == 429
    assert "try again in 15 minutes" in waits.text
    assert enter(browser, "bob", PASSWORD).status_code == 303


def test_sign_out_ends_the_stay_on_the_server(console: Console) -> None:
    ann = console.sign_in("reviewer")
    cookie = ann.client.cookies[COOKIE]
    assert ann.post("/sign-out").status_code == 303
    ann.client.cookies.set(COOKIE, cookie)
    assert ann.get("/account").status_code == 303


def test_changes_want_the_form_token_of_the_stay(console: Console) -> None:
    ann, bob = console.sign_in("reviewer", "ann"), console.sign_in("reviewer", "bob")
    for headers in ({}, {"x-form-token": bob.form_token()}, {"x-form-token": ""}):
        assert ann.client.post("/sign-out", headers=headers).status_code == 403
    from_elsewhere = {"x-form-token": ann.form_token(), "sec-fetch-site": "cross-site"}
    assert ann.client.post("/sign-out", headers=from_elsewhere).status_code == 403
    assert ann.get("/account").status_code == 200


def test_cookie_is_out_of_reach_of_scripts_and_secure_over_https(open_bare_console: Callable[..., Console]) -> None:
    console = open_bare_console(console__public_url="https://earmark.example.org")
    console.add("ann", "reviewer")
    answer = enter(console.visit(), "ann", PASSWORD)
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("__host-")
    assert all(word in cookie for word in ("httponly", "secure", "samesite=lax", "path=/"))


def test_answers_let_nothing_run_that_is_not_of_this_site(console: Console) -> None:
    answer = console.visit().get("/sign-in")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", answer.text)


def test_unknown_page_is_told_as_a_page_and_to_programs_as_a_problem(console: Console) -> None:
    ann = console.sign_in("reviewer")
    assert "there is no such page" in ann.get("/nowhere").text
    problem = ann.get("/api/v1/nowhere")
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json() == {
        "type": "about:blank", "title": "Not Found", "status": 404, "detail": "there is no such page"
    }  # fmt: skip


def test_sign_in_form_counts_only_in_the_browser_that_got_it(console: Console) -> None:
    console.add("ann", "reviewer")
    mine, other = console.visit(), console.visit()
    token = SIGN_IN_TOKEN.search(mine.get("/sign-in").text)
    assert token
    fields = {"name": "ann", "password": PASSWORD}
    for browser, given in ((other, token[1]), (mine, ""), (mine, "x" * 43), (console.visit(), "")):
        answer = browser.post("/sign-in", data={**fields, "sign_in_token": given})
        assert answer.status_code == 403
        assert COOKIE not in answer.cookies
        assert "load the page again" in answer.text
    from_elsewhere = {"sec-fetch-site": "cross-site"}
    assert mine.post("/sign-in", data={**fields, "sign_in_token": token[1]}, headers=from_elsewhere).status_code == 403
    assert mine.post("/sign-in", data={**fields, "sign_in_token": token[1]}).status_code == 303


def test_sign_in_begins_a_new_stay_and_ends_the_one_before(console: Console) -> None:
    console.add("ann", "reviewer")
    browser = console.visit()
    assert enter(browser, "ann", PASSWORD).status_code == 303
    first, token = browser.cookies[COOKIE], browser.cookies["earmark_sign_in"]
    answer = browser.post("/sign-in", data={"name": "ann", "password": PASSWORD, "sign_in_token": token})
    assert answer.status_code == 303
    assert browser.cookies[COOKIE] != first
    fixed = console.visit()
    fixed.cookies.set(COOKIE, first)
    assert fixed.get("/account").status_code == 303


def test_many_wrong_passwords_at_once_do_not_pass_the_limit(open_bare_console: Callable[..., Console]) -> None:
    console = open_bare_console(console__sign_in_attempts=3)
    console.add("ann", "reviewer")

    def attempt(number: int) -> int:
        return int(enter(console.visit(), "ann", f"wrong {number}").status_code)

    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(attempt, range(12)))
    assert statuses.count(401) == 3
    assert statuses.count(429) == 9


def test_failed_sign_ins_are_logged_once_for_each_name_until_the_wait_is_over(
    open_bare_console: Callable[..., Console],
) -> None:
    console = open_bare_console(console__sign_in_attempts=2)
    clock = [console.site.now()]
    object.__setattr__(console.site, "now", lambda: clock[0])
    console.add("ann", "reviewer")
    for _ in range(5):
        enter(console.visit(), "Ann", "wrong")
        enter(console.visit(), "typed by mistake: s3cret", "wrong")
    failed = _failed(console)
    wrong, locked = "wrong name or password", "too many wrong passwords"
    assert failed == [("u-ann", wrong), ("", wrong), ("u-ann", locked), ("", locked)]
    clock[0] += timedelta(minutes=16)
    enter(console.visit(), "ann", "wrong")
    assert _failed(console) == [*failed, ("u-ann", wrong)]
    assert enter(console.visit(), "ann", PASSWORD).status_code == 303
    with console.store.read() as connection:
        log = list(entries(connection))
        assert check_log(connection, {}).problems == ()
    assert "s3cret" not in str(log)
    assert {each.actor for each in log if each.action == "sign-in-failed"} == {"(not signed in)"}


def test_many_names_from_one_address_are_logged_up_to_its_limit(open_bare_console: Callable[..., Console]) -> None:
    console = open_bare_console(console__sign_in_attempts=1)
    for number in range(14):
        enter(console.visit(), f"nobody-{number}", "wrong")
    assert [why for _, why in _failed(console)] == ["wrong name or password"] * 10 + ["too many wrong passwords"]


def _failed(console: Console) -> list[tuple[str, str]]:
    with console.store.read() as connection:
        found = [each for each in entries(connection) if each.action == "sign-in-failed"]
    return [(each.subject_id, json.loads(each.details)["why"]) for each in found]


def test_stays_end_by_idleness_by_age_and_are_deleted(open_bare_console: Callable[..., Console]) -> None:
    console = open_bare_console(console__idle_minutes=30, console__session_hours=2)
    clock = [console.site.now()]
    object.__setattr__(console.site, "now", lambda: clock[0])
    ann = console.sign_in("reviewer", "ann")
    for _ in range(4):
        clock[0] += timedelta(minutes=29)
        assert ann.get("/account").status_code == 200
    clock[0] += timedelta(minutes=5)  # never idle, but two hours old
    assert ann.get("/account").status_code == 303
    bob = console.sign_in("reviewer", "bob")
    clock[0] += timedelta(minutes=31)
    assert bob.get("/account").status_code == 303
    forget(console.site)
    with console.store.read() as connection:
        assert list_sessions(connection) == []


def test_change_of_rights_ends_stays_and_closed_accounts_have_none(console: Console) -> None:
    admin, ann = console.sign_in("admin"), console.sign_in("reviewer", "ann")
    assert admin.post("/people/u-ann", data={"role": "manager", "active": "yes"}).status_code == 303
    assert ann.get("/account").status_code == 303
    bob = console.sign_in("reviewer", "bob")
    with console.store.begin() as connection:  # past the page, as an older Earmark might
        change_user(connection, replace(bob.user, active=False))
    assert bob.get("/account").status_code == 303


def test_own_password_is_changed_with_the_old_one_and_other_stays_end(console: Console) -> None:
    ann = console.sign_in("reviewer", "ann")
    elsewhere = console.visit()
    assert enter(elsewhere, "ann", PASSWORD).status_code == 303
    new = "quite another sentence"
    for old, first, again, told in (
        ("wrong", new, new, "not your present password"),
        (PASSWORD, new, new + "x", "differ"),
        (PASSWORD, "short", "short", "12 to 200 characters"),
        (PASSWORD, "annannann1234", "annannann1234", "your name"),
        (PASSWORD, "password12345", "password12345", "tries first"),
        (PASSWORD, PASSWORD, PASSWORD, "choose another"),
    ):
        answer = ann.post("/account/password", data={"old": old, "new": first, "again": again})
        assert answer.status_code in (400, 422)
        assert told in answer.text
    assert ann.post("/account/password", data={"old": PASSWORD, "new": new, "again": new}).status_code == 303
    assert "Your password is changed" in ann.get("/account?done=password").text
    assert elsewhere.get("/account").status_code == 303
    assert enter(console.visit(), "ann", PASSWORD).status_code == 401
    assert enter(console.visit(), "ann", new).status_code == 303


def test_old_password_cannot_be_guessed_from_a_stay_left_open(open_bare_console: Callable[..., Console]) -> None:
    ann = open_bare_console(console__sign_in_attempts=2).sign_in("reviewer", "ann")
    fields = {"new": "quite another sentence", "again": "quite another sentence"}
    statuses = [ann.post("/account/password", data={"old": f"guess {n}", **fields}).status_code for n in range(3)]
    assert statuses == [400, 400, 429]


def test_own_stays_are_seen_and_ended_and_nobody_elses(console: Console) -> None:
    ann, bob = console.sign_in("reviewer", "ann"), console.sign_in("reviewer", "bob")
    elsewhere = console.visit()
    enter(elsewhere, "ann", PASSWORD)
    bobs = hashed(bob.client.cookies[COOKIE])[:16]
    page = ann.get("/account").text
    ids = re.findall(r'name="stay_id" value="(\w+)"', page)
    assert len(ids) == 1
    assert ann.post("/account/stays/end", data={"stay_id": bobs}).status_code == 404
    assert ann.post("/account/stays/end", data={"stay_id": ids[0]}).status_code == 303
    assert elsewhere.get("/account").status_code == 303
    enter(elsewhere, "ann", PASSWORD)
    assert ann.post("/account/stays/end").status_code == 303
    assert elsewhere.get("/account").status_code == 303
    assert (ann.get("/account").status_code, bob.get("/account").status_code) == (200, 200)


def test_sign_in_is_within_the_head_that_the_workspace_keeps(console: Console) -> None:
    console.add("ann", "reviewer")
    assert enter(console.visit(), "ann", PASSWORD).status_code == 303
    with console.store.read() as connection:
        ends = last_entry(connection)
    kept = kept_head(console.settings.workspace)
    assert ends is not None
    assert kept is not None
    assert (kept.count, kept.hash) == (ends.sequence, ends.hash)
