"""The model card: what the heads were made from and how well they read, kept beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from pipeline.canonical import from_json, to_json
from pipeline.records import Role
from pipeline.sentiment.engine import LABELS, LabelProbabilities
from pipeline.sentiment.evaluate import LabelAgreement, agreement, calibration_error
from pipeline.sentiment.head import Recipe, write_whole

USE = (
    "Reads English turns of service calls and chats as negative, neutral or positive, for trends and for choosing "
    "calls to hear. No verdict on a person, no satisfaction score, no other language; words, not tone of voice."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """How well texts were read. Shares 0..1; None where there was nothing to take them from."""

    texts: int
    macro_f1: float | None
    calibration_error: float | None
    labels: tuple[LabelAgreement, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class HeadCard:
    """One party's head. ``own`` counts the sentences by label that only this party says.

    ``figures`` are cross-validated on those; ``temperature_found`` is the one that they would be calibrated best with.
    """

    role: Role
    recipe: Recipe
    own: Mapping[str, int]
    figures: Figures
    temperature_found: float


@dataclass(frozen=True, kw_only=True, slots=True)
class TestCard:
    """A file of labelled turns that nothing was learnt from."""

    __test__ = False  # its name is no invitation to pytest

    file: str
    sha256: str
    figures: Figures


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelCard:
    """Everything that decides what the heads read, by hash, and what was measured."""

    key: str
    recipe_version: str
    heads_sha256: str
    encoder: Mapping[str, str]
    sentences: int
    shared: Mapping[str, int]
    sentences_sha256: str
    made_with: Mapping[str, str]
    heads: tuple[HeadCard, ...]
    tests: tuple[TestCard, ...] = ()

    def lines(self) -> list[str]:
        """Return the card as text."""
        weights, *_ = self.encoder.values()
        rows = [
            "Sentiment heads of Earmark",
            "",
            USE,
            "",
            f"key         {self.key}",
            f"heads       sha256 {self.heads_sha256}",
            f"encoder     sha256 {weights} (all-MiniLM-L6-v2, mean-pooled layers, linear layers in eight bits)",
            f"sentences   {self.sentences}, {self.sentences_sha256}",
            f"            said by either party: {_counts(self.shared)}",
            f"recipe      {self.recipe_version}: a multinomial logistic regression per party",
            f"made with   {', '.join(f'{name} {version}' for name, version in self.made_with.items())}",
        ]
        for head in self.heads:
            recipe = head.recipe
            rows += [
                "",
                f"{head.role}'s head, learnt from {_counts(head.own)} of the {head.role}'s own and the shared ones",
                f"C {recipe.inverse_regularisation:g}, shared sentences weigh {recipe.shared_weight:g}, "
                f"joined ones {recipe.joined_weight:g}, labels "
                f"{'balanced' if recipe.balanced else 'as they come'}, temperature {recipe.temperature:g} "
                f"(these sentences ask for {head.temperature_found:.2f})",
                "cross-validated on the own ones, neighbours left out together:",
                *_table(head.figures),
            ]
        for test in self.tests:
            rows += ["", f"on {test.file} (sha256 {test.sha256[:16]}...), never learnt from:", *_table(test.figures)]
        return rows


def figures(given: Sequence[str], read: Sequence[LabelProbabilities]) -> Figures:
    """Compare labels given by people with readings."""
    found = agreement(given, [reading.label for reading in read])
    return Figures(
        texts=len(given),
        macro_f1=found.macro_f1,
        calibration_error=calibration_error(given, read),
        labels=found.labels,
    )


def card_path(heads_file: Path) -> Path:
    """Return where the card of heads is kept."""
    return heads_file.with_suffix(".card.json")


def save_card(card: ModelCard, heads_file: Path) -> None:
    """Keep a card beside its heads.

    Raises:
        ModelError: The folder cannot be written.
    """
    write_whole(card_path(heads_file), lambda part: part.write_text(to_json(card) + "\n", encoding="utf-8"))


def load_card(heads_file: Path) -> ModelCard | None:
    """Return the card of heads; None where there is none, or none that can be read."""
    try:
        return from_json(ModelCard, card_path(heads_file).read_bytes())
    except (OSError, ValidationError):
        return None


def _counts(by_label: Mapping[str, int]) -> str:
    return ", ".join(f"{by_label.get(label, 0)} {label}" for label in LABELS)


def _table(of: Figures) -> list[str]:
    rows = [f"{'label':<10}{'texts':>7}{'precision':>11}{'recall':>8}{'F1':>7}"]
    rows += [
        f"{each.label:<10}{each.given:>7}{_share(each.precision):>11}{_share(each.recall):>8}{each.f1:>7.3f}"
        for each in of.labels
    ]
    rows.append(f"{'macro-F1':<10}{of.texts:>7}{_share(of.macro_f1):>26}")
    return [*rows, f"expected calibration error {_share(of.calibration_error)}"]


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.3f}"
