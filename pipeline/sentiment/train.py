"""Rebuild the heads from their sentences, measure them, and write their card."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.encoder import FILES, Encoder, load_encoder
from pipeline.records import Role
from pipeline.sentiment.card import HeadCard, ModelCard, TestCard, figures, save_card
from pipeline.sentiment.engine import LABELS, LabelProbabilities
from pipeline.sentiment.engines.minilm import plain, read_features
from pipeline.sentiment.head import (
    HEADS,
    RECIPE_VERSION,
    RECIPES,
    Heads,
    head_for,
    head_key,
    head_path,
    save_heads,
    train_head,
    train_heads,
)
from pipeline.sentiment.sentences import (
    BLOCKS,
    SENTENCES,
    LabelledSentence,
    block_of,
    joined,
    read_sentences,
    sentences_sha256,
)
from pipeline.weights import sha256_of

LIBRARIES = ("torch", "transformers", "scikit-learn", "numpy")


def rebuild(models_dir: Path, sentences_file: Path = SENTENCES, test_files: Sequence[Path] = ()) -> ModelCard:
    """Train the heads anew, keep them, and return their card, which is kept beside them (about a minute).

    The same sentences give the same bytes, heads and card alike, on one machine with the same libraries; another
    machine's differ in the last bits.

    Args:
        models_dir: Where heads are kept (setting ``models_dir``).
        sentences_file: Labelled sentences (JSON lines).
        test_files: Labelled turns (JSON lines) to read with the new heads; nothing is learnt from them.

    Raises:
        AuthoredFileError: A file has problems.
        ModelError: The encoder is missing, a label has no sentence, or the folder cannot be written.
    """
    sentences = read_sentences(sentences_file)
    tests = [(file, read_sentences(file)) for file in test_files]
    encoder = load_encoder(eight_bits=True)
    learnt = (*sentences, *joined(sentences))
    features = encoder([plain(sentence.text) for sentence in learnt])
    heads = train_heads(features, learnt)
    data = sentences_sha256(sentences)
    file = head_path(models_dir, head_key(data))
    save_heads(heads, file)
    card = ModelCard(
        key=head_key(data),
        recipe_version=RECIPE_VERSION,
        heads_sha256=sha256_of(file),
        encoder=FILES,
        sentences=len(sentences),
        shared=_counts(sentences, None),
        sentences_sha256=data,
        made_with={name: version(name) for name in LIBRARIES},
        heads=tuple(_head_card(features, learnt, role) for role in HEADS),
        tests=tuple(_test_card(file, turns, encoder, heads) for file, turns in tests),
    )
    save_card(card, file)
    return card


def cross_validate(
    features: NDArray[np.float32], sentences: Sequence[LabelledSentence], role: Role
) -> tuple[list[str], list[LabelProbabilities]]:
    """Return the labels of a party's own sentences and how its head reads each, while it was not learnt from.

    Blocks of neighbours are left out together, with what was joined of them. Sentences that either may say are learnt
    from but not counted: they share their wording, which would flatter.
    """
    fold = [block_of(sentence.made_of[0] if sentence.made_of else i) for i, sentence in enumerate(sentences)]
    found: dict[int, LabelProbabilities] = {}
    for held_out in range(BLOCKS):
        learnt = [i for i in range(len(sentences)) if fold[i] != held_out]
        own = [i for i, sentence in enumerate(sentences) if sentence.role is role and not sentence.made_of]
        tested = [i for i in own if fold[i] == held_out]
        head = train_head(features[learnt], [sentences[i] for i in learnt], role)
        found |= zip(tested, read_features(features[tested], [role] * len(tested), {role: head}), strict=True)
    return [sentences[i].label for i in sorted(found)], [found[i] for i in sorted(found)]


def best_temperature(given: Sequence[str], read: Sequence[LabelProbabilities], used: float) -> float:
    """Return the temperature under which readings made with ``used`` would have been likeliest (0.3 to 3)."""
    logs = np.log(np.maximum([[reading.of(label) for label in LABELS] for reading in read], 1e-12)) * used
    right = [LABELS.index(label) for label in given]

    def surprise(temperature: float) -> float:
        scaled = logs / temperature
        return float((np.logaddexp.reduce(scaled, axis=1) - scaled[np.arange(len(right)), right]).mean())

    return float(min(np.arange(0.3, 3.005, 0.01), key=surprise))


def _head_card(features: NDArray[np.float32], sentences: Sequence[LabelledSentence], role: Role) -> HeadCard:
    given, read = cross_validate(features, sentences, role)
    return HeadCard(
        role=role,
        recipe=RECIPES[role],
        own=_counts(sentences, role),
        figures=figures(given, read),
        temperature_found=round(best_temperature(given, read, RECIPES[role].temperature), 2),
    )


def _test_card(file: Path, turns: Sequence[LabelledSentence], encoder: Encoder, heads: Heads) -> TestCard:
    found = read_features(encoder([plain(turn.text) for turn in turns]), [head_for(turn.role) for turn in turns], heads)
    return TestCard(file=file.name, sha256=sha256_of(file), figures=figures([turn.label for turn in turns], found))


def _counts(sentences: Sequence[LabelledSentence], role: Role | None) -> dict[str, int]:
    counted = Counter(each.label for each in sentences if each.role is role and not each.made_of)
    return {label: counted[label] for label in LABELS}
