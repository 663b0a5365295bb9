"""`earmark judge try` and the language model's part of `earmark doctor`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.cli.judge_checks import check_judge
from app.cli.main import build
from pipeline.config import JudgeSettings
from pipeline.errors import ConfigError, UnknownNameError
from pipeline.score.rubrics import load_rubric
from tests.judge.calls import settings
from tests.judge.endpoint import MODEL, Answer, Endpoint, completion, said

RUBRIC = """
id: mine
version: 1
title: Mine
sections:
  - id: one
    title: One
    weight: 1
    criteria:
      - id: sorry
        title: Says sorry
        points: 1
        test: {kind: llm, question: Did the agent say sorry?, look_for: words that show regret}
      - id: tone
        title: Tone
        points: 1
        test: {kind: llm, question: How kind was the agent?, answers: {kind: scale, lowest: 1, highest: 5}}
      - id: greets
        title: Greets
        points: 1
        test: {kind: manual, question: Does the agent greet?}
"""
TURNS = [
    {
        "role": "customer",
        "text": "My card is four one one one one one one one one one one one one one one one.",
        "start_ms": 0,
        "end_ms": 9000,
    },
    {"role": "agent", "text": "I am very sorry about that.", "start_ms": 10_000, "end_ms": 12_000},
]
APP = build("judge")


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A rubric that asks a language model two things, and a transcript with a card number."""
    rubric, call = tmp_path / "mine.yaml", tmp_path / "call.json"
    rubric.write_text(RUBRIC)
    call.write_text(json.dumps({"call_id": "MARKERcall", "agent_id": "MARKERagent", "turns": TURNS}))
    return rubric, call


def invoke(endpoint: Endpoint, files: tuple[Path | str, Path], *arguments: str) -> Any:
    """Run `earmark judge try` against the endpoint."""
    environment = {
        "EARMARK_JUDGE__URL": endpoint.url,
        "EARMARK_JUDGE__MODEL": MODEL,
        "EARMARK_JUDGE__MAX_RETRIES": "0",
        "EARMARK_JUDGE__API_KEY": "sk-MARKER",
    }
    rubric, call = files
    return CliRunner().invoke(APP, ["judge", "try", str(call), "--rubric", str(rubric), *arguments], env=environment)


def test_try_prints_answers_with_what_they_cite(files: tuple[Path, Path]) -> None:
    answers = said("yes", (1, "I am very sorry"), reason="Regret was shown."), said(6)
    with Endpoint(*answers).running() as endpoint:
        result = invoke(endpoint, files)
        bodies = [body.decode() for _, _, body in endpoint.requests]
    assert result.exit_code == 0, result.output
    printed = " ".join(result.stdout.split())
    assert "sorry yes – Regret was shown. 0:10 [1] agent: “I am very sorry”" in printed
    assert "tone none – the language model gave an answer that the question does not have" in printed
    assert "greets" not in printed
    assert len(bodies) == 2
    for body in bodies:
        assert "[card_number]" in body
        assert "one one one" not in body
        assert "MARKER" not in body
    assert "MARKER" not in result.output


def test_try_prints_json_of_one_criterion(files: tuple[Path, Path]) -> None:
    with Endpoint(said(4, (1, "very sorry about that"))).running() as endpoint:
        result = invoke(endpoint, files, "--criterion", "tone", "--json")
    assert result.exit_code == 0
    (judgement,) = json.loads(result.stdout)
    assert judgement["criterion_id"] == "tone"
    assert judgement["asked"] == "How kind was the agent?"
    assert (judgement["answer"], judgement["applicable"], judgement["server_failed"]) == ("4", True, False)
    assert [quote["quote"] for quote in judgement["evidence"]] == ["very sorry about that."]


def test_try_takes_a_rubric_with_its_version(files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    rubric, call = files
    named = load_rubric(rubric)
    monkeypatch.setenv("EARMARK_SCORE__RUBRICS_DIR", str(rubric.parent))
    with Endpoint(said("yes", (1, "I am very sorry"))).running() as endpoint:
        chosen = f"{named.id}@{named.version}"
        assert invoke(endpoint, (chosen, call), "--criterion", "sorry").exit_code == 0
        other = invoke(endpoint, (f"{named.id}@99", call))
        assert isinstance(other.exception, UnknownNameError)
        assert chosen in str(other.exception)


def test_try_ends_with_1_where_the_server_failed_and_not_where_the_model_did(files: tuple[Path, Path]) -> None:
    with Endpoint(Answer(status=500)).running() as endpoint:
        result = invoke(endpoint, files)
    assert result.exit_code == 1
    assert "HTTP 500" in result.stdout
    with Endpoint(completion("no idea")).running() as endpoint:
        assert invoke(endpoint, files).exit_code == 0


def test_try_says_what_is_missing(files: tuple[Path, Path], tmp_path: Path) -> None:
    rubric, call = files
    off = CliRunner().invoke(APP, ["judge", "try", str(call), "--rubric", str(rubric)])
    assert isinstance(off.exception, ConfigError)
    assert "set judge.url and judge.model" in str(off.exception)
    with Endpoint(said("yes")).running() as endpoint:
        wrong = invoke(endpoint, files, "--criterion", "tones")
        assert isinstance(wrong.exception, UnknownNameError)
        assert "did you mean 'tone'" in str(wrong.exception)
        plain = tmp_path / "plain.yaml"
        head, greets = RUBRIC.partition("      - id: sorry")[0], RUBRIC.partition("      - id: greets")
        plain.write_text(head + greets[1] + greets[2])
        nothing = invoke(endpoint, (plain, call))
        assert isinstance(nothing.exception, ConfigError)
        assert "asks a language model nothing" in str(nothing.exception)
        assert endpoint.requests == []


def test_doctor_is_content_without_a_language_model() -> None:
    (check,) = check_judge(JudgeSettings())
    assert (check.ok, check.found) == (True, "off: judge.url is not set")


def test_doctor_asks_about_a_made_up_call() -> None:
    with Endpoint(said("yes", (1, "Thank you very much"))).running() as endpoint:
        server, model = check_judge(settings(endpoint, api_key="sk-MARKER"))
        assert len(endpoint.asked) == 1
    assert (server.ok, server.found) == (True, f"1 model(s) at {endpoint.url}")
    assert (model.ok, model.found) == (True, "answers in the form that is asked for (yes), without confidence")
    assert "MARKER" not in str((server, model))


@pytest.mark.parametrize(
    ("answers", "models", "changes", "found", "todo"),
    [
        ((said("yes"),), None, {"model": "made-up-8b"}, "'made-up-8b' is not among its models", "did you mean"),
        ((said("yes"),), Answer(status=401), {}, "HTTP 401", "docs/judge.md"),
        ((said("yes"),), Answer(body=b"<html>"), {}, "lists no models", "docs/judge.md"),
        ((completion("Yes!"),), None, {}, "form that was asked for", "judge.structured"),
        ((said("yes", (1, "thanks a million")),), None, {}, "cited nothing", "larger model"),
        ((Answer(status=500),), None, {}, "HTTP 500", "judge.structured"),
    ],
)
def test_doctor_says_what_is_wrong(
    answers: tuple[Answer, ...], models: Answer | None, changes: dict[str, Any], found: str, todo: str
) -> None:
    endpoint = Endpoint(*answers, models=models) if models else Endpoint(*answers)
    with endpoint.running():
        *fine, wrong = check_judge(settings(endpoint, **changes))
    assert all(check.ok for check in fine)
    assert not wrong.ok
    assert found in wrong.found
    assert todo in wrong.todo


def test_doctor_command_fails_where_the_server_is_not_there(tmp_path: Path) -> None:
    environment = {"EARMARK_JUDGE__URL": "http://127.0.0.1:9/v1", "EARMARK_JUDGE__MODEL": "m"}
    environment |= {"EARMARK_JUDGE__MAX_RETRIES": "0", "EARMARK_JUDGE__API_KEY": "sk-MARKER"}
    command = ["doctor", "--json", "--workspace", str(tmp_path)]
    result = CliRunner().invoke(build("doctor"), command, env=environment)
    assert result.exit_code == 1
    (check,) = [check for check in json.loads(result.stdout) if check["name"].startswith("language model")]
    assert not check["ok"]
    assert "cannot be reached" in check["found"]
    assert "MARKER" not in result.output
