"""An OpenAI-compatible server that does what real ones do on bad days. Standard library only, on loopback only."""

from __future__ import annotations

import contextlib
import json
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MODEL = "made-up-7b"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One HTTP answer.

    ``drip_s`` waits so long after every byte of the body, ``head_drip_s`` of the head; ``hang_up`` closes at once.
    """

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    drip_s: float = 0.0
    head_drip_s: float = 0.0
    wait_s: float = 0.0
    hang_up: bool = False
    promised_bytes: int | None = None


Respond = Callable[[dict[str, Any]], Answer]


def completion(content: str | None, *, finish: str = "stop", **extra: Any) -> Answer:
    """A chat completion in which the model wrote this."""
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": finish}
    choice |= {name: extra.pop(name) for name in ("logprobs",) if name in extra}
    return Answer(body=json.dumps({"object": "chat.completion", "choices": [choice], **extra}).encode())


def said(answer: Any, *cited: tuple[Any, Any], reason: str = "It was said.", **extra: Any) -> Answer:
    """A chat completion with an answer in the form that is asked for."""
    return completion(content_of(answer, *cited, reason=reason), **extra)


def content_of(answer: Any, *cited: tuple[Any, Any], reason: str = "It was said.") -> str:
    """The words of such an answer."""
    citations = [{"turn": turn, "quote": quote} for turn, quote in cited]
    return json.dumps({"citations": citations, "reason": reason, "answer": answer})


def with_logprobs(content: str, probability: float) -> dict[str, Any]:
    """Probabilities for each four characters of what was written."""
    pieces = [content[i : i + 4] for i in range(0, len(content), 4)]
    return {"content": [{"token": piece, "logprob": math.log(probability), "top_logprobs": []} for piece in pieces]}


MODELS = Answer(body=json.dumps({"object": "list", "data": [{"id": MODEL}]}).encode())


class Endpoint:
    """A running server; ``answers`` are given in turn, the last one for ever. ``requests`` holds what was asked."""

    def __init__(self, *answers: Answer | Respond, models: Answer = MODELS) -> None:
        self.answers = list(answers)
        self.models = models
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The bodies of all questions."""
        return [json.loads(body) for path, _, body in self.requests if path == "/v1/chat/completions"]

    @contextmanager
    def running(self) -> Iterator[Endpoint]:
        """Serve until the end of the block."""
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.closing.set()
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def next_answer(self, body: bytes) -> Answer:
        """What is answered now."""
        chosen = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return chosen if isinstance(chosen, Answer) else chosen(json.loads(body))

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the library's name)
                """Stay quiet."""

            def do_GET(self) -> None:
                endpoint.requests.append((self.path, dict(self.headers), b""))
                self._give(endpoint.models)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                endpoint.requests.append((self.path, dict(self.headers), body))
                self._give(endpoint.next_answer(body))

            def _give(self, answer: Answer) -> None:
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # who asked may have left
                    self._write(answer)
                self.close_connection = True

            def _write(self, answer: Answer) -> None:
                endpoint.closing.wait(answer.wait_s)
                if answer.hang_up:
                    return
                length = len(answer.body) if answer.promised_bytes is None else answer.promised_bytes
                fields = {"Content-Type": answer.content_type, "Content-Length": str(length), "Connection": "close"}
                fields |= answer.headers
                head = f"HTTP/1.1 {answer.status} X\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields.items()) + "\r\n"
                self._drip(head.encode(), answer.head_drip_s)
                self._drip(answer.body, answer.drip_s)

            def _drip(self, data: bytes, pause_s: float) -> None:
                if not pause_s:
                    self.wfile.write(data)
                    return
                for byte in data:
                    if endpoint.closing.is_set():
                        return
                    self.wfile.write(bytes([byte]))
                    time.sleep(pause_s)

        return Handler
