"""Any sequence-classification model with labels that tell sentiment, by name or folder."""

from __future__ import annotations

import importlib
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.canonical import fingerprint
from pipeline.config import SentimentSettings
from pipeline.errors import ConfigError, EngineError, ModelError
from pipeline.importing import importing
from pipeline.records import MadeBy, Role
from pipeline.sentiment.engine import LABELS, LabelProbabilities
from pipeline.weights import sha256_of

BATCH = 16
MAX_TOKENS = 256
_WEIGHT_FILES = ("*.safetensors", "*.bin")
_STARS = {1: "negative", 2: "negative", 3: "neutral", 4: "positive", 5: "positive"}

Classifier = Callable[[Sequence[str]], NDArray[np.float64]]


class TransformersSentimentEngine:
    """Reads with the model that ``sentiment.model`` names."""

    languages = None  # the model's owner knows them

    def __init__(self, settings: SentimentSettings, models_dir: Path) -> None:
        """Keep the name; nothing is loaded yet.

        Raises:
            ConfigError: No model is named.
        """
        if not settings.model:
            raise ConfigError(
                "sentiment.engine transformers needs sentiment.model: the name or folder of a "
                "sequence-classification model"
            )
        self._model = settings.model
        self._models_dir = models_dir
        self._lock = threading.Lock()
        self._loaded: tuple[Classifier, tuple[str, ...]] | None = None
        self._made_by: MadeBy | None = None

    @property
    def made_by(self) -> MadeBy:
        """The library's version and, for a folder, the hash of the weights in it; for a name, the name."""
        if self._made_by is None:
            folder = Path(self._model)
            self._made_by = MadeBy(
                engine="transformers",
                version=version("transformers"),
                model_sha256=_folder_sha256(folder) if folder.is_dir() else None,
                settings_sha256=None if folder.is_dir() else fingerprint("sentiment-model-1", self._model),
            )
        return self._made_by

    def prepare(self) -> None:
        """See `pipeline.sentiment.engine.SentimentEngine`."""
        with self._lock:
            self._load()

    def read(self, texts: Sequence[str], roles: Sequence[Role] | None = None) -> list[LabelProbabilities]:
        """Return one reading per text, in order; who speaks makes no difference to such a model."""
        if not texts:
            return []
        with self._lock:
            classify, labels = self._load()
            found = classify(texts)
        if not np.isfinite(found).all():
            raise EngineError(f"{self._model}: the model gave no numbers for a text; its weights may be damaged")
        return [_summed(row, labels) for row in found]

    def _load(self) -> tuple[Classifier, tuple[str, ...]]:
        if self._loaded is None:
            with _silent_transformers():
                self._loaded = _load(self._model, self._models_dir)
        return self._loaded


def sentiment_labels(id2label: Mapping[int, str]) -> tuple[str, ...]:
    """Return which of `LABELS` each output of a model means, in the order of its outputs.

    Understood are negative, neutral, positive (also neg, neu, pos, and "very negative"), ``LABEL_0`` to ``LABEL_2``
    (in that order; of two outputs, negative and positive) and one to five stars (1 and 2 negative, 3 neutral).

    Raises:
        ModelError: The names mean none of these, or there is no negative or no positive among them.
    """
    names = [str(id2label[i]) for i in sorted(id2label)]
    numbered = {2: ("negative", "positive"), 3: LABELS}.get(len(names))
    if numbered and [name.upper() for name in names] == [f"LABEL_{i}" for i in range(len(names))]:
        return numbered
    found = tuple(_meaning(name) for name in names)
    if None in found or not {"negative", "positive"} <= set(found):
        raise ModelError(
            f"the sentiment model's labels are {', '.join(names)}; understood are negative, neutral, positive, "
            "LABEL_0 to LABEL_2 and 1 to 5 stars. Choose another model in sentiment.model"
        )
    return tuple(label for label in found if label is not None)


def _meaning(name: str) -> str | None:
    lowered = name.strip().lower()
    stars = re.fullmatch(r"([1-5])\s*stars?|stars?[\s_]*([1-5])", lowered)
    if stars:
        return _STARS[int(stars.group(1) or stars.group(2))]
    return next(
        (label for label in LABELS if re.fullmatch(rf"(?:very[\s_])?{label[:3]}(?:{label[3:]})?", lowered)), None
    )


def _summed(row: NDArray[np.float64], labels: Sequence[str]) -> LabelProbabilities:
    shares = {label: float(sum(p for p, mine in zip(row, labels, strict=True) if mine == label)) for label in LABELS}
    return LabelProbabilities(**shares)


def _folder_sha256(folder: Path) -> str:
    files = sorted(file for pattern in _WEIGHT_FILES for file in folder.glob(pattern))
    if not files:
        raise ModelError(f"{folder}: holds no model weights ({' or '.join(_WEIGHT_FILES)})")
    return fingerprint("model-files-1", [[file.name, sha256_of(file)] for file in files])


def _load(name: str, models_dir: Path) -> tuple[Classifier, tuple[str, ...]]:
    with importing:
        import torch  # noqa: PLC0415 - only reading sentiment pays for loading these
        from transformers import AutoModelForSequenceClassification, AutoTokenizer  # noqa: PLC0415

    is_folder = Path(name).is_dir()
    try:
        place = {"local_files_only": is_folder, "cache_dir": None if is_folder else str(models_dir / "hub")}
        with importing:  # each imports what its model needs
            tokenizer = AutoTokenizer.from_pretrained(name, **place)
            model = AutoModelForSequenceClassification.from_pretrained(name, **place)
    except (OSError, ValueError) as error:
        raise ModelError(
            f"sentiment.model {name}: cannot be loaded ({type(error).__name__}); name a folder that holds "
            "config.json, weights and tokenizer, or a model of a hub that this machine reaches"
        ) from None
    labels = sentiment_labels(model.config.id2label)
    model.train(False)

    def classify(texts: Sequence[str]) -> NDArray[np.float64]:
        rows = []
        for start in range(0, len(texts), BATCH):
            batch = tokenizer(
                list(texts[start : start + BATCH]),
                padding=True,
                truncation=True,
                max_length=MAX_TOKENS,
                return_tensors="pt",
            )
            with torch.inference_mode():
                rows.append(torch.softmax(model(**batch).logits.double(), dim=1).numpy())
        return np.concatenate(rows)

    return classify, labels


@contextmanager
def _silent_transformers() -> Iterator[None]:
    """Keep the library's progress bars and notices off the terminal while a model loads; its settings come back."""
    with importing:
        logging: Any = importlib.import_module("transformers.utils.logging")
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
