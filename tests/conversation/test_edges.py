from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.conversation.edges import drawn_to_sound
from pipeline.conversation.speech import SpokenWord, spoken_words
from pipeline.records import Redaction
from tests.factories import transcript

QUIET, VOICE = -70.0, -25.0


def levels(*sounds: tuple[int, int], level: float = VOICE, floor: float = QUIET) -> NDArray[np.float64]:
    """Levels of 10 s per 20 ms: a voice from .. to, and the line's noise elsewhere."""
    made = np.full(500, floor)
    for start_ms, end_ms in sounds:
        made[start_ms // 20 : end_ms // 20] = level
    return made


def edges(words: tuple[SpokenWord, ...]) -> list[tuple[int, int]]:
    return [(word.start_ms, word.end_ms) for word in words]


# said 1000-1300 and 2300-2600
TWO = spoken_words(transcript(("agent", "one", 1000), ("agent", "two", 2300)))


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        pytest.param([(1000, 1300), (2300, 2600)], [(1000, 1300), (2300, 2600)], id="as recognised"),
        pytest.param([(1000, 1500), (2300, 2600)], [(1000, 1500), (2300, 2600)], id="end drawn out"),
        pytest.param([(1000, 1300), (2100, 2600)], [(1000, 1300), (2100, 2600)], id="start drawn out"),
        pytest.param([(900, 1300), (2300, 2800)], [(900, 1300), (2300, 2800)], id="before the first, after the last"),
        pytest.param([(1000, 1400), (1500, 1560)], [(1000, 1560), (2300, 2600)], id="over the closure of a stop"),
        pytest.param([(1000, 1400), (1560, 1700)], [(1000, 1400), (2300, 2600)], id="not over a pause"),
        pytest.param([(1000, 2600)], [(1000, 1900), (1900, 2600)], id="through the pause: the first word goes first"),
        pytest.param([(1000, 1200)], [(1000, 1300), (2300, 2600)], id="never shortened"),
    ],
)
def test_word_at_a_pause_ends_where_its_sound_does(
    heard: list[tuple[int, int]], expected: list[tuple[int, int]]
) -> None:
    assert edges(drawn_to_sound(TWO, [levels(*heard)])) == expected


def test_sound_is_followed_no_further_than_it_may_be_this_voice() -> None:
    alone = spoken_words(transcript(("agent", "one", 1000)))
    music = levels((1000, 9000))
    assert edges(drawn_to_sound(alone, [music])) == [(1000, 1900)]


@pytest.mark.parametrize(("level", "end_ms"), [(-50.0, 1500), (-56.0, 1300)])
def test_sound_far_under_the_voice_is_none_of_it(level: float, end_ms: int) -> None:
    heard = levels((1000, 1300), (2300, 2600), floor=-90.0)
    heard[1300 // 20 : 1500 // 20] = level  # the voice is at -25 dBFS
    assert edges(drawn_to_sound(TWO, [heard]))[0] == (1000, end_ms)


def test_loud_line_noise_is_not_followed() -> None:
    assert edges(drawn_to_sound(TWO, [levels((1000, 1300), floor=-32.0)])) == edges(TWO)


def test_word_is_not_drawn_out_while_somebody_else_speaks() -> None:
    both = spoken_words(transcript(("agent", "one", 1000), ("customer", "hello", 1300)))
    leak = levels((1000, 2000))
    assert edges(drawn_to_sound(both, [leak, levels((1300, 1600))])) == edges(both)


def test_words_of_the_other_channel_are_drawn_to_their_own_sound() -> None:
    both = spoken_words(transcript(("agent", "one", 1000), ("customer", "hello", 3000)))
    assert edges(drawn_to_sound(both, [levels((1000, 1300)), levels((3000, 3500))])) == [(1000, 1300), (3000, 3500)]


def test_masked_word_keeps_its_times() -> None:
    masked = Redaction(kind="card_number", turn_index=0, start_ms=1000, end_ms=1300)
    call = transcript(("customer", "[card_number]", 1000), redactions=(masked,))
    assert edges(drawn_to_sound(spoken_words(call), [levels(), levels((900, 1600))])) == [(1000, 1300)]


@pytest.mark.parametrize("heard", [(), (np.zeros(0),), (levels((0, 10_000)),)])
def test_words_beyond_the_sound_keep_their_times(heard: tuple[NDArray[np.float64], ...]) -> None:
    late = tuple(dataclasses.replace(word, channel=word.channel + 1) for word in TWO)
    assert edges(drawn_to_sound(late, heard)) == edges(TWO)
    assert edges(drawn_to_sound(late, ())) == edges(TWO)
