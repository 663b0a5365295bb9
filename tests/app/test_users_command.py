"""`earmark users` and `earmark serve` as somebody types them."""

from __future__ import annotations

import json
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.main import build, tell
from app.web.access.tokens import make_token
from pipeline.config import Settings
from pipeline.store.database import open_store
from pipeline.store.people import list_users

app = build()
GOOD = "a sentence of one's own\n"


def invoke(*arguments: str | Path, given: str = "") -> tuple[int, str]:
    """Run a command in this process; returns exit code, and all that was printed or raised."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], input=given)
    if result.exception and not isinstance(result.exception, SystemExit):
        assert isinstance(result.exception, Exception)
        return tell(result.exception), str(result.exception)
    return result.exit_code, result.output


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("", "no password came"),
        ("short\n", "12 to 200 characters"),
        ("Password1234!\n", "everybody tries"),
        ("P@ssw0rd2024!!\n", "everybody tries"),
        ("123456789012\n", "everybody tries"),
        ("Summer2026Summer\n", "everybody tries"),
        ("marialopez123\n", "your name"),
        ("aaaaaaaaaaaaaa\n", "too few different"),
    ],
)
def test_weak_password_makes_no_account(tmp_path: Path, given: str, told: str) -> None:
    code, out = invoke("users", "add", "Maria.Lopez", "--role", "reviewer", "-w", tmp_path / "work", given=given)
    assert code == 2
    assert told in out
    assert not (tmp_path / "work").exists()


def test_last_admin_is_lost_only_by_force(tmp_path: Path) -> None:
    where = ("-w", tmp_path)
    assert invoke("users", "list", *where)[0] == 1
    assert invoke("users", "add", "root", "--role", "admin", *where, given=GOOD)[0] == 0
    for change in (("--role", "manager"), ("--inactive",)):
        code, out = invoke("users", "change", "ROOT", *change, *where)
        assert code == 1
        assert "the last admin" in out
        assert "--force" in out
    assert invoke("users", "change", "root", "--inactive", "--force", *where)[0] == 0
    assert json.loads(invoke("users", "list", "--json", *where)[1])[0]["active"] is False


def test_team_that_no_call_names_is_told(tmp_path: Path) -> None:
    code, out = invoke("users", "add", "max", "--role", "manager", "--teams", "northh", "-w", tmp_path, given=GOOD)
    assert code == 0
    assert "no call is of team 'northh' so far" in out


def test_messages_say_what_to_do(tmp_path: Path) -> None:
    where = ("-w", tmp_path)
    assert "--agent-id" in invoke("users", "add", "ann", "--role", "agent", *where, given=GOOD)[1]
    assert "names no team" in invoke("users", "add", "ann", "--role", "reviewer", "--teams", ",", *where, given=GOOD)[1]
    assert "at sign_in.issuer" in invoke("users", "add", "kim", "--role", "reviewer", "--single-sign-on", *where)[1]
    assert "already" in invoke("users", "add", "KIM", "--role", "reviewer", *where, given=GOOD)[1]
    assert "earmark users list" in invoke("users", "change", "nobody", "--inactive", *where)[1]
    assert "signs in elsewhere" in invoke("users", "password", "kim", *where, given=GOOD)[1]
    assert invoke("users", "add", "bob", "--role", "reviewer", *where, given=GOOD)[0] == 0
    assert "at the next sign-in" in invoke("users", "password", "bob", "--temporary", *where, given=GOOD)[1]


def test_serve_says_what_is_wrong_with_an_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    where = ("-w", tmp_path / "work")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, out = invoke("serve", *where, "--port", str(taken.getsockname()[1]))
        assert code == 1
        assert "is in use" in out
    code, out = invoke("serve", *where, "--host", "0.0.0.0")
    assert (code, "console.public_url" in out) == (2, True)
    monkeypatch.setenv("EARMARK_CONSOLE__PUBLIC_URL", "https://example.org/earmark")
    assert "below a path" in invoke("serve", *where)[1]
    monkeypatch.setenv("EARMARK_CONSOLE__PUBLIC_URL", "https://example.org")
    code, out = invoke("serve", *where, "--host", "203.0.113.7")
    assert (code, "console.host" in out) == (1, True)
    assert not (tmp_path / "work").exists()


def test_tokens_are_listed_without_their_words_and_revoked(tmp_path: Path) -> None:
    where = ("-w", tmp_path)
    assert invoke("users", "add", "Ann", "--role", "reviewer", *where, given=GOOD)[0] == 0
    store = open_store(Settings(workspace=tmp_path).store_url)
    now = datetime.now(UTC)
    with store.begin() as connection:
        [user] = list_users(connection)
        token, words = make_token(connection, user, name="export", permissions=["calls.see"], days=7, now=now)
    store.close()
    code, out = invoke("users", "tokens", "--json", *where)
    [listed] = json.loads(out)
    assert (code, listed["token_id"], listed["user"], listed["revoked_at"]) == (0, token.token_id, "Ann", None)
    assert words not in out
    assert token.token_id in invoke("users", "tokens", *where)[1]
    assert invoke("users", "revoke", "tk-nobodys", *where)[0] == 1
    assert invoke("users", "revoke", token.token_id, *where)[0] == 0
    assert json.loads(invoke("users", "tokens", "--json", *where)[1])[0]["revoked_at"] is not None
    assert "revoked" in invoke("audit", "log", "--json", *where)[1]
