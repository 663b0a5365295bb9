"""The default engine: a frozen sentence encoder and heads trained from the project's own sentences."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.config import SentimentSettings
from pipeline.encoder import Encoder, load_encoder
from pipeline.errors import ModelError
from pipeline.records import MadeBy, Role
from pipeline.sentiment.engine import LabelProbabilities
from pipeline.sentiment.head import (
    RECIPE_VERSION,
    Heads,
    head_for,
    head_key,
    head_path,
    load_heads,
    save_heads,
    train_heads,
)
from pipeline.sentiment.sentences import SENTENCES, joined, read_sentences, sentences_sha256


class MiniLMSentimentEngine:
    """Reads with all-MiniLM-L6-v2 and logistic heads; they are trained at first use and kept in ``models_dir``."""

    languages = ("en",)  # the encoder's and the sentences'

    def __init__(self, settings: SentimentSettings, models_dir: Path, sentences: Path = SENTENCES) -> None:
        """Read the sentences (a few milliseconds); neither encoder nor heads are loaded yet.

        Raises:
            AuthoredFileError: The sentences' file has problems.
        """
        self._sentences = read_sentences(sentences)
        self._key = head_key(sentences_sha256(self._sentences))
        self._heads_file = head_path(models_dir, self._key)
        self._lock = threading.Lock()
        self._loaded: tuple[Encoder, Heads] | None = None

    @property
    def made_by(self) -> MadeBy:
        """Encoder, sentences and recipe by hash."""
        return MadeBy(engine="minilm", version=RECIPE_VERSION, model_sha256=self._key)

    def prepare(self) -> None:
        """See `pipeline.sentiment.engine.SentimentEngine`."""
        with self._lock:
            self._load()

    def read(self, texts: Sequence[str], roles: Sequence[Role] | None = None) -> list[LabelProbabilities]:
        """Return one reading per text, in order; without roles every text is read as a customer's."""
        if not texts:
            return []
        parties = [head_for(role) for role in roles or [Role.CUSTOMER] * len(texts)]
        with self._lock:  # loads once; the calls of a run hardly ever read at the same moment
            encoder, heads = self._load()
            features = encoder([plain(text) for text in texts])
        return read_features(features, parties, heads)

    def _load(self) -> tuple[Encoder, Heads]:
        if self._loaded is None:
            encoder = load_encoder(eight_bits=True)
            heads = load_heads(self._heads_file)
            if heads is None:
                learnt = (*self._sentences, *joined(self._sentences))
                heads = train_heads(encoder([plain(sentence.text) for sentence in learnt]), learnt)
                with contextlib.suppress(ModelError):  # where nothing can be kept, each process trains its own
                    save_heads(heads, self._heads_file)
            self._loaded = encoder, heads
        return self._loaded


def read_features(features: NDArray[np.float32], parties: Sequence[Role], heads: Heads) -> list[LabelProbabilities]:
    """Return what heads read in features [texts, features], each by the head of its party."""
    found = {role: heads[role].probabilities(features) for role in set(parties)}
    return [
        LabelProbabilities(negative=float(negative), neutral=float(neutral), positive=float(positive))
        for negative, neutral, positive in (found[role][i] for i, role in enumerate(parties))
    ]


def plain(text: str) -> str:
    """Return a text as a recogniser without punctuation would write it, so that punctuation decides nothing."""
    return " ".join(re.sub(r"[^\w\s'?]", " ", text.replace("’", "'").lower()).split())
