"""What a channel's own sound says about the words heard in it: is there a voice, and does it pause as speech does?

Both are asked apart from the recogniser, which is sure of what it invents as often as of what it heard.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.records import Span, Word
from pipeline.sound import SAMPLES_PER_MS, Samples
from pipeline.transcribe.speech import FRAME_MS

SURE_OF_VOICE = 0.9
"""Voice probability that music, tones and noise hardly ever reach."""

_SILENCE_DBFS = -100.0


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Evidence:
    """One channel, frame by frame of 32 ms.

    Attributes:
        voice: Probability of speech, ``[frames]``.
        levels_dbfs: RMS level, ``[frames]``.
    """

    voice: NDArray[np.float64]
    levels_dbfs: NDArray[np.float64]

    def sure_ms(self, span: Span) -> int:
        """Return for how long in a span there is certainly a voice."""
        return int(np.count_nonzero(self.voice[_frames(span)] > SURE_OF_VOICE)) * FRAME_MS

    def range_db(self, span: Span) -> float:
        """Return how far the level falls inside a span: from what 5 % of it exceed to what 90 % exceed.

        Speech stops for breath and between words, so that even a short answer with the pause around it spans 30 dB on a
        telephone line; music, tones and noise go on.
        """
        levels = self.levels_dbfs[_frames(span)]
        return float(np.percentile(levels, 95) - np.percentile(levels, 10)) if levels.size else 0.0

    def voice_under(self, word: Word) -> float:
        """Return the highest voice probability under a word; its times may be a few frames wrong."""
        frames = _frames(Span(start_ms=max(0, word.start_ms - FRAME_MS), end_ms=word.end_ms + FRAME_MS))
        return float(np.max(self.voice[frames], initial=0.0))


def evidence_of(samples: Samples, voice: NDArray[np.float64] | list[float]) -> Evidence:
    """Return the evidence of one channel.

    Args:
        samples: ``[n]`` at 16 kHz.
        voice: Probability of speech for each frame: `speech.speech_probabilities`.
    """
    length = FRAME_MS * SAMPLES_PER_MS
    frames = samples[: len(samples) // length * length].reshape(-1, length)
    power = np.einsum("ij,ij->i", frames, frames, dtype=np.float64) / length
    levels_dbfs = 10 * np.log10(np.maximum(power, 10 ** (_SILENCE_DBFS / 10)))
    return Evidence(voice=np.asarray(voice, dtype=np.float64), levels_dbfs=levels_dbfs)


def _frames(span: Span) -> slice:
    return slice(span.start_ms // FRAME_MS, max(span.start_ms // FRAME_MS + 1, -(-span.end_ms // FRAME_MS)))
