"""What all Whisper engines share: find speech, pack it, recognise each window, put the words back in their place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray

from pipeline.canonical import fingerprint
from pipeline.config import TranscribeSettings
from pipeline.records import Word
from pipeline.transcribe.engine import UNDETERMINED, Recognition
from pipeline.transcribe.guards import Guards, Segment, believable
from pipeline.transcribe.packing import WINDOW_MS, HeardWord, Window, pack, unpack
from pipeline.transcribe.speech import VAD_SHA256, SpeechSettings, find_speech

METHOD = "hearing-1"
SPEECH, GUARDS = SpeechSettings(), Guards()
WRITTEN_WITHOUT_SPACES = frozenset({"zh", "ja", "th", "lo", "my", "yue"})

Samples = NDArray[np.float32]
Decode = Callable[[Samples, str], Iterable[Segment]]
DetectLanguage = Callable[[Samples], str]


def settings_fingerprint(settings: TranscribeSettings) -> str:
    """Return the hash of all that bears on the words besides engine and weights.

    Device and threads are left out: they change rounding, and with it a word here and there, but a call must not be
    recognised again because it moved to another machine.
    """
    return fingerprint(
        METHOD,
        {
            "language": settings.language,
            "beam_size": settings.beam_size,
            "window_ms": WINDOW_MS,
            "speech": {"network": VAD_SHA256, **asdict(SPEECH)},
            "guards": asdict(GUARDS),
        },
    )


def hear(
    channels: Samples, *, language: str | None, decode: Decode, detect_language: DetectLanguage, at_once: int = 1
) -> Recognition:
    """Recognise every channel for itself; a channel without speech never reaches the recogniser.

    Args:
        channels: Shape ``[channels, n]``, 16 kHz.
        language: Language code, or None to detect it on the call's longest window.
        decode: Window's samples (up to 30 s) and language -> segments with times inside the window.
        detect_language: Window's samples -> language code.
        at_once: Windows to decode at the same time; ``decode`` must bear being called from so many threads.
    """
    packed = [pack(find_speech(samples, SPEECH), channel=channel) for channel, samples in enumerate(channels)]
    windows = [window for of_channel in packed for window in of_channel]
    if not windows:
        return Recognition(language=language or UNDETERMINED, channels=tuple(() for _ in packed))
    if language is None:
        longest = max(windows, key=lambda window: window.length_ms)
        language = detect_language(longest.audio(channels[longest.channel]))

    def words_of(window: Window, spoken: str) -> tuple[Word, ...]:
        segments = decode(window.audio(channels[window.channel]), spoken)
        return unpack(whole_words(believable(segments, GUARDS), language=spoken), window)

    # one thread a window beats all threads on one window: 4.3 s instead of 5.9 s for a minute of stereo on 2 cores
    with ThreadPoolExecutor(max_workers=at_once) as threads:
        heard = list(threads.map(lambda window: words_of(window, language), windows))
    by_channel: list[list[Word]] = [[] for _ in packed]
    for window, words in zip(windows, heard, strict=True):
        by_channel[window.channel] += words
    return Recognition(language=language, channels=tuple(tuple(words) for words in by_channel))


def whole_words(heard: Sequence[HeardWord], *, language: str) -> tuple[HeardWord, ...]:
    """Return words without outer spaces, with what Whisper's tokenizer cut apart put together again.

    It gives ``" a"``, ``".m."`` and ``" 10"``, ``"-15"``: a piece that does not begin with a space belongs to the word
    before it, or "a.m." would become two words. Languages written without spaces stay as they are cut.
    """
    words: list[HeardWord] = []
    for piece in heard:
        text = piece.text.strip()
        glued = words and not piece.text.startswith(" ") and language not in WRITTEN_WITHOUT_SPACES
        if not text:
            continue
        if glued:
            words[-1] = _joined(words[-1], piece)
        else:
            words.append(HeardWord(text=text, start_s=piece.start_s, end_s=piece.end_s, probability=piece.probability))
    return tuple(words)


def _joined(word: HeardWord, piece: HeardWord) -> HeardWord:
    probability = None
    if word.probability is not None and piece.probability is not None:
        letters = (len(word.text), len(piece.text))
        probability = (word.probability * letters[0] + piece.probability * letters[1]) / sum(letters)
    return HeardWord(
        text=word.text + piece.text.strip(), start_s=word.start_s, end_s=piece.end_s, probability=probability
    )
