"""Invented words are dropped with their reason, real words are not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.records import Dropped, Span
from pipeline.transcribe.evidence import Evidence
from pipeline.transcribe.guards import Guards, judge, supported
from pipeline.transcribe.packing import Window, pack
from pipeline.transcribe.recogniser import HeardWindow
from pipeline.transcribe.speech import FRAME_MS
from tests.factories import words

STRETCH = Span(start_ms=0, end_ms=20_000)
LATER = Span(start_ms=25_000, end_ms=29_000)


def window(*spans: Span) -> Window:
    (packed,) = pack(spans or (STRETCH,), channel=1)
    return packed


def heard(*, no_speech: float = 0.1, log_probability: float = -0.3) -> HeardWindow:
    return HeardWindow(words=(), no_speech_probability=no_speech, mean_log_probability=log_probability)


def evidence(*, voice: float, pauses: bool) -> Evidence:
    """Half a minute of one voice probability; every second half second quiet, or a level that never changes."""
    frames = 30_000 // FRAME_MS
    levels = np.full(frames, -25.0)
    if pauses:
        levels[np.arange(frames) // 16 % 2 == 1] = -65
    return Evidence(voice=np.full(frames, voice), levels_dbfs=levels)


SPEECH = evidence(voice=0.97, pauses=True)
SOFT_SPEECH = evidence(voice=0.6, pauses=True)
NOISY_SPEECH = evidence(voice=0.97, pauses=False)
MUSIC = evidence(voice=0.6, pauses=False)


def judged(
    text: str, sound: Evidence, *, probability: float = 0.9, given: HeardWindow | None = None
) -> tuple[str, list[tuple[str, str]]]:
    said = words(text, ms_per_word=200, confidence=probability)
    result = judge(said, window=window(), heard=given or heard(), evidence=sound, guards=Guards())
    return " ".join(word.text for word in result.words), [(drop.reason, drop.text) for drop in result.dropped]


@pytest.mark.parametrize(
    ("text", "sound", "probability"),
    [
        ("thank you for calling harbour bank", SPEECH, 0.9),
        ("thank you.", SPEECH, 0.3),  # mumbled, but there is a voice
        ("thank you.", SOFT_SPEECH, 0.9),  # soft, but clear
        ("hi", SOFT_SPEECH, 0.44),
        ("garbled words of a bad line", NOISY_SPEECH, 0.3),
        ("a caller with the radio on", MUSIC, 0.9),
        ("Bye.", MUSIC, 0.8),
        ("no no no no", SOFT_SPEECH, 0.9),
        ("please subscribe me to the newsletter", SPEECH, 0.9),
    ],
)
def test_doubt_on_one_count_drops_nothing(text: str, sound: Evidence, probability: float) -> None:
    assert judged(text, sound, probability=probability) == (text, [])


@pytest.mark.parametrize(
    ("text", "sound", "probability", "reason"),
    [
        ("you", MUSIC, 0.5, "phantom_phrase"),
        ("thanks for watching", SOFT_SPEECH, 0.4, "phantom_phrase"),
        ("subtitles by the amara.org community", SOFT_SPEECH, 0.9, "phantom_phrase"),
        ("I'm gonna", SOFT_SPEECH, 0.1, "weak_evidence"),
        ("they will have the terror route", MUSIC, 0.4, "weak_evidence"),
        ("whoa " * 14, MUSIC, 0.95, "loop"),
        ("the second was the piano diozto " * 6, MUSIC, 0.5, "loop"),
    ],
)
def test_doubt_on_two_counts_drops_the_stretch(text: str, sound: Evidence, probability: float, reason: str) -> None:
    assert judged(text, sound, probability=probability) == ("", [(reason, text.strip())])


def test_loop_of_a_real_voice_is_cut_to_its_first_saying() -> None:
    kept, dropped = judged("i said " + "call me back " * 7 + "please", SPEECH)
    assert kept == "i said call me back please"
    assert dropped == [("loop", " ".join(["call me back"] * 6))]


def test_notes_on_the_sound_go_even_where_there_is_a_voice() -> None:
    assert judged("hello (upbeat music) there", SPEECH) == ("hello there", [("phantom_phrase", "(upbeat music)")])


@pytest.mark.parametrize(
    ("no_speech", "log_probability", "kept"), [(0.9, -1.4, False), (0.9, -0.4, True), (0.2, -1.4, True)]
)
def test_recognisers_own_doubt_needs_both_of_its_counts(no_speech: float, log_probability: float, kept: bool) -> None:
    given = heard(no_speech=no_speech, log_probability=log_probability)
    expected = ("so what", []) if kept else ("", [("no_speech", "so what")])
    assert judged("so what", SPEECH, given=given) == expected


def test_phrase_that_is_often_invented_goes_where_the_recogniser_hears_no_speech() -> None:
    doubting = heard(no_speech=0.9)
    assert judged("whoa whoa", SOFT_SPEECH, given=doubting) == ("", [("phantom_phrase", "whoa whoa")])
    assert judged("whoa whoa", SPEECH, given=doubting) == ("whoa whoa", [])
    assert judged("my card", SOFT_SPEECH, given=doubting) == ("my card", [])


def mixed(*, goes_on: bool) -> tuple[str, int, tuple[Dropped, ...]]:
    """A doubtful flat stretch with one word, then a sure one with more."""
    sound = evidence(voice=0.6, pauses=False)
    sound.voice[LATER.start_ms // FRAME_MS :] = 0.97
    first = words("branch" if goes_on else "Branch.", confidence=0.4)
    then = words("hours are ten to five", start_ms=LATER.start_ms + 500)
    early = Span(start_ms=0, end_ms=1000)
    result = judge((*first, *then), window=window(early, LATER), heard=heard(), evidence=sound, guards=Guards())
    return " ".join(word.text for word in result.words), result.words[0].start_ms, result.dropped


def test_each_stretch_is_judged_for_itself() -> None:
    kept, start_ms, dropped = mixed(goes_on=False)
    assert (kept, start_ms) == ("hours are ten to five", 25_500)
    assert dropped == (Dropped(channel=1, start_ms=0, end_ms=300, text="Branch.", reason="weak_evidence"),)


def test_first_word_of_a_sentence_that_was_aligned_to_a_noise_goes_to_its_sentence() -> None:
    assert mixed(goes_on=True) == ("branch hours are ten to five", 25_000, ())


@pytest.mark.parametrize(("sound", "kept"), [(MUSIC, 0), (SOFT_SPEECH, 12), (NOISY_SPEECH, 12)])
def test_loop_over_several_stretches_counts_only_where_sound_never_pauses(sound: Evidence, kept: int) -> None:
    stretches = [Span(start_ms=at_ms, end_ms=at_ms + 4000) for at_ms in (0, 6000, 12_000)]
    said = [word for span in stretches for word in words("hello hello hello hello", start_ms=span.start_ms + 100)]
    result = judge(said, window=window(*stretches), heard=heard(), evidence=sound, guards=Guards())
    assert len(result.words) == kept
    assert {drop.reason for drop in result.dropped} == (set() if kept else {"loop"})


def test_confidence_falls_where_there_is_no_voice_under_a_word() -> None:
    (word,) = words("hello", confidence=0.8)
    with_voice, without = evidence(voice=0.7, pauses=True), evidence(voice=0.0, pauses=True)
    assert supported(word, with_voice).confidence == pytest.approx(0.8)
    assert supported(word, without).confidence == pytest.approx(0.4)
    assert supported(replace(word, confidence=None), without).confidence is None


def test_words_without_probabilities_are_believed_unless_the_sound_speaks_against_them() -> None:
    said = words("they will have it", confidence=None)
    assert judge(said, window=window(), heard=heard(), evidence=MUSIC, guards=Guards()).words == said
