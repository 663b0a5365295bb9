"""Signing in and out."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from app.web.access.sessions import COOKIE
from tests.web.conftest import PASSWORD, Console, enter


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


def test_wrong_passwords_make_the_name_wait_and_others_not(open_console: Callable[..., Console]) -> None:
    console = open_console(console__sign_in_attempts=2)
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


def test_cookie_is_out_of_reach_of_scripts_and_secure_over_https(open_console: Callable[..., Console]) -> None:
    console = open_console(console__public_url="https://earmark.example.org")
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
