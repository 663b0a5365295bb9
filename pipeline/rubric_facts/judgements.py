"""The answers of a language model to a rubric's questions: each is a step of its own, asked for once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from pipeline import keys
from pipeline.canonical import fingerprint
from pipeline.config import Settings
from pipeline.errors import JudgeError
from pipeline.judge.fingerprints import judge_fingerprint
from pipeline.records import CallJudgements, Judgement, LlmTest, Rubric, Transcript
from pipeline.score.fingerprints import question_fingerprint
from pipeline.score.questions import model_questions

STEP = "judgement"
NOT_ASKED = "the language model was not asked about this call; run the call again to have it asked"

Once = Callable[[str, str, type[Any], Callable[[], Any]], Any]
"""Does a step once: its name, its key, what it gives, and how to make that."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """A question with the key under which its answer on one transcript is stored."""

    name: str
    test: LlmTest
    key: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What became of a rubric's questions on a call; ``keys`` stand for the answers, and for why there is none."""

    keys: tuple[str, ...] | None = None
    judgements: tuple[Judgement, ...] = ()


def questions_for(rubric: Rubric, *, transcript: str, settings: Settings) -> tuple[Question, ...]:
    """Return a rubric's questions to the language model, each once; none where no model is set.

    Args:
        rubric: What asks.
        transcript: Key of the transcript.
        settings: Which model is asked, and how.
    """
    if settings.judge.url is None:
        return ()
    asked = {question_fingerprint(test): test for _, test in model_questions(rubric)}
    return tuple(
        Question(
            name=name,
            test=test,
            key=keys.judgement_key(transcript=transcript, judge=judge_fingerprint(settings.judge, {name: test})),
        )
        for name, test in asked.items()
    )


def ask(questions: tuple[Question, ...], transcript: Transcript, settings: Settings, once: Once) -> Asked:
    """Return the answers, asking for those that are not stored.

    Where the server fails nothing is stored of that question, the rest of the call's questions are not asked either,
    and the next run asks again.
    """
    from pipeline.judge.judge import judge_call  # noqa: PLC0415 - its HTTP client is imported where one is asked

    failed: list[JudgeError] = []

    def make(question: Question) -> CallJudgements:
        if failed:
            raise failed[0]
        judged = judge_call(transcript, {question.name: question.test}, settings.judge)
        if judged.passing:
            failed.append(JudgeError(judged.passing[0].reason))
            raise failed[0]
        return judged.judgements

    answers: dict[str, CallJudgements] = {}
    for question in questions:
        try:
            answers[question.key] = once(STEP, question.key, CallJudgements, partial(make, question))
        except JudgeError:
            continue
    return put_together(questions, answers, otherwise=str(failed[0]) if failed else NOT_ASKED)


def put_together(
    questions: tuple[Question, ...], answers: Mapping[str, CallJudgements], *, otherwise: str = NOT_ASKED
) -> Asked:
    """Return the answers to questions from what is stored under their keys.

    Args:
        questions: From `questions_for`.
        answers: By key; others than those asked for are passed over.
        otherwise: Why there is no answer to the rest.
    """
    if not questions:
        return Asked()
    found: list[tuple[str, Judgement]] = []
    for question in questions:
        stored = answers.get(question.key)
        if stored is None:
            why = fingerprint("not-answered-1", otherwise)  # another reason is another fact, and gives another score
            found.append((why, Judgement(question=question.name, answer=None, reason=otherwise)))
        else:
            found += [(question.key, judgement) for judgement in stored.judgements]
    return Asked(keys=tuple(key for key, _ in found), judgements=tuple(judgement for _, judgement in found))
