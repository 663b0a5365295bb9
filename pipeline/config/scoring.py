"""Settings of scores: rubrics, the judge, flags."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from pipeline.config.group import PACKAGE_ROOT, Group
from pipeline.server_address import address_problem


class ScoreSettings(Group):
    """Which rubric scores a call."""

    rubrics_dir: Path = Field(default=PACKAGE_ROOT / "rubrics", description="Folder of rubrics (YAML).")
    rubric: str | None = Field(
        default=None, description="Id or file of the rubric for every call; none lets each call's queue choose."
    )
    default_rubric: str = Field(default="general", description="Id of the rubric for queues that no rubric names.")


class JudgeSettings(Group):
    """Which language model answers questions of kind `llm`, if any, and how it is asked (docs/judge.md)."""

    url: str | None = Field(
        default=None,
        description="Address of an OpenAI-compatible server, such as http://127.0.0.1:8080/v1; none asks no model.",
    )
    model: str | None = Field(default=None, description="Name of the model there; needed with an address.")
    api_key: SecretStr | None = Field(
        default=None,
        description="Key that the server asks for; in the environment only: `EARMARK_JUDGE__API_KEY`; never shown.",
    )
    allow_remote: bool = Field(
        default=False,
        description="Allow an address that is not this machine: masked words of calls then leave it (docs/judge.md).",
    )
    structured: Literal["json_schema", "json_object", "prompt"] = Field(
        default="json_schema",
        description="How a server is told the form of an answer: by JSON Schema, as any JSON, or in the prompt alone.",
    )
    timeout_s: float = Field(default=60.0, gt=0, description="An answer that takes longer is given up.")
    max_retries: int = Field(
        default=2, ge=0, le=10, description="Times a question is asked again after a passing fault of the server."
    )
    retry_delay_s: float = Field(default=1.0, ge=0, description="Wait before the first of them; doubles each time.")
    max_tokens: int = Field(
        default=800, ge=50, description="An answer may have so many tokens; a model that thinks aloud needs more."
    )
    context_chars: int = Field(
        default=24000,
        ge=500,
        description="A transcript of more characters is not asked about; four of them are about one token.",
    )
    temperature: float = Field(default=0.0, ge=0, le=2, description="0 takes the likeliest words.")
    seed: int = Field(default=1, ge=0, description="Makes a temperature above 0 repeatable, where a server knows it.")
    logprobs: bool = Field(
        default=True,
        description="Ask for the words' probabilities, from which an answer's confidence is told; without them it is "
        "unknown.",
    )

    @field_validator("api_key")
    @classmethod
    def _fit_for_a_header(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and not re.fullmatch(r"[!-~]+", key.get_secret_value()):
            raise ValueError("a key is printable ASCII without spaces")  # which one it is must not be told
        return key

    @model_validator(mode="after")
    def _address_and_model(self) -> JudgeSettings:
        if self.url is None:
            return self
        if problem := address_problem(self.url, allow_remote=self.allow_remote):
            raise ValueError(f"url: {problem}")
        if not self.model:
            raise ValueError("model: name the model that the server at judge.url is to use")
        if self.model.endswith(("-cloud", ":cloud")) and not self.allow_remote:  # Ollama passes these on
            raise ValueError(
                "model: it runs elsewhere, and words of calls would leave; allow it with judge.allow_remote"
            )
        return self


class FlagSettings(Group):
    """What marks a call for a person."""

    below_share: float = Field(default=0.6, ge=0, le=1, description="A score under this is flagged.")
    low_confidence: float = Field(default=0.55, ge=0, le=1, description="A transcript less sure than this is flagged.")
    assessed_below_share: float = Field(
        default=0.5, ge=0, le=1, description="A call of whose points less than this could be assessed is flagged."
    )
    sentiment_drop: float = Field(
        default=0.5,
        ge=0,
        le=2,
        description="A customer whose last quarter is this much below the first is flagged (0..2).",
    )
    negative_end: float = Field(
        default=-0.3, ge=-1, le=1, description="A customer whose last quarter is below this is flagged."
    )
