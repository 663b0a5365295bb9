"""A hash of all that decides a language model's answers."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.canonical import fingerprint, to_data
from pipeline.config import JudgeSettings
from pipeline.judge.prompt import RECIPE
from pipeline.records import LlmTest

DECIDING = ("model", "structured", "max_tokens", "context_chars", "temperature", "seed", "logprobs")
"""Where the server stands, its key, waits and retries decide whether there is an answer, not which."""


def judge_fingerprint(settings: JudgeSettings, questions: Mapping[str, LlmTest]) -> str:
    """Return ``judge-1:sha256`` over the model, how it is asked, and the questions; their order does not matter.

    Args:
        settings: Of the language model.
        questions: By the fingerprint under which their answers are known.
    """
    asked = {name: to_data(question) for name, question in questions.items()}
    return fingerprint(RECIPE, {"settings": deciding(settings), "questions": asked})


def settings_fingerprint(settings: JudgeSettings) -> str:
    """Return the same of the model and how it is asked, whatever the question."""
    return fingerprint(RECIPE, {"settings": deciding(settings)})


def deciding(settings: JudgeSettings) -> dict[str, object]:
    """Return the settings that decide an answer."""
    return settings.model_dump(mode="json", include=set(DECIDING))
