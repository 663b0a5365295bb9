"""What every sentiment engine offers, and how one is made from the settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

from pipeline import registry
from pipeline.config import SentimentSettings
from pipeline.errors import ConfigError
from pipeline.records import MadeBy, Role

LABELS = ("negative", "neutral", "positive")


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelProbabilities:
    """How likely each label is for one text; the three sum to 1."""

    negative: float
    neutral: float
    positive: float

    @property
    def label(self) -> str:
        """The likeliest label; of equals, neutral, because a call is not flagged on a tie."""
        return max(("neutral", "negative", "positive"), key=self.of)

    def of(self, label: str) -> float:
        """Return the probability of one of `LABELS`."""
        return {"negative": self.negative, "neutral": self.neutral, "positive": self.positive}[label]


class SentimentEngine(Protocol):
    """Reads texts for sentiment. Safe to share between threads; its model is loaded once, when first needed."""

    @property
    def languages(self) -> tuple[str, ...] | None:
        """Codes of the languages that it reads; None where it is for its owner to know."""
        ...

    @property
    def made_by(self) -> MadeBy:
        """What will have made the readings; known without loading the model, the same on every machine."""
        ...

    def prepare(self) -> None:
        """Load now what the first use would load; where that fails, the first use says so again.

        Raises:
            ModelError: The model is missing, not the one it should be, or has labels that mean no sentiment.
        """
        ...

    def read(self, texts: Sequence[str], roles: Sequence[Role] | None = None) -> list[LabelProbabilities]:
        """Return one reading per text, in order.

        Args:
            texts: What was said.
            roles: Who said each; None where it is not known. An engine may read an agent's routine otherwise.

        Raises:
            ModelError: The model is missing, not the one it should be, or has labels that mean no sentiment.
            EngineError: The model failed on these texts.
        """
        ...


def create_sentiment_engine(settings: SentimentSettings, models_dir: Path) -> SentimentEngine:
    """Return the engine that the settings name; nothing is loaded yet.

    Args:
        settings: ``engine`` is a name registered in `pipeline.builtin`, or ``transformers:`` and a model's name or
            folder, which is the same as naming it in ``model``.
        models_dir: Where trained heads are kept.

    Raises:
        UnknownNameError: No engine of that name.
        ConfigError: The engine needs a setting that is missing, or two models are named.
    """
    name, colon, model = settings.engine.partition(":")
    make = registry.load("sentiment engine", name)
    if colon:
        if name != "transformers" or not model:
            raise ConfigError(
                f"sentiment.engine {settings.engine}: only transformers takes a model after the colon, and needs its "
                "name or folder there"
            )
        if settings.model not in (None, model):
            raise ConfigError(
                f"sentiment.engine names the model {model}, sentiment.model {settings.model}: leave one out"
            )
        settings = settings.model_copy(update={"engine": name, "model": model})
    return cast(SentimentEngine, make(settings, models_dir))
