from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.encoder import FEATURES
from pipeline.errors import ModelError
from pipeline.records import Role
from pipeline.sentiment.engine import LABELS
from pipeline.sentiment.head import (
    HEADS,
    Head,
    Heads,
    head_for,
    head_key,
    head_path,
    load_heads,
    save_heads,
    train_heads,
)
from pipeline.sentiment.sentences import LabelledSentence

SENTENCES = tuple(LabelledSentence(text=f"{label} {i}", label=label) for i in range(8) for label in LABELS)


def features(sentences: tuple[LabelledSentence, ...], seed: int = 3) -> NDArray[np.float32]:
    """Each label in a corner of its own, with a little noise."""
    noise = np.random.default_rng(seed).normal(0, 0.1, (len(sentences), FEATURES))
    for row, sentence in enumerate(sentences):
        noise[row, LABELS.index(sentence.label)] += 3
    return noise.astype(np.float32)


@pytest.fixture(scope="module")
def heads() -> Heads:
    return train_heads(features(SENTENCES), SENTENCES)


def test_heads_read_what_they_learnt(heads: Heads) -> None:
    for role in HEADS:
        shares = heads[role].probabilities(features(SENTENCES))
        assert [LABELS[best] for best in shares.argmax(axis=1)] == [sentence.label for sentence in SENTENCES]
        assert shares.sum(axis=1) == pytest.approx(1)


def test_training_twice_gives_the_same_numbers(heads: Heads) -> None:
    again = train_heads(features(SENTENCES), SENTENCES)
    for role in HEADS:
        assert np.array_equal(again[role].weights, heads[role].weights)


def test_a_party_learns_from_its_own_sentences_and_not_from_the_others() -> None:
    contrary = tuple(LabelledSentence(text=f"agent {i}", label="neutral", role=Role.AGENT) for i in range(20))
    like_negative = features(tuple(LabelledSentence(text="", label="negative") for _ in contrary), seed=4)
    both = train_heads(np.concatenate([features(SENTENCES), like_negative]), SENTENCES + contrary)
    best = {role: LABELS[int(both[role].probabilities(like_negative[:1]).argmax())] for role in HEADS}
    assert best == {Role.AGENT: "neutral", Role.CUSTOMER: "negative"}


def test_probabilities_survive_extreme_features() -> None:
    head = Head(weights=np.eye(3), bias=np.zeros(3))
    shares = head.probabilities(np.asarray([[1e30, -1e30, 0]], dtype=np.float32))
    assert shares.tolist() == [[1, 0, 0]]


def test_training_without_some_label_is_refused() -> None:
    some = tuple(sentence for sentence in SENTENCES if sentence.label != "positive")
    with pytest.raises(ModelError, match="positive"):
        train_heads(features(some), some)


def test_heads_come_back_from_their_file(heads: Heads, tmp_path: Path) -> None:
    file = head_path(tmp_path, head_key("sentences-1:0"))
    assert load_heads(file) is None
    save_heads(heads, file)
    kept = load_heads(file)
    assert kept is not None
    assert all(np.array_equal(kept[role].weights, heads[role].weights) for role in HEADS)
    assert [path.name for path in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize("damage", ["cut", "empty", "text", "shape", "numbers"])
def test_unusable_file_counts_as_none(heads: Heads, tmp_path: Path, damage: str) -> None:
    file = tmp_path / "heads.npz"
    save_heads(heads, file)
    whole = file.read_bytes()
    if damage in {"shape", "numbers"}:
        head = heads[Role.AGENT]
        weights = head.weights[:, :5] if damage == "shape" else np.full_like(head.weights, np.inf)
        save_heads({**heads, Role.AGENT: Head(weights=weights, bias=head.bias)}, file)
    else:
        file.write_bytes({"cut": whole[: len(whole) // 2], "empty": b"", "text": b"no archive"}[damage])
    assert load_heads(file) is None


def test_folder_that_cannot_be_made_is_told(heads: Heads, tmp_path: Path) -> None:
    (tmp_path / "sentiment").write_text("a file is in the way")
    with pytest.raises(ModelError, match="models_dir"):
        save_heads(heads, tmp_path / "sentiment" / "heads.npz")


def test_key_depends_on_the_sentences_and_names_the_file(tmp_path: Path) -> None:
    assert head_key("sentences-1:0") == head_key("sentences-1:0") != head_key("sentences-1:1")
    assert head_path(tmp_path, head_key("sentences-1:0")) != head_path(tmp_path, head_key("sentences-1:1"))


def test_only_agents_are_read_as_agents() -> None:
    assert {role: head_for(role) for role in (*Role, None)} == {
        Role.AGENT: Role.AGENT,
        Role.CUSTOMER: Role.CUSTOMER,
        Role.SYSTEM: Role.CUSTOMER,
        Role.UNKNOWN: Role.CUSTOMER,
        None: Role.CUSTOMER,
    }
