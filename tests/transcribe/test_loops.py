"""Loops go, what people say several times does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.transcribe.loops import LoopLimits, find_loops
from tests.factories import words


def found(text: str, *, ms_per_word: int = 200) -> list[tuple[int, int, int]]:
    loops = find_loops(words(text, ms_per_word=ms_per_word), LoopLimits())
    return [(loop.start, loop.end, loop.words_each) for loop in loops]


@pytest.mark.parametrize(
    "said",
    [
        "no no no no",
        "No, no, no, no, no!",
        "yeah yeah yeah yeah",
        "bye bye bye",
        "Bye bye. Bye bye.",
        "okay thank you okay thank you okay thank you",
        "can you hear me can you hear me can you hear me",
        "four one one one one one one one one one one",
        "zero zero zero zero",
        "1 1 1 1 1 1 1 1",
        "that that is what it is",
        "",
    ],
)
def test_what_people_repeat_is_no_loop(said: str) -> None:
    assert found(said) == []


@pytest.mark.parametrize(
    ("said", "loops"),
    [
        ("well whoa whoa whoa whoa whoa whoa whoa whoa then", [(1, 9, 1)]),
        ("I don't believe in you. " * 4 + "I don't", [(0, 22, 5)]),  # broken off at the window's end
        ("so thank you thank you Thank you. thank you thank you, thank you", [(1, 13, 2)]),
        ("one " * 11, [(0, 11, 1)]),
        ("go go go go go go go a a a a a a a", [(0, 7, 1), (7, 14, 1)]),
        ("♪ ♪ ♪ ♪ ♪ ♪ ♪", [(0, 7, 1)]),
    ],
)
def test_loops_are_found_with_their_shortest_phrase(said: str, loops: list[tuple[int, int, int]]) -> None:
    assert found(said) == loops


def test_three_times_are_a_loop_where_they_have_no_time() -> None:
    said = "see you soon see you soon see you soon"
    assert found(said, ms_per_word=200) == []
    assert found(said, ms_per_word=20) == [(0, 9, 3)]


@given(st.lists(st.sampled_from(["a", "b", "c"]), max_size=60), st.integers(0, 400))
def test_loops_are_ordered_apart_and_hold_whole_phrases(said: list[str], ms_per_word: int) -> None:
    end = 0
    for start, stop, each in found(" ".join(said), ms_per_word=ms_per_word):
        assert end <= start < start + 3 * each <= stop <= len(said)
        assert all(said[i] == said[i - each] for i in range(start + each, stop))
        end = stop
