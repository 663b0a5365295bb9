"""How well readings agree with labels that people gave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from pipeline.sentiment.engine import LABELS, LabelProbabilities

BINS = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelAgreement:
    """One label: ``precision`` is None where it was never read, ``recall`` where it was never given."""

    label: str
    given: int
    read: int
    hits: int

    @property
    def precision(self) -> float | None:
        """Share of the readings with this label that are right."""
        return self.hits / self.read if self.read else None

    @property
    def recall(self) -> float | None:
        """Share of the texts of this label that were found."""
        return self.hits / self.given if self.given else None

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 0 where nothing was hit."""
        return 2 * self.hits / (self.given + self.read) if self.hits else 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreement:
    """Agreement by label over a set of texts."""

    labels: tuple[LabelAgreement, ...]

    @property
    def macro_f1(self) -> float | None:
        """Mean F1 of the labels that were given, each counting the same; None without texts."""
        scores = [label.f1 for label in self.labels if label.given]
        return sum(scores) / len(scores) if scores else None

    def lines(self) -> list[str]:
        """Return a small table in text."""
        rows = [f"{'label':<10}{'texts':>7}{'precision':>11}{'recall':>8}{'F1':>7}"]
        for label in self.labels:
            precision, recall = ("-" if share is None else f"{share:.3f}" for share in (label.precision, label.recall))
            rows.append(f"{label.label:<10}{label.given:>7}{precision:>11}{recall:>8}{label.f1:>7.3f}")
        macro = "-" if self.macro_f1 is None else f"{self.macro_f1:.3f}"
        return [*rows, f"{'macro-F1':<10}{sum(label.given for label in self.labels):>7}{macro:>26}"]


def agreement(given: Sequence[str], read: Sequence[str]) -> Agreement:
    """Compare labels given by people with labels read, text by text."""
    pairs = list(zip(given, read, strict=True))
    return Agreement(
        labels=tuple(
            LabelAgreement(
                label=label,
                given=sum(one == label for one, _ in pairs),
                read=sum(other == label for _, other in pairs),
                hits=sum(one == other == label for one, other in pairs),
            )
            for label in LABELS
        )
    )


def calibration_error(given: Sequence[str], read: Sequence[LabelProbabilities], bins: int = BINS) -> float | None:
    """Return the expected calibration error, 0..1: how far the likeliest label's probability is off what comes true.

    Readings are put into bins of equal width by that probability; the error is the mean, over readings, of the
    difference between their bin's mean probability and its share of right labels (Guo et al. 2017). None without texts.
    """
    by_bin: dict[int, list[tuple[float, bool]]] = {}
    for label, reading in zip(given, read, strict=True):
        probability = reading.of(reading.label)
        by_bin.setdefault(min(int(probability * bins), bins - 1), []).append((probability, reading.label == label))
    if not by_bin:
        return None
    off = [len(found) * abs(fmean(p for p, _ in found) - fmean(hit for _, hit in found)) for found in by_bin.values()]
    return sum(off) / len(given)
