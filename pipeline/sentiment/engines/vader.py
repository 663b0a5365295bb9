"""VADER: a word list with rules, for a machine that cannot load a model. On service turns it reads half as well."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipeline.config import SentimentSettings
from pipeline.records import MadeBy, Role
from pipeline.sentiment.engine import LabelProbabilities

NEUTRAL_BELOW = 0.05  # of the compound score's size, as its authors advise


class VaderSentimentEngine:
    """Reads with VADER's compound score; ``made_by`` says that it is a fallback."""

    languages = ("en",)

    def __init__(self, settings: SentimentSettings, models_dir: Path) -> None:
        """Nothing is loaded yet; neither argument makes a difference."""
        self._lock = threading.Lock()
        self._compound: Callable[[str], float] | None = None

    @property
    def made_by(self) -> MadeBy:
        """The package's version, which holds the word list."""
        return MadeBy(engine="vader (fallback)", version=version("vaderSentiment"))

    def prepare(self) -> None:
        """See `pipeline.sentiment.engine.SentimentEngine`."""
        self._load()

    def read(self, texts: Sequence[str], roles: Sequence[Role] | None = None) -> list[LabelProbabilities]:
        """Return one reading per text, in order; who speaks makes no difference to a word list."""
        compound = self._load()
        return [probabilities(compound(text)) for text in texts]

    def _load(self) -> Callable[[str], float]:
        with self._lock:
            if self._compound is None:
                from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer  # noqa: PLC0415 - if chosen

                analyzer: Any = SentimentIntensityAnalyzer()
                self._compound = lambda text: float(analyzer.polarity_scores(text)["compound"])
            return self._compound


def probabilities(compound: float) -> LabelProbabilities:
    """Return label probabilities for a compound score -1..+1.

    A score is no probability: these are made so that the likeliest label is the one that VADER's authors read (negative
    from -0.05 down, positive from +0.05 up), and surer the larger the score. They are not calibrated.
    """
    size = abs(compound)
    if size < NEUTRAL_BELOW:
        return LabelProbabilities(negative=size, neutral=1 - 2 * size, positive=size)
    mood, other = (1 + size) / 2, (1 - size) / 2
    if compound < 0:
        return LabelProbabilities(negative=mood, neutral=other, positive=0.0)
    return LabelProbabilities(negative=0.0, neutral=other, positive=mood)
