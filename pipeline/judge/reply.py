"""Read what an OpenAI-compatible server sends: a chat completion, or the list of its models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.judge.failure import Failure


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What a model wrote.

    Attributes:
        content: Its words.
        complete: False where it was cut off at `judge.max_tokens`.
        words: (bytes of a token, logarithm of its probability), as it told: a token may be a part of a character. None
            where the server tells none.
        prompt_tokens: So many tokens the server says it read; None where it does not say.
    """

    content: str
    complete: bool
    words: tuple[tuple[bytes, float], ...] | None
    prompt_tokens: int | None


class _Lenient(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)


class _Word(_Lenient):
    token: str
    logprob: float
    bytes: list[Annotated[int, Field(ge=0, le=255)]] | None = None


class _Words(_Lenient):
    content: list[_Word] | None = None


class _Message(_Lenient):
    content: str | None = None


class _Chosen(_Lenient):
    message: _Message
    finish_reason: str | None = None
    logprobs: Any = None


class _Completion(_Lenient):
    choices: list[_Chosen] = Field(min_length=1)
    usage: Any = None


class _Model(_Lenient):
    id: str


class _Models(_Lenient):
    data: list[_Model]


def read_reply(received: bytes) -> Reply | Failure:
    """Read a chat completion; what is none is a fault of the server that may pass."""
    try:
        completion = _Completion.model_validate_json(received)
    except ValidationError:
        return Failure(
            reason="the language model's server sent no answer of the kind that OpenAI-compatible servers send; "
            "see what runs at judge.url",
            passing=True,
        )
    chosen = completion.choices[0]
    usage = completion.usage if isinstance(completion.usage, dict) else {}
    tokens = usage.get("prompt_tokens")
    return Reply(
        content=chosen.message.content or "",
        complete=chosen.finish_reason != "length",
        words=_words(chosen.logprobs),
        prompt_tokens=tokens if isinstance(tokens, int) and tokens > 0 else None,
    )


def _words(logprobs: Any) -> tuple[tuple[bytes, float], ...] | None:
    """Return the tokens with their probabilities; what is not as it should be counts as not told."""
    try:
        words = _Words.model_validate(logprobs).content
    except ValidationError:
        return None
    if not words:
        return None
    return tuple((_bytes(word), word.logprob) for word in words)


def _bytes(word: _Word) -> bytes:
    return word.token.encode("utf-8", "surrogatepass") if word.bytes is None else bytes(word.bytes)


def read_models(received: bytes) -> tuple[str, ...] | Failure:
    """Read the names of a server's models."""
    try:
        return tuple(model.id for model in _Models.model_validate_json(received).data)
    except ValidationError:
        reason = "what runs at judge.url lists no models as OpenAI-compatible servers do"
        return Failure(reason=reason, passing=True)
