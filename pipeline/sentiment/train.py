"""Rebuild the heads and print their model card: ``python -m pipeline.sentiment.train --models-dir DIR``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.config import SentimentSettings
from pipeline.encoder import FILES, PACKAGE, WEIGHTS, load_encoder
from pipeline.errors import EarmarkError
from pipeline.records import Role
from pipeline.sentiment.engine import LABELS
from pipeline.sentiment.engines.minilm import MiniLMSentimentEngine, plain
from pipeline.sentiment.evaluate import Agreement, agreement
from pipeline.sentiment.head import HEADS, RECIPE_VERSION, head_key, head_path, save_heads, train_head, train_heads
from pipeline.sentiment.sentences import SENTENCES, LabelledSentence, read_sentences, sentences_sha256

FOLDS = 5


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, keep and describe the heads; exit status 1 where that fails."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.sentiment.train", description=__doc__)
    parser.add_argument("--sentences", type=Path, default=SENTENCES, help="labelled sentences (JSON lines)")
    parser.add_argument("--models-dir", type=Path, required=True, help="folder of the heads (setting models_dir)")
    parser.add_argument("--evaluate", type=Path, default=None, help="labelled sentences to test on (JSON lines)")
    given = parser.parse_args(arguments)
    try:
        for line in _rebuild(given.sentences, given.models_dir, given.evaluate):
            sys.stdout.write(line + "\n")
    except EarmarkError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _rebuild(sentences_file: Path, models_dir: Path, test_file: Path | None) -> list[str]:
    sentences = read_sentences(sentences_file)
    test = read_sentences(test_file) if test_file else ()
    encoder = load_encoder()
    features = encoder([plain(sentence.text) for sentence in sentences])
    data = sentences_sha256(sentences)
    file = head_path(models_dir, head_key(data))
    save_heads(train_heads(features, sentences), file)
    card = [
        f"heads       {file}",
        f"recipe      {RECIPE_VERSION}: mean-pooled layers of {PACKAGE}, multinomial logistic regression per party",
        f"encoder     sha256 {FILES[WEIGHTS]}",
        f"sentences   {len(sentences)}, {data}",
        "            " + ", ".join(f"{sum(s.label == label for s in sentences)} {label}" for label in LABELS),
    ]
    for role in HEADS:
        card += ["", f"{role}'s head, {FOLDS}-fold cross-validation on the {role}'s own sentences:"]
        card += cross_validate(features, sentences, role).lines()
    if test_file:
        engine = MiniLMSentimentEngine(SentimentSettings(), models_dir, sentences_file)
        found = engine.read([s.text for s in test], [s.role or Role.UNKNOWN for s in test])
        card += ["", f"on {test_file}:"]
        card += agreement([s.label for s in test], [reading.label for reading in found]).lines()
    return card


def cross_validate(
    features: NDArray[np.float32], sentences: Sequence[LabelledSentence], role: Role, folds: int = FOLDS
) -> Agreement:
    """Return how a party's head reads that party's own sentences, each while it was not learnt from.

    Sentences that either may say are learnt from but not counted: they share their wording, which would flatter.
    """
    from sklearn.model_selection import StratifiedKFold  # noqa: PLC0415 - only training pays for loading it

    chosen = np.asarray([i for i, sentence in enumerate(sentences) if sentence.role in (None, role)])
    given = [sentences[i].label for i in chosen]
    read = [""] * len(chosen)
    for learnt, held_out in StratifiedKFold(folds, shuffle=True, random_state=0).split(chosen, given):
        head = train_head(features[chosen[learnt]], [sentences[i] for i in chosen[learnt]], role)
        best = head.probabilities(features[chosen[held_out]]).argmax(axis=1)
        for position, label in zip(held_out, best, strict=True):
            read[position] = LABELS[label]
    own = [position for position, i in enumerate(chosen) if sentences[i].role is role]
    return agreement([given[position] for position in own], [read[position] for position in own])


if __name__ == "__main__":
    sys.exit(main())
