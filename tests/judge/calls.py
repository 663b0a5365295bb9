"""A call and questions about it, for the tests of the language model."""

from __future__ import annotations

from typing import Any

from pipeline.config import JudgeSettings
from pipeline.judge.judge import JudgedCall, judge_call
from pipeline.records import Judgement, LlmTest, Transcript
from tests import factories
from tests.judge.endpoint import MODEL, Endpoint

SORRY = "I'm so sorry about that, Mrs. [person_name]."
CALL = factories.transcript(
    ("agent", "Good morning, this is Harbour Bank."),
    ("customer", "You charged me twice and nobody calls me back!"),
    ("agent", SORRY),
    ("customer", "Okay."),
    redacted=True,
)
QUESTION = LlmTest(question="Did the agent say sorry?")
ASKED = "question-1:sorry"
GOOD = (2, "I'm so sorry about that")


def settings(endpoint: Endpoint, **changes: Any) -> JudgeSettings:
    """Settings that ask the endpoint, quickly."""
    given: dict[str, Any] = {"url": endpoint.url, "model": MODEL, "timeout_s": 5, "retry_delay_s": 0, "max_retries": 0}
    return JudgeSettings.model_validate({**given, **changes})


def judge(
    endpoint: Endpoint, *, call: Transcript = CALL, question: LlmTest = QUESTION, **changes: Any
) -> tuple[Judgement, JudgedCall]:
    """The judgement of one question, and all that came of it."""
    judged = judge_call(call, {ASKED: question}, settings(endpoint, **changes))
    (judgement,) = judged.all()
    return judgement, judged
