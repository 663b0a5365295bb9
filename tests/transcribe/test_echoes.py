"""Words of leak are dropped; what both say at once stays."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.records import Word
from pipeline.transcribe.echoes import echoed_words
from tests.factories import words
from tests.transcribe.voice import RATE_HZ, Signal, leak, voice

SAID = "hello this is harbour bank"


def twice(*, echo_db: float, own: bool, text: str = SAID, late_ms: int = 60) -> tuple[list[tuple[Word, ...]], Signal]:
    """The same words on both channels: an echo of the first, or the second party's own voice at that level."""
    span_s = (2.0, 2.0 + 0.3 * len(text.split()))
    first = voice(1, span_s)
    second = voice(2, span_s) * np.float32(10 ** (echo_db / 20)) if own else voice(3) + leak(first, echo_db, late_ms)
    return [words(SAID, start_ms=2000), words(text, start_ms=2000 + late_ms)], np.stack([first, second])


@pytest.mark.parametrize("echo_db", [-8, -15, -20])
@pytest.mark.parametrize("text", [SAID, "Hello, this is Harbor Bank."])
def test_echoed_words_are_dropped_with_their_reason(text: str, echo_db: float) -> None:
    heard, channels = twice(echo_db=echo_db, own=False, text=text)

    kept, dropped = echoed_words(heard, channels)

    assert kept == (heard[0], ())
    assert [(word.channel, word.start_ms, word.reason) for word in dropped] == [
        (1, word.start_ms, "leak") for word in heard[1]
    ]
    assert " ".join(word.text for word in dropped) == text


@pytest.mark.parametrize("text", ["bye", "bye bye", "thank you very much"])
@pytest.mark.parametrize("level_db", [0, -6, -12, -20])
def test_words_that_both_say_at_once_stay(level_db: float, text: str) -> None:
    span_s = (2.0, 2.0 + 0.3 * len(text.split()))
    channels = np.stack([voice(1, span_s), voice(2, span_s) * np.float32(10 ** (level_db / 20))])
    heard = (words(text, start_ms=2000), words(text, start_ms=2050))

    assert echoed_words(heard, channels) == (heard, ())


def test_other_words_and_other_times_stay() -> None:
    heard, channels = twice(echo_db=-10, own=False)
    different = (heard[0], words("no i do not think", start_ms=2060))
    repeated = (heard[0], words(SAID, start_ms=4000))

    assert echoed_words(different, channels) == (different, ())
    assert echoed_words(repeated, channels) == (repeated, ())


def test_echoed_words_take_the_section_into_account() -> None:
    heard, channels = twice(echo_db=-10, own=False)
    later = [
        tuple(Word(text=w.text, start_ms=w.start_ms + 600_000, end_ms=w.end_ms + 600_000) for w in c) for c in heard
    ]

    kept, dropped = echoed_words(later, channels, offset_ms=600_000)

    assert kept == (later[0], ())
    assert dropped[0].start_ms == 602_060


def test_echoed_words_leave_mono_and_one_sided_calls_alone() -> None:
    heard = words(SAID)
    sound = np.zeros((2, RATE_HZ), dtype=np.float32)

    assert echoed_words([heard], sound[:1]) == ((heard,), ())
    assert echoed_words([heard, ()], sound) == ((heard, ()), ())
    assert echoed_words([], sound[:0]) == ((), ())
