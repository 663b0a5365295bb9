"""llama.cpp's own server with a real model of 135 million parameters: it answers badly, and earns nothing by that."""

from __future__ import annotations

import asyncio

import pytest

from app.cli.judge_checks import check_judge
from pipeline.config import JudgeSettings
from pipeline.judge import client, prompt
from pipeline.judge.answer import Given, answer_probability, read_answer
from pipeline.judge.judge import judge_call, list_models
from pipeline.judge.reply import Reply
from pipeline.records import AnswerForm, Choice, LlmTest, Numeric, Option, YesNo
from tests.judge.calls import ASKED, CALL, QUESTION

pytestmark = pytest.mark.slow

FORMS: tuple[tuple[str, AnswerForm], ...] = (
    ("json_schema", YesNo()),
    ("json_schema", Numeric(bands=())),
    ("json_object", Choice(options=(Option(answer="a bill", share=1.0), Option(answer="“something” else", share=0.0)))),
)


def settings(server: tuple[str, str], **changes: object) -> JudgeSettings:
    """Settings that ask the real server, with patience for a slow machine."""
    given = {"url": server[0], "model": server[1], "timeout_s": 300, "max_tokens": 200}
    return JudgeSettings.model_validate({**given, **changes})


def ask(chosen: JudgeSettings, question: LlmTest) -> Reply:
    """What the model writes, before anything is checked."""

    async def once() -> Reply:
        async with client.connect(chosen) as connection:
            schema = prompt.answer_schema(question.answers)
            reply = await client.ask(connection, chosen, prompt.messages(CALL, question), schema)
        assert isinstance(reply, Reply), reply
        return reply

    return asyncio.run(once())


def test_it_lists_its_model_and_the_doctor_reaches_it(real_server: tuple[str, str]) -> None:
    assert list_models(settings(real_server)) == (real_server[1],)
    server, model = check_judge(settings(real_server))
    assert (server.name, server.ok) == ("language model server", True)
    assert model.ok or "a made-up call" in model.found
    (_, wrong) = check_judge(settings(real_server, model="smollm2-136m"))
    assert not wrong.ok
    assert "did you mean 'smollm2-135m'" in wrong.todo


@pytest.mark.parametrize(("structured", "form"), FORMS)
def test_it_keeps_to_the_schema_whatever_it_thinks(
    real_server: tuple[str, str], structured: str, form: AnswerForm
) -> None:
    question = LlmTest(question="How did the agent do?", answers=form)
    reply = ask(settings(real_server, structured=structured), question)
    if not reply.complete:  # it repeats itself for ever: no answer, and said so
        return
    given = read_answer(reply.content, question.answers)
    assert isinstance(given, Given), reply.content
    assert reply.prompt_tokens is not None
    assert reply.prompt_tokens > 300
    probability = answer_probability(reply.content, reply.words)
    assert probability is not None, (reply.content, reply.words)
    assert 0 < probability <= 1


def test_equal_questions_get_equal_answers_and_nothing_uncited_is_one(real_server: tuple[str, str]) -> None:
    chosen = settings(real_server)
    first, second = (judge_call(CALL, {ASKED: QUESTION}, chosen) for _ in range(2))
    assert first == second
    assert first.passing == ()
    (judgement,) = first.all()
    assert judgement.answer is None or judgement.evidence
    for evidence in judgement.evidence:
        turn = CALL.turns[evidence.turn_index]
        assert evidence.quote == turn.text[evidence.char_start : evidence.char_end]


def test_a_key_it_does_not_ask_for_and_a_time_that_is_too_short_are_no_accident(real_server: tuple[str, str]) -> None:
    judged = judge_call(CALL, {ASKED: QUESTION}, settings(real_server, timeout_s=0.01, api_key="not-needed"))
    assert [judgement.reason[:45] for judgement in judged.passing] == ["the language model did not answer in 0.01 s; "]


def test_a_call_beyond_its_context_is_refused_by_the_server_and_not_cut(real_server: tuple[str, str]) -> None:
    long = CALL.turns[1].words * 2500
    call = type(CALL)(
        call_id="long",
        language="en",
        duration_ms=1,
        turns=(type(CALL.turns[1])(index=0, channel=0, role=CALL.turns[1].role, start_ms=0, end_ms=1, words=long),),
        made_by=CALL.made_by,
        redacted=True,
    )
    judged = judge_call(call, {ASKED: QUESTION}, settings(real_server, context_chars=1_000_000))
    assert [judgement.answer for judgement in judged.passing] == [None]
    assert "HTTP 400" in judged.passing[0].reason
    assert "longer than its context" in judged.passing[0].reason
