"""What Whisper does with one window: the part in which its engines differ."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from pipeline.errors import EngineError
from pipeline.records import Recording
from pipeline.sound import SAMPLES_PER_MS, Samples
from pipeline.transcribe.packing import HeardWord

# Greedy decoding may run into a loop that only its length ends. Fast speech and digits need less than this.
LEAST_TOKENS, TOKENS_PER_S = 24, 12
LOOP_COMPRESSION_RATIO = 2.4
"""Text that zlib shortens by more than this is a loop (openai-whisper, `transcribe`)."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class WindowSound:
    """One window to recognise.

    Attributes:
        samples: ``[n]`` at 16 kHz.
        encoded_ms: Length at which it is encoded: its own, rounded up (`packing.encoded_ms`).
        language: Language code in which it is decoded.
        prompt: Names that may be said; None for none.
        asks_language: Whether to tell which language it is in, which costs a twentieth more.
    """

    samples: Samples
    encoded_ms: int
    language: str
    prompt: str | None = None
    asks_language: bool = False

    @property
    def kind(self) -> Hashable:
        """Windows of equal kind may be recognised in one batch."""
        return (self.encoded_ms, self.language, self.prompt, self.asks_language)

    @property
    def length_ms(self) -> int:
        """How long it is."""
        return len(self.samples) // SAMPLES_PER_MS

    @property
    def most_tokens(self) -> int:
        """More tokens than anybody can say in it; the same for all windows of a kind."""
        return LEAST_TOKENS + TOKENS_PER_S * self.encoded_ms // 1000

    def padded(self) -> Samples:
        """Return its sound with silence up to the encoded length."""
        return np.pad(self.samples, (0, max(0, self.encoded_ms * SAMPLES_PER_MS - len(self.samples))))


@dataclass(frozen=True, kw_only=True, slots=True)
class HeardWindow:
    """What was recognised in a window.

    Attributes:
        words: Words with times inside the window.
        no_speech_probability: The recogniser's own doubt that anybody speaks, 0..1.
        mean_log_probability: Mean natural logarithm of its tokens' probabilities.
        languages: Probability by language code; empty where it was not asked for, or the model knows one language only.
    """

    words: tuple[HeardWord, ...]
    no_speech_probability: float
    mean_log_probability: float
    languages: Mapping[str, float] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The words as one text."""
        return "".join(word.text for word in self.words)


Recognise = Callable[[Sequence[WindowSound]], Sequence[HeardWindow]]
"""Recognises windows, in any order and together with those of other calls; results come in the order of the windows."""


@contextmanager
def told_as_engine_error(engine: str, recording: Recording) -> Iterator[None]:
    """Turn the ways in which CTranslate2 and torch report a failed computation into one.

    Raises:
        EngineError: This recording could not be recognised.
    """
    try:
        yield
    except (RuntimeError, ValueError) as error:
        raise EngineError(
            f"call {recording.call_id}: {engine} failed ({type(error).__name__}); "
            "if memory ran out, set transcribe.device to cpu or take a smaller model"
        ) from error


def is_loop(text: str) -> bool:
    """Tell whether a text says the same again and again."""
    return compression_ratio(text) > LOOP_COMPRESSION_RATIO


def compression_ratio(text: str) -> float:
    """Return how many times shorter zlib makes a text: about 1 for speech, far above 2 for a loop."""
    encoded = text.encode()
    return len(encoded) / len(zlib.compress(encoded)) if encoded else 0.0
