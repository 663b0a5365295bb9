"""Ask a language model about one call: every question gets an answer that cites what was said, or a reason why not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

from pipeline.config import JudgeSettings
from pipeline.judge import client, prompt
from pipeline.judge.answer import answer_probability, read_answer
from pipeline.judge.cite import check_citations
from pipeline.judge.failure import Failure
from pipeline.judge.fingerprints import settings_fingerprint
from pipeline.judge.labels import NOT_APPLICABLE
from pipeline.judge.reply import Reply
from pipeline.records import CallJudgements, Judgement, LlmTest, MadeBy, Transcript

Result = TypeVar("Result")

MOST_CHARS_PER_TOKEN = 8
"""English is at 4 to 5 characters a token; a server that counts fewer tokens did not read all that it was sent."""

_FROM_CHARS = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgedCall:
    """What became of the questions of one call.

    Attributes:
        judgements: What can be kept: answers, and questions on which this model, asked like this, gives none.
        passing: Questions that have no answer because the server failed. Ask them again; keep nothing of them.
    """

    judgements: CallJudgements
    passing: tuple[Judgement, ...] = ()

    def all(self) -> tuple[Judgement, ...]:
        """Return every judgement, those without answer for a passing reason too, to score with now."""
        return (*self.judgements.judgements, *self.passing)


def judge_call(transcript: Transcript, questions: Mapping[str, LlmTest], settings: JudgeSettings) -> JudgedCall:
    """Ask a language model questions about a call. Nothing that a server does raises an error.

    Args:
        transcript: Masked. Numbers, roles and words of its turns are sent; nothing else about the call is.
        questions: By the fingerprint under which their answers are to be known.
        settings: Server and model; an address must be set.

    Raises:
        ValueError: The transcript is not masked, or no address is set: a fault of the program.
    """
    if not transcript.redacted:
        raise ValueError("a transcript that is not masked is never sent")
    if settings.url is None:
        raise ValueError("no language model is set up")
    outcomes = run(lambda: _ask_all(transcript, questions, settings))
    kept = tuple(judgement for judgement, passing in outcomes if not passing)
    digest = settings_fingerprint(settings).rpartition(":")[2]
    made_by = MadeBy(engine=f"llm:{settings.model}", version=prompt.RECIPE, settings_sha256=digest)
    return JudgedCall(
        judgements=CallJudgements(judgements=kept, made_by=made_by),
        passing=tuple(judgement for judgement, passing in outcomes if passing),
    )


def list_models(settings: JudgeSettings) -> tuple[str, ...] | Failure:
    """Return the names of the models that the server has, or why they are not known."""
    if settings.url is None:
        raise ValueError("no language model is set up")
    return run(lambda: _models(settings))


async def _models(settings: JudgeSettings) -> tuple[str, ...] | Failure:
    async with client.connect(settings) as connection:
        return await client.models(connection, settings)


def run(work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """Return what asynchronous work gives, from within a running event loop too (in a thread of its own)."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work())
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(lambda: asyncio.run(work())).result()


async def _ask_all(
    transcript: Transcript, questions: Mapping[str, LlmTest], settings: JudgeSettings
) -> list[tuple[Judgement, bool]]:
    """Return each judgement with whether its reason passes; after a fault that ends the call nothing more is asked."""
    outcomes: list[tuple[Judgement, bool]] = []
    down: Failure | None = None
    async with client.connect(settings) as connection:
        for name, question in questions.items():
            outcome = down or await _ask(connection, transcript, name, question, settings)
            if isinstance(outcome, Failure):
                down = outcome if outcome.ends_call else None
                outcomes.append((Judgement(question=name, answer=None, reason=outcome.reason), outcome.passing))
            else:
                outcomes.append((outcome, False))
    return outcomes


async def _ask(
    connection: httpx.AsyncClient, transcript: Transcript, name: str, question: LlmTest, settings: JudgeSettings
) -> Judgement | Failure:
    if not transcript.turns:
        return Failure(reason="nothing was said that a language model could judge")
    length = len(prompt.fenced(transcript))
    if length > settings.context_chars:
        return Failure(
            reason=f"the call is too long for the language model: {length} characters, and judge.context_chars is "
            f"{settings.context_chars}; a call is never cut"
        )
    messages = prompt.messages(transcript, question)
    reply = await client.ask(connection, settings, messages, prompt.answer_schema(question.answers))
    if isinstance(reply, Failure):
        return reply
    return _not_wholly_read(reply, messages) or _judgement(transcript, name, question, reply, settings)


def _not_wholly_read(reply: Reply, messages: list[dict[str, str]]) -> Failure | None:
    """Tell where a server read less than it was sent: some leave out the beginning of what is too long, silently."""
    sent = sum(len(message["content"]) for message in messages)
    if reply.prompt_tokens is None or sent < _FROM_CHARS or sent <= reply.prompt_tokens * MOST_CHARS_PER_TOKEN:
        return None
    return Failure(
        reason=f"the language model's server read only {reply.prompt_tokens} tokens of {sent} characters; raise its "
        "context length",
        passing=True,
    )


def _judgement(
    transcript: Transcript, name: str, question: LlmTest, reply: Reply, settings: JudgeSettings
) -> Judgement | Failure:
    if not reply.complete:
        return Failure(
            reason=f"the language model's answer was cut off after {settings.max_tokens} tokens; raise judge.max_tokens"
        )
    given = read_answer(reply.content, question.answers)
    if isinstance(given, Failure):
        return given
    evidence = check_citations(transcript, given.cited)
    confidence = answer_probability(reply.content, reply.words)
    if given.label == NOT_APPLICABLE:
        return Judgement(
            question=name,
            answer=None,
            applicable=False,
            reason=given.reason,
            evidence=evidence,
            confidence=confidence,
        )
    if not evidence:
        return Failure(reason="the language model cited nothing that stands in the call")
    return Judgement(question=name, answer=given.label, reason=given.reason, evidence=evidence, confidence=confidence)
