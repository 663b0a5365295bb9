"""A key is sent to the server alone; an address is this machine's, or one that the site allows."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from pipeline.config import JudgeSettings, Settings
from pipeline.errors import AuthoredFileError, ConfigError
from pipeline.judge.fingerprints import judge_fingerprint
from pipeline.load_settings import load_settings
from pipeline.server_address import address_problem
from tests.judge.calls import ASKED, GOOD, QUESTION, SORRY, judge, settings
from tests.judge.endpoint import Answer, Endpoint, said

KEY = "sk-MARKER-0123"


def test_a_key_is_sent_and_shown_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with Endpoint(said("yes", GOOD), Answer(status=401), Answer(hang_up=True)).running() as endpoint:
        for _ in range(3):
            _, judged = judge(endpoint, api_key=KEY)
            assert KEY not in repr(judged)
        assert [headers["Authorization"] for _, headers, _ in endpoint.requests] == [f"Bearer {KEY}"] * 3
        whole = Settings(judge=settings(endpoint, api_key=KEY))
        judge(endpoint)
        assert "Authorization" not in endpoint.requests[-1][1]
    for shown in (repr(whole), str(whole), str(whole.model_dump()), whole.model_dump_json(), f"{whole.judge.api_key}"):
        assert "MARKER" not in shown
    assert "MARKER" not in caplog.text
    assert "MARKER" not in judge_fingerprint(whole.judge, {ASKED: QUESTION})


def test_logs_hold_no_words_of_the_call_or_of_the_answer(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with Endpoint(
        said("yes", GOOD, reason="MARKERreason"), Answer(status=500, body=SORRY.encode())
    ).running() as endpoint:
        judge(endpoint)
        judge(endpoint)
    assert caplog.records
    for words in ("sorry", "charged me twice", "MARKERreason", "Did the agent"):
        assert words not in caplog.text


def test_a_key_comes_from_the_environment() -> None:
    loaded = load_settings(environment={"EARMARK_JUDGE__API_KEY": KEY})
    assert loaded.judge.api_key is not None
    assert loaded.judge.api_key.get_secret_value() == KEY


@pytest.mark.parametrize("key", ["sk-MARKER\n", "sk MARKER", "schlüssel-MARKER", "sk-MARKER\r\nX-Other: 1"])
def test_a_key_that_cannot_be_sent_is_refused_without_being_told(key: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="printable ASCII") as caught:
        load_settings(environment={"EARMARK_JUDGE__API_KEY": key})
    assert "MARKER" not in str(caught.value)
    file = tmp_path / "earmark.toml"
    file.write_text("[judge]\napi_key = ['MARKER']\n")
    with pytest.raises(AuthoredFileError) as in_file:
        load_settings(file=file, environment={})
    assert "MARKER" not in str(in_file.value)


def test_no_proxy_and_no_key_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login MARKER password MARKER\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with Endpoint(said("no", GOOD)).running() as proxy, Endpoint(said("yes", GOOD)).running() as endpoint:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.setenv("OPENAI_API_KEY", "MARKER")
        assert judge(endpoint)[0].answer == "yes"
        assert proxy.requests == []
        assert "MARKER" not in str(endpoint.requests)


def test_a_redirect_is_not_followed() -> None:
    with Endpoint(said("yes", GOOD)).running() as other:
        away = Answer(status=308, headers={"Location": f"{other.url}/chat/completions"})
        with Endpoint(away).running() as endpoint:
            assert judge(endpoint)[0].answer is None
        assert other.requests == []


HERE = (
    "http://127.0.0.1:8080/v1",
    "http://127.9.9.9/v1",
    "http://localhost:1/v1",
    "https://localhost",
    "http://[::1]:8/v1",
)
OWN = (
    "http://10.0.0.3/v1",
    "http://192.168.7.7:8000/v1",
    "http://llm:8000/v1",
    "http://gpu.internal/v1",
    "http://[fd00::1]/",
)
AWAY = ("https://models.example.com/v1", "https://198.51.100.7/v1")
NEVER = (
    ("http://models.example.com/v1", "use https"),
    ("http://8.8.8.8/v1", "use https"),
    ("http://134744072/v1", "use https"),
    ("http://0.0.0.0:8080/v1", "use https"),
    ("http://127.0.0.1.example.com/v1", "use https"),
    ("http://127.0.0.1@example.com/v1", "no user or password"),
    ("https://user:pw@127.0.0.1/v1", "no user or password"),
    ("http://127.0.0.1/v1?x=1", "ends before"),
    ("http://127.0.0.1/v1#x", "ends before"),
    ("ftp://127.0.0.1/v1", "begins with http"),
    ("127.0.0.1:8080", "begins with http"),
    ("http://", "begins with http"),
    ("http://127.0.0.1:port/v1", "no address"),
    ("http://127.0.0.1\n.example.com/v1", "no spaces"),
    ("http://exämple.com/v1", "no spaces"),
    ("http://a^b/v1", "letters, digits"),
)


@pytest.mark.parametrize("url", HERE)
def test_this_machine_is_always_allowed(url: str) -> None:
    assert address_problem(url, allow_remote=False) is None
    assert JudgeSettings(url=url, model="m").url == url


@pytest.mark.parametrize("url", [*OWN, *AWAY])
def test_another_machine_has_to_be_allowed(url: str) -> None:
    problem = address_problem(url, allow_remote=False)
    assert problem is not None
    assert "judge.allow_remote" in problem
    assert address_problem(url, allow_remote=True) is None


@pytest.mark.parametrize(("url", "why"), NEVER)
def test_some_addresses_are_never_used(url: str, why: str) -> None:
    problem = address_problem(url, allow_remote=True)
    assert problem is not None
    assert why in problem


def test_a_wrong_address_and_a_missing_model_are_told_where_settings_are_read() -> None:
    with pytest.raises(ConfigError, match=r"url: the server is not on this machine"):
        load_settings(environment={"EARMARK_JUDGE__URL": "https://models.example.com/v1", "EARMARK_JUDGE__MODEL": "m"})
    with pytest.raises(ConfigError, match=r"model: name the model"):
        load_settings(environment={"EARMARK_JUDGE__URL": "http://127.0.0.1:8080/v1"})
    assert load_settings(environment={}).judge.url is None


@pytest.mark.parametrize("model", ["gpt-oss:120b-cloud", "big:cloud"])
def test_a_model_that_a_server_here_passes_on_has_to_be_allowed(model: str) -> None:
    environment = {"EARMARK_JUDGE__URL": "http://127.0.0.1:11434/v1", "EARMARK_JUDGE__MODEL": model}
    with pytest.raises(ConfigError, match="it runs elsewhere"):
        load_settings(environment=environment)
    assert load_settings(environment={**environment, "EARMARK_JUDGE__ALLOW_REMOTE": "true"}).judge.model == model
    assert load_settings(environment={**environment, "EARMARK_JUDGE__MODEL": "cloudy:7b"}).judge.model == "cloudy:7b"
