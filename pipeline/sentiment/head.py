"""The small classifier on top of the encoder: trained from the committed sentences, kept as a file, read as numbers."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.canonical import fingerprint
from pipeline.errors import ModelError
from pipeline.sentiment.encoder import FEATURES, FILES
from pipeline.sentiment.engine import LABELS

RECIPE_VERSION = "1"  # of everything below that decides what is learnt: a change gives other readings, hence a new key
INVERSE_REGULARISATION = 0.3
MAX_ITERATIONS = 2000


@dataclass(frozen=True, kw_only=True, slots=True)
class Head:
    """A multinomial logistic regression: ``weights`` [3, features] and ``bias`` [3], in the order of `LABELS`."""

    weights: NDArray[np.float64]
    bias: NDArray[np.float64]

    def probabilities(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return [texts, 3] label probabilities for features [texts, features]; each row sums to 1."""
        logits = features.astype(np.float64) @ self.weights.T + self.bias
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares: NDArray[np.float64] = odds / odds.sum(axis=1, keepdims=True)
        return shares


def head_key(sentences_sha256: str) -> str:
    """Return what identifies a head on every machine: encoder, sentences and recipe, not the numbers that came out."""
    made_from = {"encoder": sorted(FILES.items()), "sentences": sentences_sha256, "recipe": RECIPE_VERSION}
    return fingerprint("sentiment-head-1", made_from)


def head_path(models_dir: Path, key: str) -> Path:
    """Return where a head of that key is kept."""
    return models_dir / "sentiment" / f"{key.rpartition(':')[2][:32]}.npz"


def train_head(features: NDArray[np.float32], labels: Sequence[str]) -> Head:
    """Fit a head to features [texts, features] and their labels (about 1 s for 1,000 sentences); deterministic.

    Classes weigh the same whatever their number of sentences: calls are mostly neutral, the sentences are not.

    Raises:
        ModelError: A label is missing, or the fit did not converge.
    """
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - only training pays for loading it

    missing = sorted(set(LABELS) - set(labels))
    if missing:
        raise ModelError(f"no sentence is {' and none is '.join(missing)}; a head needs all of {', '.join(LABELS)}")
    model = LogisticRegression(
        C=INVERSE_REGULARISATION, class_weight="balanced", solver="lbfgs", max_iter=MAX_ITERATIONS, tol=1e-6
    )
    model.fit(features.astype(np.float64), np.asarray(labels))
    if int(model.n_iter_[0]) >= MAX_ITERATIONS:
        raise ModelError(f"the sentiment head did not converge in {MAX_ITERATIONS} iterations")
    order = [list(model.classes_).index(label) for label in LABELS]
    return Head(weights=model.coef_[order], bias=model.intercept_[order])


def save_head(head: Head, path: Path) -> None:
    """Keep a head in a file; a process killed meanwhile leaves no half-written one.

    Raises:
        ModelError: The folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
            try:
                np.savez(file, weights=head.weights, bias=head.bias)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
        Path(file.name).replace(path)
    except OSError as error:
        raise ModelError(
            f"{path.parent}: the sentiment head cannot be kept there ({error.strerror}); "
            "make the folder writable or set models_dir"
        ) from None


def load_head(path: Path) -> Head | None:
    """Return the head kept in a file, or None where there is none or it cannot be used (it is then trained again)."""
    try:
        with np.load(path, allow_pickle=False) as kept:
            head = Head(weights=kept["weights"], bias=kept["bias"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    fits = head.weights.shape == (len(LABELS), FEATURES) and head.bias.shape == (len(LABELS),)
    return head if fits and np.isfinite(head.weights).all() and np.isfinite(head.bias).all() else None
