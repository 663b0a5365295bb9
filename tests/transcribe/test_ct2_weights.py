"""CTranslate2's file read, and its variables under openai-whisper's names."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.errors import ModelError
from pipeline.transcribe.ct2_weights import load_checkpoint, read_variables, to_state
from pipeline.transcribe.models import resolve_whisper

KINDS = {"<f4": 0, "<i1": 1, "<i2": 2, "<i4": 3, "<f2": 4, "|i1": 1}


def model_bin(variables: dict[str, NDArray[np.generic]], *, version: int = 6, spec: str = "WhisperSpec") -> bytes:
    def text(value: str) -> bytes:
        return struct.pack("<H", len(value) + 1) + value.encode() + b"\0"

    parts = [struct.pack("<I", version), text(spec), struct.pack("<II", 3, len(variables))]
    for name, value in variables.items():
        shape = struct.pack(f"<B{value.ndim}I", value.ndim, *value.shape)
        parts += [text(name), shape, struct.pack("<BI", KINDS[value.dtype.str], value.nbytes), value.tobytes()]
    return b"".join([*parts, struct.pack("<I", 0)])


def test_read_variables_gives_back_what_was_written() -> None:
    written = {
        "encoder/conv1/weight": np.arange(12, dtype=np.float16).reshape(2, 2, 3),
        "encoder/num_heads": np.array(8, dtype=np.int16),
        "decoder/layer_norm/beta": np.ones(3, dtype=np.float32),
    }
    read = read_variables(model_bin(written))
    assert list(read) == list(written)
    assert all(np.array_equal(read[name], value) and read[name].dtype == value.dtype for name, value in written.items())


def test_stacked_attention_is_taken_apart_and_the_zero_key_bias_dropped() -> None:
    rows = np.arange(6, dtype=np.float16)
    state = to_state(
        {
            "decoder/layer_2/self_attention/linear_0/weight": np.stack([rows] * 2, axis=1),
            "decoder/layer_2/self_attention/linear_0/bias": np.array([1, 2, 0, 0, 5, 6], dtype=np.float16),
            "decoder/layer_2/attention/linear_1/bias": np.array([0, 0, 7, 8], dtype=np.float16),
            "decoder/layer_2/ffn/layer_norm/gamma": np.ones(2, dtype=np.float16),
            "encoder/position_encodings/encodings": np.ones((2, 2), dtype=np.float16),
            "decoder/num_heads": np.array(8, dtype=np.int16),
        }
    )
    assert {name: value.ravel().tolist() for name, value in state.items()} == {
        "decoder.blocks.2.attn.query.weight": [0, 0, 1, 1],
        "decoder.blocks.2.attn.key.weight": [2, 2, 3, 3],
        "decoder.blocks.2.attn.value.weight": [4, 4, 5, 5],
        "decoder.blocks.2.attn.query.bias": [1, 2],
        "decoder.blocks.2.attn.value.bias": [5, 6],
        "decoder.blocks.2.cross_attn.value.bias": [7, 8],
        "decoder.blocks.2.mlp_ln.weight": [1, 1],
        "encoder.positional_embedding": [1, 1, 1, 1],
    }
    assert all(value.dtype == np.float32 for value in state.values())


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (model_bin({}, version=7), "file version 7, known is 6"),
        (model_bin({}, spec="TransformerSpec"), "not a Whisper model"),
        (model_bin({"encoder/conv1/weight": np.ones(2, dtype=np.int8)}), "encoder/conv1/weight is quantized"),
        (model_bin({"encoder/conv9/weight": np.ones(2, dtype=np.float16)}), "encoder/conv9/weight has no counterpart"),
        (model_bin({"encoder/layer_0/ffn/linear_9/bias": np.ones(2, dtype=np.float16)}), "has no counterpart"),
        (
            model_bin({"encoder/layer_0/self_attention/linear_0/bias": np.ones(3, dtype=np.float16)}),
            "has a bias for keys",
        ),
        (model_bin({"encoder/conv1/weight": np.ones(2, dtype=np.float16)})[:-8], "cannot be turned"),
        (b"", "cannot be turned"),
        (None, "cannot be read"),
    ],
)
def test_other_files_are_refused_with_what_to_do(tmp_path: Path, content: bytes | None, problem: str) -> None:
    if content is not None:
        (tmp_path / "model.bin").write_bytes(content)
    with pytest.raises(ModelError, match=problem):
        load_checkpoint(tmp_path)


def test_shipped_base_fills_every_key_of_openai_whisper(models_dir: Path) -> None:
    from whisper.model import ModelDimensions, Whisper

    folder = resolve_whisper("base", models_dir).folder
    checkpoint = load_checkpoint(folder)
    empty = Whisper(ModelDimensions(**checkpoint.dims)).state_dict()
    assert {name: value.shape for name, value in checkpoint.state.items()} == {
        k: tuple(v.shape) for k, v in empty.items()
    }
    heads = json.loads((folder / "config.json").read_text())["alignment_heads"]
    assert list(checkpoint.alignment_heads) == [tuple(head) for head in heads]
