"""What a recogniser wrote although nobody said it: segments that are dropped.

Whisper was trained on subtitles. On noise it may write a phrase that is common there, and sometimes it repeats itself
without end. An invented greeting would pass a greeting check, so a doubtful segment is left out: silence is the honest
answer.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.transcribe.packing import HeardWord


@dataclass(frozen=True, kw_only=True, slots=True)
class Guards:
    """Limits as in Whisper's own decoding (openai-whisper, `transcribe`).

    Attributes:
        no_speech_probability: Above this *and* below ``mean_log_probability``, a segment is no speech.
        mean_log_probability: See above; natural logarithm per token.
        compression_ratio: Text that zlib shortens by more than this factor is a loop.
    """

    no_speech_probability: float = 0.6
    mean_log_probability: float = -1.0
    compression_ratio: float = 2.4


@dataclass(frozen=True, kw_only=True, slots=True)
class Segment:
    """A stretch of recognised words with the recogniser's own doubts about it."""

    words: tuple[HeardWord, ...]
    no_speech_probability: float
    mean_log_probability: float


def believable(segments: Iterable[Segment], guards: Guards) -> tuple[HeardWord, ...]:
    """Return the words of the segments that stand up to the guards, in order."""
    return tuple(word for segment in segments if _stands(segment, guards) for word in segment.words)


def _stands(segment: Segment, guards: Guards) -> bool:
    silent = (
        segment.no_speech_probability > guards.no_speech_probability
        and segment.mean_log_probability < guards.mean_log_probability
    )
    return not silent and compression_ratio("".join(word.text for word in segment.words)) <= guards.compression_ratio


def compression_ratio(text: str) -> float:
    """Return how many times shorter zlib makes a text: about 1 for speech, far above 2 for a loop."""
    encoded = text.encode()
    return len(encoded) / len(zlib.compress(encoded)) if encoded else 0.0
