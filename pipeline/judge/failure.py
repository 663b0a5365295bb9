"""Why a question has no answer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """No answer, with the reason in plain words: never those of the call, of the model or of a server's error page.

    Attributes:
        passing: It lies with the server or its setting up: asked again later, there may be an answer. Not to be kept.
        ends_call: Asking the other questions now would fail in the same way.
    """

    reason: str
    passing: bool = False
    ends_call: bool = False
