"""The small classifiers on top of the encoder: trained from the committed sentences, kept as a file, read as numbers.

There are two. What an agent routinely says of trouble ("I can see the payment was declined") is neutral; from a
customer the same words are bad news. One head for both calls routine lines negative or misses complaints.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.canonical import fingerprint
from pipeline.encoder import FEATURES, FILES
from pipeline.errors import ModelError
from pipeline.importing import importing
from pipeline.records import Role
from pipeline.sentiment.engine import LABELS
from pipeline.sentiment.sentences import LabelledSentence

RECIPE_VERSION = (
    "3"  # of everything that decides what is learnt or read: a change gives other readings, hence a new key
)
MAX_ITERATIONS = 2000
TOLERANCE = 1e-3  # a tenth of it takes four times as long; cross-validation was done with this one
HEADS = (Role.AGENT, Role.CUSTOMER)


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """How one party's head is fitted.

    Chosen by cross-validation on the sentences, but for two figures of the customer's head. The sentences are pairs of
    like wording, harder than what is said in calls: they would ask for less regularisation (0.03 to 0.1), which reads
    turns of other sources worse, and for a temperature of 0.78, under which those turns are read too timidly (.90 sure,
    .93 right).

    Attributes:
        inverse_regularisation: Of the features as they come from the encoder.
        shared_weight: Of a sentence that either party may say, beside 1 for the party's own.
        joined_weight: Of a turn that was joined of two sentences.
        balanced: Whether labels weigh the same whatever their number.
        temperature: By which logits are divided, so that of readings called 80 % likely 80 % are right.
    """

    inverse_regularisation: float
    shared_weight: float
    joined_weight: float
    balanced: bool
    temperature: float


RECIPES: Mapping[Role, Recipe] = {
    Role.AGENT: Recipe(
        inverse_regularisation=0.1, shared_weight=0.03, joined_weight=0, balanced=False, temperature=0.73
    ),
    Role.CUSTOMER: Recipe(
        inverse_regularisation=0.01, shared_weight=1.0, joined_weight=1.0, balanced=False, temperature=0.68
    ),
}


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


Heads = Mapping[Role, Head]


def head_for(role: Role | None) -> Role:
    """Return whose head reads a role: anybody but an agent is read like a customer, so that no complaint is missed."""
    return Role.AGENT if role is Role.AGENT else Role.CUSTOMER


def head_key(sentences_sha256: str) -> str:
    """Return what identifies the heads on every machine: encoder, sentences, recipe; not the numbers that came out."""
    made_from = {"encoder": sorted(FILES.items()), "sentences": sentences_sha256, "recipe": RECIPE_VERSION}
    return fingerprint("sentiment-head-1", made_from)


def head_path(models_dir: Path, key: str) -> Path:
    """Return where heads of that key are kept."""
    return models_dir / "sentiment" / f"{key.rpartition(':')[2][:32]}.npz"


def train_heads(features: NDArray[np.float32], sentences: Sequence[LabelledSentence]) -> Heads:
    """Fit one head per party to features [sentences, features] (a few seconds); deterministic.

    A party's head learns from its own sentences and from those that either may say.

    Raises:
        ModelError: A party has no sentence of some label, or the fit did not converge.
    """
    return {role: train_head(features, sentences, role) for role in HEADS}


def train_head(features: NDArray[np.float32], sentences: Sequence[LabelledSentence], role: Role) -> Head:
    """Fit one party's head by its recipe, calibrated: `Head.probabilities` needs no temperature.

    Raises:
        ModelError: There is no sentence of some label, or the fit did not converge.
    """
    with importing:
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - only training pays for loading it
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # noqa: PLC0415

    chosen = [i for i, sentence in enumerate(sentences) if sentence.role in (None, role)]
    labels = [sentences[i].label for i in chosen]
    missing = sorted(set(LABELS) - set(labels))
    if missing:
        raise ModelError(
            f"no sentence of the {role}'s is {' and none is '.join(missing)}; a head needs all of {', '.join(LABELS)}"
        )
    recipe = RECIPES[role]
    weights = [_weight(sentences[i], role, recipe) for i in chosen]
    model = LogisticRegression(
        C=recipe.inverse_regularisation,
        class_weight="balanced" if recipe.balanced else None,
        max_iter=MAX_ITERATIONS,
        tol=TOLERANCE,
    )
    with threadpool_limits(limits=1):  # the same sums on every machine; no fight with recognition for the cores
        model.fit(features[chosen].astype(np.float64), np.asarray(labels), sample_weight=np.asarray(weights))
    if int(model.n_iter_[0]) >= MAX_ITERATIONS:
        raise ModelError(f"the {role}'s sentiment head did not converge in {MAX_ITERATIONS} iterations")
    order = [list(model.classes_).index(label) for label in LABELS]
    return Head(weights=model.coef_[order] / recipe.temperature, bias=model.intercept_[order] / recipe.temperature)


def _weight(sentence: LabelledSentence, role: Role, recipe: Recipe) -> float:
    if sentence.made_of:
        return recipe.joined_weight
    return 1.0 if sentence.role is role else recipe.shared_weight


def save_heads(heads: Heads, path: Path) -> None:
    """Keep heads in a file; a process killed meanwhile leaves no half-written one.

    Raises:
        ModelError: The folder cannot be written.
    """
    arrays = {f"{role}_weights": head.weights for role, head in heads.items()}
    arrays |= {f"{role}_bias": head.bias for role, head in heads.items()}
    write_whole(path, lambda part: np.savez(part, **arrays))  # type: ignore[arg-type]  # numpy's stub: any keyword


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Have a file written beside its place and put there when it is whole; of two writers at once the later wins.

    Raises:
        ModelError: The folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            part = Path(folder) / path.name
            write(part)
            part.replace(path)
    except OSError as error:
        raise ModelError(
            f"{path.parent}: the sentiment heads cannot be kept there ({error.strerror}); "
            "make the folder writable or set models_dir"
        ) from None


def load_heads(path: Path) -> Heads | None:
    """Return the heads kept in a file, or None where there is none or it cannot be used (they are trained again)."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            heads = {role: Head(weights=kept[f"{role}_weights"], bias=kept[f"{role}_bias"]) for role in HEADS}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return heads if all(_usable(head) for head in heads.values()) else None


def _usable(head: Head) -> bool:
    fits = head.weights.shape == (len(LABELS), FEATURES) and head.bias.shape == (len(LABELS),)
    return bool(fits and np.isfinite(head.weights).all() and np.isfinite(head.bias).all())
