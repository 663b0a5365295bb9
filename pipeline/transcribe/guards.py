"""What a recogniser wrote although nobody said it: dropped, with the reason.

Whisper was trained on subtitles. On music it may write a phrase that is common there, and sometimes it repeats itself
without end. An invented greeting would pass a greeting check, so what is doubtful on two counts is left out: silence is
the honest answer. One count alone drops nothing, because real words have each of them: a soft "bye" has little voice,
a mumbled name a low probability.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, zip_longest

from pipeline.records import Dropped, Span, Word
from pipeline.transcribe.evidence import Evidence
from pipeline.transcribe.loops import LoopLimits, find_loops
from pipeline.transcribe.packing import Window
from pipeline.transcribe.phantoms import holds_credit, in_note, is_phantom
from pipeline.transcribe.recogniser import HeardWindow, compression_ratio

METHOD = "guards-2"
NO_SPEECH, LOOP, PHANTOM_PHRASE, WEAK_EVIDENCE = "no_speech", "loop", "phantom_phrase", "weak_evidence"


@dataclass(frozen=True, kw_only=True, slots=True)
class Guards:
    """When words are not believed. A stretch is what lies between two pauses: one piece of a window.

    Attributes:
        no_speech_probability: Above this *and* below ``mean_log_probability``, a window is no speech (the limits of
            openai-whisper's `transcribe`).
        mean_log_probability: See above; natural logarithm per token.
        compression_ratio: Text of a doubtful stretch that zlib shortens by more than this factor is a loop.
        sure_voice_ms: A stretch with less than this of certain voice is doubtful.
        flat_db: A stretch whose level falls by less than this does not pause as speech does.
        improbable: Words of a doubtful stretch are dropped below this mean probability.
        improbable_if_flat: The same for a stretch that is also flat.
        improbable_phrase: A phrase that is often invented is dropped from a doubtful stretch below this one.
        loops: How often may be said the same.
    """

    no_speech_probability: float = 0.6
    mean_log_probability: float = -1.0
    compression_ratio: float = 2.4
    sure_voice_ms: int = 96
    flat_db: float = 22.0
    improbable: float = 0.25
    improbable_if_flat: float = 0.6
    improbable_phrase: float = 0.5
    loops: LoopLimits = field(default_factory=LoopLimits)


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """What stands of a window's words, with their confidence, and what does not; both in order of time."""

    words: tuple[Word, ...]
    dropped: tuple[Dropped, ...]


def judge(words: Sequence[Word], *, window: Window, heard: HeardWindow, evidence: Evidence, guards: Guards) -> Judged:
    """Tell which of a window's words were said.

    Args:
        words: The window's words where they were said (`packing.unpack`); their confidence is the recogniser's
            probability.
        window: Where they were heard.
        heard: The recogniser's own doubts about the window.
        evidence: The sound of the window's channel, on the same clock as ``words``.
        guards: Limits.
    """
    if _is_no_speech(heard, guards):
        return Judged(words=(), dropped=tuple(_dropped(words, NO_SPEECH, window.channel)))
    kept: list[Word] = []
    dropped: list[Dropped] = []
    stretches = list(_by_stretch(words, window))
    looped = {word for loop in find_loops(words, guards.loops) for word in words[loop.start : loop.end]}
    for (stretch, spoken), following in zip_longest(stretches, stretches[1:]):
        if following and _begins((stretch, spoken), following, evidence, guards):
            first_ms, until_ms = following[0].start_ms, following[1][0].start_ms
            moved = [replace(word, start_ms=first_ms, end_ms=max(until_ms, first_ms + 1)) for word in spoken]
            kept += [supported(word, evidence) for word in moved]
            continue
        looping = not looped.isdisjoint(spoken)
        reasons = _reasons(spoken, stretch, heard, evidence, guards, looping=looping)
        for reason, run in groupby(zip(spoken, reasons, strict=True), key=lambda pair: pair[1]):
            of_run = [word for word, _ in run]
            if reason is None:
                kept += [supported(word, evidence) for word in of_run]
            else:
                dropped += _dropped(of_run, reason, window.channel)
    return Judged(words=tuple(kept), dropped=tuple(dropped))


def supported(word: Word, evidence: Evidence) -> Word:
    """Return a word with its confidence: the recogniser's probability, halved where no voice lies under the word.

    In between it falls with the voice's probability from 0.5 down; above that, a voice is a voice.
    """
    if word.confidence is None:
        return word
    return replace(word, confidence=word.confidence * (0.5 + min(0.5, evidence.voice_under(word))))


def _reasons(
    words: Sequence[Word], stretch: Span, heard: HeardWindow, evidence: Evidence, guards: Guards, *, looping: bool
) -> list[str | None]:
    """Return for each word of a stretch why it is dropped, or None where it stands.

    ``looping``: some of the words are in a loop of the whole window. Only sound without pauses makes that count: people
    who wait do say "hello?" ten times, with silence between.
    """
    texts = [word.text for word in words]
    mean = _mean_probability(words)
    doubtful = evidence.sure_ms(stretch) < guards.sure_voice_ms
    flat = evidence.range_db(stretch) < guards.flat_db
    if doubtful:
        if (flat and looping) or compression_ratio(" ".join(texts)) > guards.compression_ratio:
            return [LOOP] * len(words)  # nothing was said that it could have begun with
        phantom = is_phantom(texts)
        improbable = guards.improbable_phrase if phantom else guards.improbable
        if mean < (guards.improbable_if_flat if flat else improbable) or (phantom and _says_no_speech(heard, guards)):
            return [PHANTOM_PHRASE if phantom else WEAK_EVIDENCE] * len(words)
        if holds_credit(texts):
            return [PHANTOM_PHRASE] * len(words)
    elif mean < guards.improbable_phrase and holds_credit(texts):
        return [PHANTOM_PHRASE] * len(words)
    reasons: list[str | None] = [PHANTOM_PHRASE if noted else None for noted in in_note(texts)]
    for loop in find_loops(words, guards.loops):
        reasons[loop.said_once_until : loop.end] = [LOOP] * (loop.end - loop.said_once_until)
    return reasons


def _begins(
    before: tuple[Span, Sequence[Word]], after: tuple[Span, Sequence[Word]], evidence: Evidence, guards: Guards
) -> bool:
    """Tell whether the word or two of a stretch are the first ones of the next, aligned to a noise before it."""
    goes_on = before[1][-1].text[-1:] not in ".?!" and after[1][0].text[:1].islower()
    doubtful = evidence.sure_ms(before[0]) < guards.sure_voice_ms <= evidence.sure_ms(after[0])
    return len(before[1]) <= 2 and goes_on and doubtful


def _mean_probability(words: Sequence[Word]) -> float:
    known = [word.confidence for word in words if word.confidence is not None]
    return sum(known) / len(known) if known else 1.0


def _is_no_speech(heard: HeardWindow, guards: Guards) -> bool:
    return _says_no_speech(heard, guards) and heard.mean_log_probability < guards.mean_log_probability


def _says_no_speech(heard: HeardWindow, guards: Guards) -> bool:
    return heard.no_speech_probability > guards.no_speech_probability


def _by_stretch(words: Sequence[Word], window: Window) -> Iterator[tuple[Span, list[Word]]]:
    for piece in window.pieces:
        inside = [word for word in words if piece.source.start_ms <= word.start_ms < piece.source.end_ms]
        if inside:
            yield piece.source, inside


def _dropped(words: Sequence[Word], reason: str, channel: int) -> Iterator[Dropped]:
    if words:
        yield Dropped(
            channel=channel,
            start_ms=words[0].start_ms,
            end_ms=max(word.end_ms for word in words),
            text=" ".join(word.text for word in words),
            reason=reason,
        )
