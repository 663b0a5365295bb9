"""How the voices of a recording sound: GE2E speaker embeddings of short stretches of speech.

The network is that of "Generalized End-to-End Loss for Speaker Verification" (Wan et al. 2018) with the weights of
Resemblyzer. That package's code is not imported: it wants a C compiler. Voices of one speaker have a cosine near 0.9,
those of two mostly below 0.8.

Stretches follow the breaths, not a fixed grid: the speaker changes where somebody pauses, so a stretch that begins and
ends at pauses holds one voice, and a "yes" of half a second is not drowned by what surrounds it.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.importing import importing
from pipeline.records import Span
from pipeline.sound import SAMPLE_RATE_HZ, SAMPLES_PER_MS, CallAudio, Samples
from pipeline.weights import ModelStatus, check_sha256, package_file, package_file_status

METHOD = "voices-1"
VOICE_PACKAGE, VOICE_FILE = "resemblyzer", "pretrained.pt"
VOICE_SHA256 = "39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e"
DIMENSIONS = 256

FRAME_MS, _FFT, _MELS = 10, 400, 40
STRETCH_FRAMES, HOP_FRAMES = 160, 80
WHOLE_FRAMES = 200
"""A breath up to this long is one stretch."""
SHORTEST_FRAMES = 40
ROUNDED_TO_FRAMES = 20
"""Stretches of equal length run through the network together."""
PAUSE_FRAMES = 30
BREATH_FRAMES = 25
DROP_DB, ABOVE_FLOOR_DB = 30.0, 6.0
LEVEL = 0.4
"""Mean mel power of speech at -30 dBFS, the level that the network was trained at."""
_CHUNK_MS = 60_000
_BATCH, _AT_ONCE = 64, 512

_loading = threading.Lock()


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Voiceprints:
    """Stretches of speech in order of their start, and how each sounds: ``embeddings`` is [k, 256] of length 1."""

    spans: tuple[Span, ...]
    embeddings: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.spans)

    def outside(self, spans: Sequence[Span]) -> Voiceprints:
        """Return the stretches whose middle lies in none of the given ones."""
        middles = [(span.start_ms + span.end_ms) // 2 for span in self.spans]
        kept = [i for i, at_ms in enumerate(middles) if not any(span.start_ms <= at_ms < span.end_ms for span in spans)]
        return Voiceprints(spans=tuple(self.spans[i] for i in kept), embeddings=self.embeddings[kept])


NOTHING_HEARD = Voiceprints(spans=(), embeddings=np.zeros((0, DIMENSIONS), dtype=np.float32))


def joined(parts: Iterable[Voiceprints]) -> Voiceprints:
    """Return the stretches of several sections of one call, given in order of time, as one."""
    kept = [part for part in parts if len(part)]
    if not kept:
        return NOTHING_HEARD
    return Voiceprints(
        spans=tuple(span for part in kept for span in part.spans),
        embeddings=np.concatenate([part.embeddings for part in kept]),
    )


def voiceprints(
    samples: NDArray[np.float32], spans: Sequence[Span], *, offset_ms: int = 0, threads: int = 1
) -> Voiceprints:
    """Return how the voices in the speech of one channel sound.

    Args:
        samples: Shape ``[n]``, 16 kHz, -1..+1.
        spans: Where speech is, relative to ``samples``: what `find_speech` gives.
        offset_ms: Where ``samples`` begin in the recording; added to the result.
        threads: CPU threads to take.

    Raises:
        ModelError: The network's file is missing or is not the one it should be.
    """
    length_ms = len(samples) // SAMPLES_PER_MS
    cut = (
        (chunk.start_ms + offset_ms, samples[chunk.start_ms * SAMPLES_PER_MS : chunk.end_ms * SAMPLES_PER_MS])
        for chunk in _chunks(spans)
        if chunk.start_ms < length_ms
    )
    return _prints(cut, threads)


def voices_in(audio: CallAudio, channel: int, spans: Sequence[Span], *, threads: int = 1) -> Voiceprints:
    """Return how the voices of one channel sound in some stretches of a call, read once more from its beginning.

    Args:
        audio: The call's sound; no more than a minute of it is held in memory.
        channel: Which channel.
        spans: Where speech is, in order, not overlapping.
        threads: CPU threads to take.

    Raises:
        ModelError: The network's file is missing or is not the one it should be.
    """
    return _prints(_cut(audio, channel, list(_chunks(spans))), threads) if spans else NOTHING_HEARD


def _cut(audio: CallAudio, channel: int, chunks: Sequence[Span]) -> Iterator[tuple[int, Samples]]:
    """Yield where each chunk begins and its samples, while the call streams by."""
    waiting = list(reversed(chunks))
    held, held_from = np.zeros(0, dtype=np.float32), 0
    for block in audio():
        held = np.concatenate([held, block[channel]])
        while waiting and held_from + len(held) >= waiting[-1].end_ms * SAMPLES_PER_MS:
            chunk = waiting.pop()
            first, last = chunk.start_ms * SAMPLES_PER_MS - held_from, chunk.end_ms * SAMPLES_PER_MS - held_from
            yield chunk.start_ms, held[max(0, first) : last]
        if not waiting:
            return
        done = min(len(held), max(0, waiting[-1].start_ms * SAMPLES_PER_MS - held_from))
        held, held_from = held[done:].copy(), held_from + done
    for chunk in reversed(waiting):  # speech that seems to last longer than the sound does
        first = chunk.start_ms * SAMPLES_PER_MS - held_from
        if 0 <= first < len(held):
            yield chunk.start_ms, held[first:]


def _prints(cut: Iterable[tuple[int, Samples]], threads: int) -> Voiceprints:
    """Embed the breaths of stretches that begin at the given times, many at once, few enough for little memory."""
    parts: list[Voiceprints] = []
    found: list[Span] = []
    mels: list[NDArray[np.float32]] = []
    with _torch_threads(threads):
        for begin_ms, samples in cut:
            mel = mel_power(samples)
            for first, last in stretches(mel):
                start_ms = begin_ms + first * FRAME_MS
                found.append(Span(start_ms=start_ms, end_ms=start_ms + (last - first) * FRAME_MS))
                mels.append(mel[first:last])
            if len(found) >= _AT_ONCE:
                parts.append(Voiceprints(spans=tuple(found), embeddings=_embed(mels)))
                found, mels = [], []
        if found:
            parts.append(Voiceprints(spans=tuple(found), embeddings=_embed(mels)))
    return joined(parts)


def mel_power(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the power in 40 mel bands every 10 ms, ``[frames, 40]``: windows of 25 ms, Slaney's filters."""
    import torch  # noqa: PLC0415 - seconds that only recognition should pay

    if len(samples) < _FFT:
        return np.zeros((0, _MELS), dtype=np.float32)
    hop = FRAME_MS * SAMPLES_PER_MS
    sound = torch.from_numpy(np.ascontiguousarray(samples, dtype=np.float32))
    window = torch.hann_window(_FFT)
    spectrum = torch.stft(sound, _FFT, hop, window=window, center=True, pad_mode="constant", return_complex=True)
    power: NDArray[np.float32] = (spectrum.abs() ** 2).T.numpy()
    return np.asarray(power @ _filters(), dtype=np.float32)


def stretches(mel: NDArray[np.float32]) -> list[tuple[int, int]]:
    """Return the frames ``first..last`` (half-open) of the stretches to embed: whole breaths, long ones in parts."""
    found: list[tuple[int, int]] = []
    for first, last in _breaths(mel):
        if last - first <= WHOLE_FRAMES:
            frames = max(SHORTEST_FRAMES, (last - first) // ROUNDED_TO_FRAMES * ROUNDED_TO_FRAMES)
            begin = min(max(0, (first + last - frames) // 2), len(mel) - frames)
            if begin >= 0:
                found.append((begin, begin + frames))
        else:
            count = -(-(last - first - STRETCH_FRAMES) // HOP_FRAMES) + 1
            begins = np.linspace(first, last - STRETCH_FRAMES, count).round().astype(int)
            found += [(int(begin), int(begin) + STRETCH_FRAMES) for begin in begins]
    return found


def _breaths(mel: NDArray[np.float32]) -> list[tuple[int, int]]:
    """Split where it is quiet for `PAUSE_FRAMES`: far below the loud parts, or barely above the noise."""
    if not len(mel):
        return []
    loudness_db = np.convolve(10 * np.log10(mel.sum(axis=1) + 1e-10), np.full(5, 0.2), "same")
    floor_db, loud_db = np.percentile(loudness_db, [10, 95])
    voiced = np.flatnonzero(loudness_db > max(loud_db - DROP_DB, floor_db + ABOVE_FLOOR_DB))
    if not len(voiced):
        return []
    pauses = np.flatnonzero(np.diff(voiced) > PAUSE_FRAMES)
    firsts, lasts = np.r_[voiced[0], voiced[pauses + 1]], np.r_[voiced[pauses], voiced[-1]] + 1
    return [
        (max(0, int(first) - 5), min(len(mel), int(last) + 5))
        for first, last in zip(firsts, lasts, strict=True)
        if last - first >= BREATH_FRAMES
    ]


def _chunks(spans: Iterable[Span]) -> Iterator[Span]:
    for span in spans:
        for start_ms in range(span.start_ms, span.end_ms, _CHUNK_MS):
            yield Span(start_ms=start_ms, end_ms=min(span.end_ms, start_ms + _CHUNK_MS))


def _embed(mels: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Run stretches through the network, those of equal length together; each at the same mean level."""
    import torch  # noqa: PLC0415

    lstm, linear = _network()
    embeddings = np.zeros((len(mels), DIMENSIONS), dtype=np.float32)
    by_length: dict[int, list[int]] = {}
    for index, mel in enumerate(mels):
        by_length.setdefault(len(mel), []).append(index)
    with torch.inference_mode():
        for indexes in by_length.values():
            for first in range(0, len(indexes), _BATCH):
                batch = indexes[first : first + _BATCH]
                levelled = np.stack([mels[i] * (LEVEL / max(float(mels[i].sum(axis=1).mean()), 1e-9)) for i in batch])
                _, (hidden, _) = lstm(torch.from_numpy(levelled.astype(np.float32)))
                raw = torch.relu(linear(hidden[-1]))
                embeddings[batch] = (raw / raw.norm(dim=1, keepdim=True).clamp_min(1e-6)).numpy()
    return embeddings


@contextmanager
def _torch_threads(count: int) -> Iterator[None]:
    """Let this thread's torch work take so many threads; whoever else uses torch finds its own number again."""
    import torch  # noqa: PLC0415

    before = torch.get_num_threads()
    if count and count != before:
        torch.set_num_threads(count)
    try:
        yield
    finally:
        if torch.get_num_threads() != before:
            torch.set_num_threads(before)


@functools.cache
def _filters() -> NDArray[np.float32]:
    with importing:
        from transformers.audio_utils import mel_filter_bank  # noqa: PLC0415

    bank = mel_filter_bank(
        num_frequency_bins=_FFT // 2 + 1,
        num_mel_filters=_MELS,
        min_frequency=0.0,
        max_frequency=SAMPLE_RATE_HZ / 2,
        sampling_rate=SAMPLE_RATE_HZ,
        norm="slaney",
        mel_scale="slaney",
    )
    return np.asarray(bank, dtype=np.float32)


def _network() -> tuple[Any, Any]:
    with _loading:  # several calls may ask for it at once
        return _loaded()


@functools.cache
def _loaded() -> tuple[Any, Any]:
    import torch  # noqa: PLC0415

    file = package_file(VOICE_PACKAGE, VOICE_FILE)
    check_sha256(file, VOICE_SHA256)
    state = torch.load(file, map_location="cpu", weights_only=True)["model_state"]
    lstm = torch.nn.LSTM(_MELS, DIMENSIONS, num_layers=3, batch_first=True)
    linear = torch.nn.Linear(DIMENSIONS, DIMENSIONS)
    for name, module in (("lstm.", lstm), ("linear.", linear)):
        module.load_state_dict({key.removeprefix(name): value for key, value in state.items() if key.startswith(name)})
    return lstm.eval(), linear.eval()


def voice_status() -> ModelStatus:
    """Return the state of the voice encoder's file; reads and hashes it, changes nothing."""
    return package_file_status(
        VOICE_PACKAGE, VOICE_FILE, VOICE_SHA256, name="voice-encoder", purpose="telling voices apart"
    )
