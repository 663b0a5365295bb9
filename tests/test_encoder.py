from __future__ import annotations

import numpy as np
import pytest
import torch

from pipeline import encoder
from pipeline.encoder import MAX_BATCH_TEXTS, MAX_PADDING, MIN_BATCH_TOKENS, Encoder, batches, load_encoder


@pytest.fixture(scope="module")
def eight_bits() -> Encoder:
    return load_encoder(eight_bits=True)


def test_batches_hold_every_text_once_with_little_padding() -> None:
    lengths = [3 + (7 * i) % 61 for i in range(500)]
    found = list(batches(lengths))
    assert sorted(i for batch in found for i in batch) == list(range(500))
    for batch in found:
        tokens = [lengths[i] for i in batch]
        small = sum(tokens) - tokens[-1] < MIN_BATCH_TOKENS
        assert len(batch) <= MAX_BATCH_TEXTS
        assert small or max(tokens) * len(tokens) <= MAX_PADDING * sum(tokens)


def test_no_text_makes_no_batch() -> None:
    assert list(batches([])) == []
    assert list(batches([5])) == [[0]]


def test_eight_bits_give_nearly_the_same_features(eight_bits: Encoder) -> None:
    texts = ["my card was declined again", "thank you so much for your help", "ok"]
    exact, rounded = load_encoder()(texts), eight_bits(texts)
    assert not np.array_equal(exact, rounded)
    for one, other in zip(exact.reshape(-1, 384), rounded.reshape(-1, 384), strict=True):
        assert one @ other / np.linalg.norm(one) / np.linalg.norm(other) > 0.95


@pytest.mark.parametrize("of_others", [1, 2, 4])
def test_two_threads_give_what_one_gives(eight_bits: Encoder, monkeypatch: pytest.MonkeyPatch, of_others: int) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(of_others)  # as the recognition of speech does
    texts = [f"order number {i} " + "has not come " * (i % 9) for i in range(encoder.PARALLEL_FROM)]
    together = eight_bits(texts)
    monkeypatch.setattr(encoder, "PARALLEL_FROM", len(texts) + 1)
    alone = eight_bits(texts)
    left = torch.get_num_threads()
    torch.set_num_threads(before)
    assert np.array_equal(together, alone)
    assert left == of_others
