"""Where in one channel somebody speaks: silero-vad, then plain thresholds.

The network is the copy that faster-whisper ships: the silero-vad package would bring torch into the process and set its
thread count for everybody. The thresholds are applied here, so that they can be tested without a network.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.importing import importing
from pipeline.records import Span
from pipeline.sound import SAMPLES_PER_MS
from pipeline.weights import check_sha256, package_file

FRAME_MS = 32
VAD_PACKAGE, VAD_FILE = "faster-whisper", "assets/silero_vad_v6.onnx"
VAD_SHA256 = "4cbf549b8326f60f80f2536d9eefeb450a9abe83365a098031c89719f1be17d2"

_FRAME = FRAME_MS * SAMPLES_PER_MS
_BREATH = 5  # frames
# The network remembers: after half a minute of silence it takes more than a second to notice that somebody speaks, and
# a party that listens is silent for as long. So it begins afresh every few seconds, a little before what it is asked.
_FRESH, _WARM_UP = 192 * _FRAME, 24 * _FRAME


@dataclass(frozen=True, kw_only=True, slots=True)
class SpeechSettings:
    """When a stretch counts as speech.

    Attributes:
        threshold: Speech begins at this probability.
        release: It goes on until the probability is below this.
        min_silence_ms: A shorter silence does not end it.
        min_speech_ms: Shorter speech is dropped: a click, not a "yes".
        padding_ms: Kept before and after it, because the network sees soft first and last sounds late.
    """

    threshold: float = 0.5
    release: float = 0.35
    min_silence_ms: int = 700
    min_speech_ms: int = 96
    padding_ms: int = 400


def find_speech(samples: NDArray[np.float32], settings: SpeechSettings) -> tuple[Span, ...]:
    """Return the stretches of speech in one channel, in order, never touching.

    Args:
        samples: Shape ``[n]``, 16 kHz, -1..+1.
        settings: Thresholds.

    Raises:
        ModelError: The network's file is missing or is not the one it should be.
    """
    length_ms = len(samples) // SAMPLES_PER_MS
    return spans_of(speech_probabilities(samples), length_ms=length_ms, settings=settings)


def spans_of(probabilities: Sequence[float], *, length_ms: int, settings: SpeechSettings) -> tuple[Span, ...]:
    """Turn one probability per 32 ms frame into stretches of speech, each padded and cut to ``0..length_ms``."""
    found: list[list[int]] = []
    speaking, quiet_since = False, 0
    for frame, probability in enumerate(probabilities):
        at_ms = frame * FRAME_MS
        if probability >= settings.threshold:
            if not speaking:
                found.append([at_ms, at_ms])
            speaking = True
        if not speaking:
            continue
        if probability >= settings.release:
            quiet_since = at_ms + FRAME_MS
            found[-1][1] = quiet_since
        elif at_ms + FRAME_MS - quiet_since >= settings.min_silence_ms:
            speaking = False
    kept = [(start, end) for start, end in found if end - start >= settings.min_speech_ms]
    return _padded(kept, length_ms=length_ms, padding_ms=settings.padding_ms)


def cut_long(spans: Iterable[Span], probabilities: Sequence[float], *, longest_ms: int) -> tuple[Span, ...]:
    """Cut speech that is too long for a window where it is least like speech: in a breath, not in a word.

    Args:
        spans: Stretches of speech.
        probabilities: One per 32 ms frame.
        longest_ms: No stretch stays longer than this. The cut lies in the last half of it.
    """
    smooth = np.convolve(np.asarray(probabilities, dtype=np.float64), np.full(_BREATH, 1 / _BREATH), mode="same")
    cut: list[Span] = []
    for span in spans:
        start_ms = span.start_ms
        while span.end_ms - start_ms > longest_ms:
            first, last = ((start_ms + part) // FRAME_MS for part in (longest_ms // 2, longest_ms - FRAME_MS))
            at_ms = (first + int(np.argmin(smooth[first:last]))) * FRAME_MS
            cut.append(Span(start_ms=start_ms, end_ms=at_ms))
            start_ms = at_ms
        cut.append(Span(start_ms=start_ms, end_ms=span.end_ms))
    return tuple(cut)


def _padded(stretches: list[tuple[int, int]], *, length_ms: int, padding_ms: int) -> tuple[Span, ...]:
    """Pad; stretches that come to touch become one."""
    spans: list[Span] = []
    for start, end in stretches:
        start_ms, end_ms = max(0, start - padding_ms), min(length_ms, end + padding_ms)
        if spans and start_ms <= spans[-1].end_ms:
            spans[-1] = Span(start_ms=spans[-1].start_ms, end_ms=max(end_ms, spans[-1].end_ms))
        elif start_ms < end_ms:
            spans.append(Span(start_ms=start_ms, end_ms=end_ms))
    return tuple(spans)


def speech_probabilities(samples: NDArray[np.float32]) -> list[float]:
    """Return the probability of speech for each 32 ms frame of ``[n]`` samples at 16 kHz; the last one is padded.

    Raises:
        ModelError: The network's file is missing or is not the one it should be.
    """
    if len(samples) == 0:
        return []
    whole_frames = np.pad(samples, (0, -len(samples) % _FRAME)).astype(np.float32, copy=False)
    network = load_network()
    probabilities: list[float] = []
    for at in range(0, len(whole_frames), _FRESH):
        begin = max(0, at - _WARM_UP)
        told = np.ravel(network(whole_frames[begin : at + _FRESH].copy()))  # it changes what it is given
        probabilities += [float(probability) for probability in told[(at - begin) // _FRAME :]]
    return probabilities


@functools.cache
def load_network() -> Any:
    """Return the network that tells speech, loaded once.

    Raises:
        ModelError: Its file is missing or is not the one it should be.
    """
    with importing:
        from faster_whisper.vad import SileroVADModel  # noqa: PLC0415 - only recognition should pay for loading it

    file = package_file(VAD_PACKAGE, VAD_FILE)
    check_sha256(file, VAD_SHA256)
    return SileroVADModel(str(file))
