"""Speak to an OpenAI-compatible server: one question at a time, with a deadline, and nothing that it does is an error.

No proxy and no key of the environment is used, and no redirect is followed: words of a call go to `judge.url` alone.
Reasons never hold what a server wrote: an error page may repeat the question, and with it the call.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

import httpx

from pipeline.config import JudgeSettings
from pipeline.judge.failure import Failure
from pipeline.judge.reply import Reply, read_models, read_reply

MOST_BYTES = 4_000_000
"""An answer of thousands of tokens with their probabilities is below; more is no answer."""

LONGEST_WAIT_S = 60.0
_ASK_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


def connect(settings: JudgeSettings) -> httpx.AsyncClient:
    """Return a client for the server of the settings; close it after use."""
    assert settings.url is not None
    headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "earmark"}
    if settings.api_key is not None:
        headers["Authorization"] = f"Bearer {settings.api_key.get_secret_value()}"
    # the deadline is over all of a request: httpx's own would begin again with every byte that drips in
    return httpx.AsyncClient(
        base_url=settings.url.rstrip("/") + "/",
        headers=headers,
        timeout=None,  # noqa: S113
        trust_env=False,
        follow_redirects=False,
    )


async def ask(
    client: httpx.AsyncClient, settings: JudgeSettings, messages: list[dict[str, str]], schema: dict[str, Any]
) -> Reply | Failure:
    """Ask one question; after a passing fault again, up to `judge.max_retries` times.

    Args:
        client: From `connect`.
        settings: Model, deadline, retries and how the answer's form is asked for.
        messages: The prompt.
        schema: JSON Schema of the answer.
    """
    body: dict[str, Any] = {
        "model": settings.model,
        "messages": messages,
        "max_tokens": settings.max_tokens,
        "temperature": settings.temperature,
        "seed": settings.seed,
        "stream": False,
    }
    if settings.structured == "json_schema":
        named = {"name": "answer", "strict": True, "schema": schema}
        body["response_format"] = {"type": "json_schema", "json_schema": named}
    elif settings.structured == "json_object":
        body["response_format"] = {"type": "json_object", "schema": schema}  # llama.cpp reads it, others pass it over
    if settings.logprobs:
        body |= {"logprobs": True, "top_logprobs": 1}  # untold, llama.cpp sends twenty for every token: megabytes
    received = await _send(client, settings, "POST", "chat/completions", body)
    return received if isinstance(received, Failure) else read_reply(received)


async def models(client: httpx.AsyncClient, settings: JudgeSettings) -> tuple[str, ...] | Failure:
    """Return the names of the models that a server has."""
    received = await _send(client, settings, "GET", "models", None)
    return received if isinstance(received, Failure) else read_models(received)


async def _send(
    client: httpx.AsyncClient, settings: JudgeSettings, method: str, path: str, body: dict[str, Any] | None
) -> bytes | Failure:
    wait_s = settings.retry_delay_s
    for attempts_left in range(settings.max_retries, -1, -1):
        try:
            async with asyncio.timeout(settings.timeout_s):
                status, content, retry_after_s = await _request(client, method, path, body)
        except TimeoutError:  # not asked again: a server that is too slow is not helped by a second question
            return Failure(
                reason=f"the language model did not answer in {settings.timeout_s:g} s; see that its server keeps up, "
                "or raise judge.timeout_s",
                passing=True,
                ends_call=True,
            )
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ssl.SSLError, UnicodeError) as error:
            failure, retry_after_s = _unreachable(settings, error), None
        else:
            if status == httpx.codes.OK:
                return _too_long() if content is None else content
            failure = _refused(status)
            if status not in _ASK_AGAIN:
                return failure
        if attempts_left:
            await asyncio.sleep(min(LONGEST_WAIT_S, max(wait_s, retry_after_s or 0)))
            wait_s *= 2
    return failure


async def _request(
    client: httpx.AsyncClient, method: str, path: str, body: dict[str, Any] | None
) -> tuple[int, bytes | None, float | None]:
    """Return status, content (None where it is too long) and the wait that the server asks for."""
    async with client.stream(method, path, json=body) as response:
        received = bytearray()
        if response.status_code == httpx.codes.OK:
            async for chunk in response.aiter_bytes():
                received += chunk
                if len(received) > MOST_BYTES:
                    return response.status_code, None, None
        asked = response.headers.get("retry-after", "")
        return response.status_code, bytes(received), float(asked) if asked.isdecimal() and len(asked) < 6 else None


def _unreachable(settings: JudgeSettings, error: Exception) -> Failure:
    """Tell by the kind of an error what failed: its own words may hold the request."""
    what = "cannot be reached" if isinstance(error, httpx.ConnectError) else "broke off the connection"
    return Failure(
        reason=f"the language model's server {what} ({type(error).__name__}); see that it runs at {settings.url}",
        passing=True,
        ends_call=True,
    )


def _refused(status: int) -> Failure:
    todo = {
        400: "the call may be longer than its context, or it may not know judge.structured or judge.logprobs: its own "
        "log tells",
        401: "set the key that it wants: judge.api_key",
        403: "set the key that it wants: judge.api_key",
        404: "see judge.url, which mostly ends in /v1, and judge.model",
        413: "the call is longer than it takes",
        422: "it may not know judge.structured or judge.logprobs: its own log tells",
        429: "it has too much to do; ask again later",
        500: "its own log tells why; some servers fail so on judge.structured or judge.logprobs",
    }.get(status)
    if todo is None and 300 <= status < 400:
        todo = "it points to another address, which is not followed; see judge.url"
    return Failure(
        reason=f"the language model's server refused the question (HTTP {status}); {todo or 'its own log tells why'}",
        passing=True,
        ends_call=status in {401, 403, 404} or 300 <= status < 400,
    )


def _too_long() -> Failure:
    return Failure(reason="the language model's server sent far more than an answer; see what runs there", passing=True)
