"""CTranslate2's Whisper weights turned into openai-whisper's, number by number, so that one download serves both.

The file's layout (little endian), after CTranslate2's own reader (``src/models/model.cc``, version 6):

    u32 version, text spec name, u32 revision, u32 count, then for each variable:
        text name, u8 rank, u32 * rank dimensions, u8 type, u32 bytes, data
    u32 count of aliases, then for each: text alias, text name

where text is a u16 length and that many bytes, the last one NUL.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ModelError

FILE_VERSION = 6
SPEC = "WhisperSpec"
_TYPES = {0: "<f4", 1: "<i1", 2: "<i2", 3: "<i4", 4: "<f2"}
_HALF_OR_FULL = {"<f4", "<f2"}

Variables = dict[str, NDArray[Any]]

# What stands for nothing in openai-whisper: the encoder's and decoder's own switches.
_SWITCHES = frozenset(
    {
        *("activation", "alibi", "alignment_heads", "alignment_layer", "num_heads", "pre_norm", "scale_embeddings"),
        *("start_from_zero_embedding", "multi_query_attention", "num_heads_kv", "layernorm_embedding"),
    }
)
_TOP = {
    "encoder/conv1": "encoder.conv1",
    "encoder/conv2": "encoder.conv2",
    "encoder/layer_norm": "encoder.ln_post",
    "decoder/layer_norm": "decoder.ln",
    "encoder/position_encodings/encodings": "encoder.positional_embedding",
    "decoder/position_encodings/encodings": "decoder.positional_embedding",
    "decoder/embeddings/weight": "decoder.token_embedding.weight",
}
# Part of a block -> the layers of openai-whisper that are stacked in it.
_BLOCK = {
    "self_attention/layer_norm": ("attn_ln",),
    "self_attention/linear_0": ("attn.query", "attn.key", "attn.value"),
    "self_attention/linear_1": ("attn.out",),
    "attention/layer_norm": ("cross_attn_ln",),
    "attention/linear_0": ("cross_attn.query",),
    "attention/linear_1": ("cross_attn.key", "cross_attn.value"),
    "attention/linear_2": ("cross_attn.out",),
    "ffn/layer_norm": ("mlp_ln",),
    "ffn/linear_0": ("mlp.0",),
    "ffn/linear_1": ("mlp.2",),
}
_LEAF = {"gamma": "weight", "beta": "bias", "weight": "weight", "bias": "bias"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkpoint:
    """What openai-whisper needs to build a model.

    Attributes:
        dims: Arguments of ``whisper.model.ModelDimensions``.
        state: Arrays by name of its state dict, float32.
        alignment_heads: (layer, head) pairs whose attention gives word times; empty where the folder names none.
    """

    dims: dict[str, int]
    state: dict[str, NDArray[np.float32]]
    alignment_heads: tuple[tuple[int, int], ...]


def load_checkpoint(folder: Path) -> Checkpoint:
    """Read a CTranslate2 Whisper folder for openai-whisper.

    Raises:
        ModelError: It is no such folder, is of another version, or is quantized to integers (which loses precision).
    """
    file = folder / "model.bin"
    try:
        variables = read_variables(file.read_bytes())
        state = to_state(variables)
        dims = _dimensions(variables, state)
    except OSError as error:
        raise ModelError(f"{file}: cannot be read ({error.strerror})") from None
    except (ValueError, KeyError, struct.error) as error:
        raise ModelError(
            f"{file}: cannot be turned into an openai-whisper model ({error}); give a float16 or float32 Whisper model "
            "that ct2-transformers-converter wrote, or use engine faster-whisper"
        ) from None
    return Checkpoint(dims=dims, state=state, alignment_heads=_alignment_heads(folder / "config.json"))


def read_variables(data: bytes) -> Variables:
    """Return the variables of a ``model.bin`` by name, aliases left out.

    Raises:
        ValueError: The data are no CTranslate2 Whisper model of the known version.
    """
    position = 0

    def take(form: str) -> tuple[Any, ...]:
        nonlocal position
        values = struct.unpack_from("<" + form, data, position)
        position += struct.calcsize("<" + form)
        return values

    def text() -> str:
        nonlocal position
        (length,) = take("H")
        position += length
        return data[position - length : position - 1].decode()

    (version,) = take("I")
    if version != FILE_VERSION:
        raise ValueError(f"file version {version}, known is {FILE_VERSION}")
    if (spec := text()) != SPEC:
        raise ValueError("not a Whisper model" if spec.isprintable() else "not a CTranslate2 model")
    _, count = take("II")
    variables: Variables = {}
    for _ in range(count):
        name = text()
        (rank,) = take("B")
        shape = take(f"{rank}I")
        kind, size = take("BI")
        if kind not in _TYPES or size != math.prod(shape) * np.dtype(_TYPES[kind]).itemsize:
            raise ValueError(f"variable {name} is damaged")
        variables[name] = np.frombuffer(data, dtype=_TYPES[kind], count=math.prod(shape), offset=position).reshape(
            shape
        )
        position += size
    return variables


def to_state(variables: Variables) -> dict[str, NDArray[np.float32]]:
    """Return the variables under openai-whisper's names.

    Raises:
        ValueError: A variable has no counterpart, is quantized, or a key's bias is not zero (openai-whisper has none).
    """
    state: dict[str, NDArray[np.float32]] = {}
    for name, value in variables.items():
        if name.rpartition("/")[2] in _SWITCHES:
            continue
        if value.dtype.str not in _HALF_OR_FULL:
            raise ValueError(f"variable {name} is quantized")
        for target, part in _renamed(name, value):
            if target.endswith(".key.bias"):
                if np.any(part):
                    raise ValueError(f"variable {name} has a bias for keys")
                continue
            state[target] = part.astype(np.float32)
    return state


def _renamed(name: str, value: NDArray[Any]) -> list[tuple[str, NDArray[Any]]]:
    if name in _TOP:
        return [(_TOP[name], value)]
    stem, _, leaf = name.rpartition("/")
    if leaf in _LEAF and stem in _TOP:
        return [(f"{_TOP[stem]}.{_LEAF[leaf]}", value)]
    side, _, rest = stem.partition("/layer_")
    number, _, part = rest.partition("/")
    if leaf not in _LEAF or part not in _BLOCK:
        raise ValueError(f"variable {name} has no counterpart in openai-whisper")
    layers = _BLOCK[part]
    return [
        (f"{side}.blocks.{number}.{layer}.{_LEAF[leaf]}", stacked)
        for layer, stacked in zip(layers, np.split(value, len(layers)), strict=True)
    ]


def _dimensions(variables: Variables, state: dict[str, NDArray[np.float32]]) -> dict[str, int]:
    def blocks(side: str) -> int:
        return 1 + max(int(name.split(".")[2]) for name in state if name.startswith(f"{side}.blocks."))

    heads: Callable[[str], int] = lambda side: int(variables[f"{side}/num_heads"])  # noqa: E731
    audio_ctx, audio_state = state["encoder.positional_embedding"].shape
    text_ctx, text_state = state["decoder.positional_embedding"].shape
    return {
        "n_mels": state["encoder.conv1.weight"].shape[1],
        "n_audio_ctx": audio_ctx,
        "n_audio_state": audio_state,
        "n_audio_head": heads("encoder"),
        "n_audio_layer": blocks("encoder"),
        "n_vocab": state["decoder.token_embedding.weight"].shape[0],
        "n_text_ctx": text_ctx,
        "n_text_state": text_state,
        "n_text_head": heads("decoder"),
        "n_text_layer": blocks("decoder"),
    }


def _alignment_heads(config: Path) -> tuple[tuple[int, int], ...]:
    try:
        heads = json.loads(config.read_text()).get("alignment_heads") or []
    except (OSError, ValueError):
        return ()
    return tuple((int(layer), int(head)) for layer, head in heads)
