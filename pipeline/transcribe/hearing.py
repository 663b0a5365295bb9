"""What all Whisper engines share: find speech, pack it, recognise each window, put the words back in their place."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from typing import TypeVar

import numpy as np

from pipeline.canonical import fingerprint
from pipeline.config import TranscribeSettings
from pipeline.records import Dropped, Word
from pipeline.sound import SAMPLES_PER_MS, CallAudio, Samples
from pipeline.transcribe import echoes, guards, leak, packing
from pipeline.transcribe.echoes import echoed_words
from pipeline.transcribe.engine import UNDETERMINED, Recognition
from pipeline.transcribe.evidence import Evidence, evidence_of
from pipeline.transcribe.guards import Guards, judge
from pipeline.transcribe.languages import LanguageVotes
from pipeline.transcribe.leak import own_sound
from pipeline.transcribe.packing import LONGEST_ENCODED_MS, HeardWord, Window, encoded_ms, pack, unpack
from pipeline.transcribe.recogniser import HeardWindow, Recognise, WindowSound, is_loop
from pipeline.transcribe.sections import SECTION_MS, Section, sections
from pipeline.transcribe.speech import VAD_SHA256, SpeechSettings, cut_long, spans_of, speech_probabilities
from pipeline.transcribe.times import on_time, sounding_frames, tightened

METHOD = "hearing-2"
Timed = TypeVar("Timed", Word, Dropped)
SPEECH, GUARDS = SpeechSettings(), Guards()
WRITTEN_WITHOUT_SPACES = frozenset({"zh", "ja", "th", "lo", "my", "yue"})


def settings_fingerprint(settings: TranscribeSettings) -> str:
    """Return the hash of all that bears on the words besides engine and weights.

    Device and threads are left out: they change rounding, and with it a word here and there, but a call must not be
    recognised again because it moved to another machine.
    """
    return fingerprint(
        METHOD,
        {
            "language": settings.language,
            "expected_language": settings.expected_language,
            "beam_size": settings.beam_size,
            "methods": [guards.METHOD, leak.METHOD, echoes.METHOD],
            "section_ms": SECTION_MS,
            "windows": [packing.WINDOW_MS, packing.SILENCE_AFTER_MS, packing.ENCODED_STEP_MS],
            "speech": {"network": VAD_SHA256, **asdict(SPEECH)},
            "guards": asdict(GUARDS),
        },
    )


def hear(
    audio: CallAudio, *, settings: TranscribeSettings, recognise: Recognise, prompt: str | None = None
) -> Recognition:
    """Recognise every channel for itself, section by section; a channel without speech never reaches the recogniser.

    Where no language is set, windows are recognised in the expected one, which tells their language at the same time;
    if the first section with speech turns out to be in another one, it is recognised again in that.

    Args:
        audio: The call's sound.
        settings: Language, and what else bears on the words.
        recognise: Recognises windows.
        prompt: Names that may be said; None for none.
    """
    language, confidence = settings.language, None
    words: list[list[Word]] = []
    dropped: list[Dropped] = []
    for section in sections(audio()):
        words = words or [[] for _ in section.samples]
        windows, evidence, own = _find_speech(section)
        if not windows:
            continue
        heard = _recognise(
            windows, own, recognise, language or settings.expected_language, prompt, asks_language=language is None
        )
        if language is None:
            language, confidence = _language(windows, heard, settings.expected_language)
            if language != settings.expected_language:
                heard = _recognise(windows, own, recognise, language, prompt)
        said: list[list[Word]] = [[] for _ in section.samples]
        sounds = [sounding_frames(samples) for samples in own]
        for window, of_window in zip(windows, heard, strict=True):
            whole = on_time(whole_words(of_window.words, language=language))
            in_place = tightened(unpack(whole, window), sounds[window.channel])
            judged = judge(in_place, window=window, heard=of_window, evidence=evidence[window.channel], guards=GUARDS)
            said[window.channel] += judged.words
            dropped += [_later(drop, section.offset_ms) for drop in judged.dropped]
        kept, echoed = echoed_words(said, section.samples)
        dropped += [_later(echo, section.offset_ms) for echo in echoed]
        for of_channel, of_section in zip(words, kept, strict=True):
            of_channel += [_later(word, section.offset_ms) for word in of_section]
    return Recognition(
        language=language or UNDETERMINED,
        language_confidence=confidence,
        channels=tuple(tuple(of_channel) for of_channel in words),
        dropped=tuple(sorted(dropped, key=lambda drop: (drop.start_ms, drop.channel))),
    )


def _find_speech(section: Section) -> tuple[list[Window], list[Evidence], Samples]:
    """Return the speech of all channels packed, what speaks for each channel's words, and the sound without leak."""
    length_ms = section.samples.shape[1] // SAMPLES_PER_MS
    with ThreadPoolExecutor(max_workers=len(section.samples) + 1) as threads:
        separating = threads.submit(own_sound, section.samples)
        voices = list(threads.map(speech_probabilities, section.samples))
        own, leaked = separating.result()
        for channel, frames in enumerate(leaked):
            if frames.any():  # beside leak, a breath passes for speech
                voices[channel] = speech_probabilities(own[channel])
    windows: list[Window] = []
    evidence: list[Evidence] = []
    for channel, samples in enumerate(own):
        voice = np.where(leaked[channel], 0.0, voices[channel]).tolist()
        spans = spans_of(voice, length_ms=length_ms, settings=SPEECH)
        windows += pack(cut_long(spans, voice, longest_ms=packing.WINDOW_MS), channel=channel)
        evidence.append(evidence_of(samples, voice))
    return windows, evidence, own


def _recognise(
    windows: Sequence[Window],
    channels: Samples,
    recognise: Recognise,
    language: str,
    prompt: str | None,
    *,
    asks_language: bool = False,
) -> Sequence[HeardWindow]:
    longest = max(windows, key=lambda window: window.length_ms)  # its language is the call's
    sounds = [
        WindowSound(
            samples=window.audio(channels[window.channel]),
            encoded_ms=encoded_ms(window.length_ms),
            language=language,
            prompt=prompt,
            asks_language=asks_language and window is longest,
        )
        for window in windows
    ]
    # the longest first: a short one at the end keeps the other cores waiting less
    order = sorted(range(len(sounds)), key=lambda i: -sounds[i].encoded_ms)
    by_length = dict(zip(order, recognise([sounds[i] for i in order]), strict=True))
    heard = [by_length[i] for i in range(len(sounds))]
    # What is encoded at its own length now and then ends in a loop where 30 s, as trained, would not.
    loops = [i for i, of_window in enumerate(heard) if is_loop(of_window.text)]
    again = [i for i in loops if sounds[i].encoded_ms < LONGEST_ENCODED_MS]
    at_length = [replace(sounds[i], encoded_ms=LONGEST_ENCODED_MS) for i in again]
    for i, of_window in zip(again, recognise(at_length), strict=True):
        heard[i] = of_window
    return heard


def _language(windows: Sequence[Window], heard: Sequence[HeardWindow], expected: str) -> tuple[str, float | None]:
    votes = LanguageVotes(expected)
    for window, of_window in zip(windows, heard, strict=True):
        votes.add(of_window.languages, length_ms=window.length_ms)
    return votes.decide()


def _later(timed: Timed, offset_ms: int) -> Timed:
    return replace(timed, start_ms=timed.start_ms + offset_ms, end_ms=timed.end_ms + offset_ms) if offset_ms else timed


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
