"""One call, its questions, and what may be kept of the answers."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib

import pytest

from pipeline.canonical import from_json, to_json
from pipeline.config import JudgeSettings
from pipeline.judge import prompt
from pipeline.judge.fingerprints import judge_fingerprint, settings_fingerprint
from pipeline.judge.judge import judge_call
from pipeline.records import CallJudgements, LlmTest, YesNo
from tests.judge.calls import ASKED, CALL, GOOD, QUESTION, judge, settings
from tests.judge.endpoint import Endpoint, said


def test_answers_come_in_the_order_of_the_questions_each_asked_once() -> None:
    questions = {f"q{i}": LlmTest(question=f"Question {i}?") for i in range(3)}
    with Endpoint(said("yes", GOOD), said("not_applicable"), said("no", GOOD)).running() as endpoint:
        judged = judge_call(CALL, questions, settings(endpoint))
        assert len(endpoint.requests) == 3
    assert [(j.question, j.answer, j.applicable) for j in judged.all()] == [
        ("q0", "yes", True),
        ("q1", None, False),
        ("q2", "no", True),
    ]


def test_no_question_asks_nothing() -> None:
    with Endpoint(said("yes", GOOD)).running() as endpoint:
        assert judge_call(CALL, {}, settings(endpoint)).all() == ()
        assert endpoint.requests == []


def test_equal_inputs_and_answers_give_equal_bytes_that_read_back() -> None:
    with Endpoint(said("yes", GOOD)).running() as endpoint:
        first, second = (judge(endpoint)[1].judgements for _ in range(2))
        assert endpoint.requests[0][2] == endpoint.requests[1][2]
    assert to_json(first) == to_json(second)
    assert from_json(CallJudgements, to_json(first)) == first


def test_a_program_that_runs_an_event_loop_can_ask_too() -> None:
    async def within() -> str | None:
        return judge(endpoint)[0].answer

    with Endpoint(said("yes", GOOD)).running() as endpoint:
        assert asyncio.run(within()) == "yes"


def test_without_an_address_nothing_can_be_asked() -> None:
    with pytest.raises(ValueError, match="no language model"):
        judge_call(CALL, {ASKED: QUESTION}, JudgeSettings())


BASE = JudgeSettings(url="http://127.0.0.1:1/v1", model="m")
DECIDES = {
    "model": "n",
    "structured": "prompt",
    "max_tokens": 99,
    "context_chars": 999,
    "temperature": 0.5,
    "seed": 2,
    "logprobs": False,
}
DECIDES_NOT = {
    "url": "http://127.0.0.1:2/v1",
    "api_key": "k",
    "allow_remote": True,
    "timeout_s": 1,
    "max_retries": 9,
    "retry_delay_s": 9,
}


def test_every_setting_either_decides_the_answer_or_does_not() -> None:
    assert {*DECIDES, *DECIDES_NOT} == set(JudgeSettings.model_fields)
    before = judge_fingerprint(BASE, {ASKED: QUESTION}), settings_fingerprint(BASE)
    for names, changes in ((DECIDES, True), (DECIDES_NOT, False)):
        for name, value in names.items():
            other = JudgeSettings.model_validate({**BASE.model_dump(), name: value})
            after = judge_fingerprint(other, {ASKED: QUESTION}), settings_fingerprint(other)
            assert (before[0] != after[0], before[1] != after[1]) == (changes, changes), name


def test_what_is_asked_decides_and_the_order_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    other = LlmTest(question="Another?")
    both = judge_fingerprint(BASE, {"a": QUESTION, "b": other})
    assert both == judge_fingerprint(BASE, {"b": other, "a": QUESTION})
    assert both.startswith("judge-1:")
    changed = (
        dataclasses.replace(other, look_for="x"),
        dataclasses.replace(other, not_applicable_when="x"),
        dataclasses.replace(other, answers=YesNo(good="no")),
        dataclasses.replace(other, question="Another one?"),
    )
    assert len({judge_fingerprint(BASE, {"a": QUESTION, "b": each}) for each in (other, *changed)}) == 5
    assert judge_fingerprint(BASE, {"a": QUESTION}) != both


def test_the_recipe_is_changed_with_the_words_it_stands_for() -> None:
    """Stored answers are found by the recipe: whoever changes the prompt or the schema changes it, and this."""
    asked = str(prompt.messages(CALL, QUESTION)) + str(prompt.answer_schema(QUESTION.answers))

    assert (prompt.RECIPE, hashlib.sha256(asked.encode()).hexdigest()[:12]) == ("judge-1", "732c1c0c99f8")
