"""Single sign-on, with a provider that is honest and with one that lies."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import RSAKey
from starlette.testclient import TestClient

from app.web.access.sessions import COOKIE
from pipeline.load_settings import load_settings
from pipeline.records import User, UserRole
from pipeline.store.people import get_user, put_user
from tests.web.conftest import Console
from tests.web.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider, running

NAME = "ann@example.org"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running() as made:
        yield made


@pytest.fixture
def centre(open_bare_console: Callable[..., Console], provider: Provider) -> Console:
    """A console with single sign-on, and an account for it."""
    console = open_bare_console(
        sign_in__issuer=provider.issuer, sign_in__client_id=CLIENT_ID, sign_in__client_secret=CLIENT_SECRET
    )
    add(console, NAME)
    return console


def add(console: Console, name: str, *, password_hash: str | None = None, active: bool = True) -> None:
    user = User(
        user_id=f"u-{name}",
        name=name,
        display_name="Ann",
        role=UserRole.REVIEWER,
        created_at=console.site.now(),
        active=active,
    )
    with console.store.begin() as connection:
        put_user(connection, user, folded_name=name.casefold(), password_hash=password_hash)


def travel(browser: TestClient, after: str = "/account") -> Any:
    """Go to the provider and come back; returns the answer to the way back."""
    asked = browser.get("/sign-in/elsewhere", params={"after": after})
    assert asked.status_code == 303, asked.text
    back = httpx.get(asked.headers["location"], trust_env=False).headers["location"]
    return browser.get(urlsplit(back).path + "?" + urlsplit(back).query)


def told(answer: Any) -> str:
    """What the page says is wrong."""
    assert COOKIE not in answer.cookies
    assert answer.status_code in (401, 502)
    return str(answer.text.split('role="alert">')[1].split("<")[0])


def test_provider_tells_who_is_there_and_the_account_is_theirs_from_then_on(
    centre: Console, provider: Provider
) -> None:
    browser = centre.visit()
    assert "Single sign-on" in browser.get("/sign-in").text
    answer = travel(browser, "/account?x=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account?x=1")
    assert NAME in browser.get("/account").text
    assert "elsewhere" not in str(browser.cookies)
    provider.email = "ann.new@example.org"  # the subject counts, not what it is called today
    assert travel(centre.visit()).status_code == 303
    with centre.store.read() as connection:
        found = get_user(connection, NAME)
    assert found is not None
    assert found.subject == f"{provider.issuer} subject-1"


def test_question_holds_state_nonce_and_a_challenge_but_nothing_secret(centre: Console) -> None:
    asked = parse_qs(urlsplit(centre.visit().get("/sign-in/elsewhere").headers["location"]).query)
    assert asked["redirect_uri"] == ["http://127.0.0.1:8765/sign-in/elsewhere/back"]
    assert asked["code_challenge_method"] == ["S256"]
    assert all(len(asked[name][0]) >= 43 for name in ("state", "nonce", "code_challenge"))
    assert CLIENT_SECRET not in str(asked)
    again = parse_qs(urlsplit(centre.visit().get("/sign-in/elsewhere").headers["location"]).query)
    assert all(asked[name] != again[name] for name in ("state", "nonce", "code_challenge"))


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another-client"},
        {"aud": [CLIENT_ID, "another-client"]},
        {"aud": None},
        {"iss": "https://elsewhere.example"},
        {"exp": 1},
        {"exp": None},
        {"iat": None},
        {"nbf": 32503680000},
        {"sub": None},
        {"sub": 7},
        {"azp": "another-client"},
    ],
    ids=str,
)
def test_token_that_was_made_for_something_else_lets_nobody_in(
    centre: Console, provider: Provider, changes: dict[str, Any]
) -> None:
    provider.changes = changes
    assert "cannot be believed" in told(travel(centre.visit())) or "sub" in changes


@pytest.mark.parametrize("lie", ["alg-none", "alg-hs256", "other-key", "no-token", "refuses"])
def test_token_that_the_provider_did_not_sign_lets_nobody_in(centre: Console, provider: Provider, lie: str) -> None:
    provider.lie = lie
    assert "single sign-on does not work" in told(travel(centre.visit()))


@pytest.mark.parametrize("lie", ["not-json", "other-issuer"])
def test_provider_that_is_none_is_told_on_the_sign_in_page(centre: Console, provider: Provider, lie: str) -> None:
    provider.lie = lie
    assert "single sign-on does not work" in told(centre.visit().get("/sign-in/elsewhere"))


def test_provider_with_new_keys_is_asked_again(centre: Console, provider: Provider) -> None:
    assert travel(centre.visit()).status_code == 303
    provider.key = RSAKey.generate_key(2048, {"kid": "two"})
    assert travel(centre.visit()).status_code == 303
    assert provider.asked.count("/keys") == 2


def test_answer_counts_only_in_the_browser_that_asked_and_once(centre: Console, provider: Provider) -> None:
    browser = centre.visit()
    asked = browser.get("/sign-in/elsewhere").headers["location"]
    back = urlsplit(httpx.get(asked, trust_env=False).headers["location"])
    address = f"{back.path}?{back.query}"
    assert "not begun here" in told(centre.visit().get(address))  # another browser: somebody was sent a link
    wrong = address.replace("state=", "state=x")
    assert "not begun here" in told(browser.get(wrong))
    assert "not begun here" in told(browser.get(address))  # the first wrong answer ended it
    assert provider.asked.count("/token") == 0
    travelled = centre.visit()
    assert travel(travelled).status_code == 303
    assert "not begun here" in told(travelled.get(address))


def test_provider_that_refuses_or_is_another_is_told(centre: Console) -> None:
    for more, expected in (("error=access_denied", "did not sign you in"), ("code=x&iss=https://other", "another")):
        browser = centre.visit()
        state = parse_qs(urlsplit(browser.get("/sign-in/elsewhere").headers["location"]).query)["state"][0]
        assert expected in told(browser.get(f"/sign-in/elsewhere/back?state={state}&{more}"))


def test_accounts_are_never_made_and_never_taken(centre: Console, provider: Provider) -> None:
    provider.email = "stranger@example.org"
    assert "no account for you" in told(travel(centre.visit()))
    add(centre, "local@example.org", password_hash="$argon2id$...")
    provider.email = "Local@example.org"
    assert "signs in another way" in told(travel(centre.visit()))
    add(centre, "closed@example.org", active=False)
    provider.email = "closed@example.org"
    assert "is closed" in told(travel(centre.visit()))
    provider.email, provider.changes = NAME, {"email_verified": False}
    assert "not verified" in told(travel(centre.visit()))
    provider.changes = {"sub": "first"}
    assert travel(centre.visit()).status_code == 303
    provider.changes = {"sub": "second"}  # the same address, given to somebody else since
    assert "signs in another way" in told(travel(centre.visit()))


def test_name_that_the_token_leaves_out_is_asked_for(centre: Console, provider: Provider) -> None:
    provider.changes = {"email": None}
    assert travel(centre.visit()).status_code == 303
    provider.about_user = {"sub": "somebody else"}
    assert "different people" in told(travel(centre.visit()))


def test_nothing_secret_is_logged(
    centre: Console, provider: Provider, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    travel(centre.visit())
    provider.lie = "refuses"
    travel(centre.visit())
    written = caplog.text + "".join(capfd.readouterr())
    assert CLIENT_SECRET not in written
    assert "an access token" not in written


def test_without_a_provider_there_is_no_such_page(open_bare_console: Callable[..., Console]) -> None:
    browser = open_bare_console().visit()
    assert browser.get("/sign-in/elsewhere").status_code == 404
    assert browser.get("/sign-in/elsewhere/back?code=x&state=y").status_code == 404
    assert "/sign-in/elsewhere" not in browser.get("/sign-in").text


@pytest.mark.parametrize("issuer", ["http://sso.example.org", "ftp://127.0.0.1", "sso.example.org"])
def test_issuer_is_reached_by_https(issuer: str) -> None:
    with pytest.raises(Exception, match=r"sign_in\.issuer"):
        load_settings(file=None, flags={"sign_in.issuer": issuer, "sign_in.client_id": "x"})
