"""The default engine: a frozen sentence encoder and a head trained from the project's own sentences."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from pipeline.config import SentimentSettings
from pipeline.records import MadeBy
from pipeline.sentiment.encoder import Encoder, load_encoder
from pipeline.sentiment.engine import LabelProbabilities
from pipeline.sentiment.head import RECIPE_VERSION, Head, head_key, head_path, load_head, save_head, train_head
from pipeline.sentiment.sentences import SENTENCES, read_sentences, sentences_sha256


class MiniLMSentimentEngine:
    """Reads with all-MiniLM-L6-v2 and a logistic head; the head is trained at first use and kept in ``models_dir``."""

    def __init__(self, settings: SentimentSettings, models_dir: Path, sentences: Path = SENTENCES) -> None:
        """Read the sentences (a few milliseconds); neither encoder nor head is loaded yet.

        Raises:
            AuthoredFileError: The sentences' file has problems.
        """
        self._sentences = read_sentences(sentences)
        self._key = head_key(sentences_sha256(self._sentences))
        self._head_file = head_path(models_dir, self._key)
        self._lock = threading.Lock()
        self._loaded: tuple[Encoder, Head] | None = None

    @property
    def made_by(self) -> MadeBy:
        """Encoder, sentences and recipe by hash."""
        return MadeBy(engine="minilm", version=RECIPE_VERSION, model_sha256=self._key)

    def read(self, texts: Sequence[str]) -> list[LabelProbabilities]:
        """Return one reading per text, in order."""
        if not texts:
            return []
        with self._lock:  # one text batch already takes every core
            encoder, head = self._load()
            found = head.probabilities(encoder(texts))
        return [
            LabelProbabilities(negative=float(negative), neutral=float(neutral), positive=float(positive))
            for negative, neutral, positive in found
        ]

    def _load(self) -> tuple[Encoder, Head]:
        if self._loaded is None:
            encoder = load_encoder()
            head = load_head(self._head_file)
            if head is None:
                features = encoder([sentence.text for sentence in self._sentences])
                head = train_head(features, [sentence.label for sentence in self._sentences])
                save_head(head, self._head_file)
            self._loaded = encoder, head
        return self._loaded
