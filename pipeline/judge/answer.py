"""Read a language model's answer: JSON of one form, or none at all."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr, ValidationError

from pipeline.judge.failure import Failure
from pipeline.judge.labels import read_label
from pipeline.records import AnswerForm

LONGEST_REASON = 300
_THOUGHTS = re.compile(r"\A.*</think(?:ing)?>", re.DOTALL)
_ANSWER = re.compile(r'"answer"\s*:\s*')
_UNREADABLE = Failure(
    reason="the language model did not answer in the form that was asked for; try another judge.structured or model"
)


class _Citation(BaseModel):
    turn: int
    quote: str


class _Answer(BaseModel):
    """The form of an answer; what else a model adds is left alone."""

    model_config = ConfigDict(hide_input_in_errors=True)

    citations: list[_Citation] = Field(max_length=100)
    reason: str
    answer: StrictBool | StrictInt | StrictFloat | StrictStr


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """An answer as the model gives it, before its citations are checked.

    Attributes:
        label: In the words of the question's form, or ``not_applicable``.
        cited: (turn index, quote).
    """

    label: str
    reason: str
    cited: tuple[tuple[int, str], ...]


def read_answer(content: str, form: AnswerForm) -> Given | Failure:
    """Read what a model wrote.

    What it thinks before (``<think>``), code fences and words around the one JSON object are passed over.

    Args:
        content: All that it wrote.
        form: How the question can be answered.
    """
    try:
        answer = _Answer.model_validate(_only_object(content))
    except (ValidationError, ValueError, RecursionError):  # a ValidationError would repeat words of the call
        return _UNREADABLE
    label = read_label(answer.answer, form)
    if label is None:
        return Failure(reason="the language model gave an answer that the question does not have")
    cited = tuple((citation.turn, citation.quote) for citation in answer.citations)
    return Given(label=label, reason=_sentence(answer.reason), cited=cited)


def answer_probability(content: str, words: Sequence[tuple[bytes, float]] | None) -> float | None:
    """Return how probable the answer's words were, 0..1: the product over the tokens that hold its value.

    Args:
        content: All that the model wrote.
        words: (bytes of a token, natural logarithm of its probability) in order; None where the server tells none.

    Returns:
        None where there are no probabilities, or their tokens are not what was written.
    """
    written = b"".join(token for token, _ in words or ()).decode("utf-8", "replace")
    begin = written.rfind(content.strip())  # servers leave out thoughts and code fences, but tell their tokens
    found = list(_ANSWER.finditer(written, max(begin, 0), begin + len(content.strip())))
    if not words or begin < 0 or not found:
        return None
    start = found[-1].end()
    try:
        value, end = json.JSONDecoder().raw_decode(written, start)
    except (ValueError, RecursionError):
        return None
    if isinstance(value, str):  # its quotation marks are part of the form, not of the answer
        start, end = start + 1, end - 1
    first, last = (len(written[:place].encode()) for place in (start, end))
    total, at = 0.0, 0
    for token, logprob in words:
        if at < last and at + len(token) > first:
            total += logprob
        at += len(token)
    return round(min(1.0, math.exp(total)), 6) if math.isfinite(total) else None


def _only_object(content: str) -> Any:
    text = _THOUGHTS.sub("", content)
    begin = text.index("{")
    decoder = json.JSONDecoder(object_pairs_hook=_no_key_twice, parse_constant=_no_constant)
    data, end = decoder.raw_decode(text, begin)
    if "{" in text[end:]:
        raise ValueError("more than one object")
    return data


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError("two answers in one")
    return dict(pairs)


def _no_constant(name: str) -> float:
    raise ValueError("no number")


def _sentence(reason: str) -> str:
    """Return the model's reason on one line, of a length that can be shown, without what steers a terminal."""
    line = " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]", " ", reason).split())
    if not line:
        return "the language model gives no reason"
    return line if len(line) <= LONGEST_REASON else line[: LONGEST_REASON - 1].rstrip() + "…"
