"""Words into turns."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.records import Role, Turn, Word
from pipeline.transcribe.turns import make_turns
from tests.factories import words

ROLES = (Role.AGENT, Role.CUSTOMER)


def turns_of(*channels: tuple[Word, ...], max_pause_ms: int = 1500) -> tuple[Turn, ...]:
    return make_turns(channels, roles=ROLES[: len(channels)], role_confidence=0.8, max_pause_ms=max_pause_ms)


def said(*channels: tuple[Word, ...], max_pause_ms: int = 1500) -> list[tuple[str, str]]:
    return [(turn.role.value, turn.text) for turn in turns_of(*channels, max_pause_ms=max_pause_ms)]


@st.composite
def channel_words(draw: st.DrawFn) -> tuple[Word, ...]:
    steps = draw(st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 1500), st.sampled_from(["okay", "so?", "x"]))))
    spoken, at_ms = [], 0
    for i, (pause_ms, length_ms, text) in enumerate(steps):
        spoken.append(
            Word(
                text=f"{text}{i}" if text == "x" else text,
                start_ms=at_ms + pause_ms,
                end_ms=at_ms + pause_ms + length_ms,
            )
        )
        at_ms = spoken[-1].end_ms
    return tuple(spoken)


def test_turns_alternate_in_order_of_start() -> None:
    agent = (*words("how can i help?"), *words("sure which one", start_ms=4000))
    customer = words("i lost my card", start_ms=1500)
    assert said(agent, customer) == [
        ("agent", "how can i help?"),
        ("customer", "i lost my card"),
        ("agent", "sure which one"),
    ]


def test_turns_end_at_a_long_pause() -> None:
    agent = (*words("let me look"), *words("here it is", start_ms=3000))
    assert [text for _, text in said(agent, ())] == ["let me look", "here it is"]
    assert [text for _, text in said(agent, (), max_pause_ms=3000)] == ["let me look here it is"]


STORY = (*words("so i went to the branch"), *words("and nobody was there", start_ms=3000))  # a pause of 1200 ms


@pytest.mark.parametrize(
    ("into_the_pause", "turns"),
    [
        ("mm-hmm", 2),
        ("okay I see.", 2),
        ("which branch", 3),  # takes the floor
        ("okay okay okay okay", 3),  # goes on for more than a second
    ],
)
def test_backchannel_does_not_shred_a_turn(into_the_pause: str, turns: int) -> None:
    count = len(into_the_pause.split())
    other = words(into_the_pause, start_ms=1850, ms_per_word=275 if count > 3 else 300)
    made = turns_of(STORY, other)
    assert len(made) == turns
    assert ("customer", into_the_pause) in [(turn.role.value, turn.text) for turn in made]


def test_yes_in_answer_to_a_question_is_a_turn_of_its_own() -> None:
    agent = (*words("is this your account?"), *words("great thank you", start_ms=2200))
    assert len(said(agent, words("yes", start_ms=1500))) == 3


def test_overlap_alone_does_not_end_a_turn() -> None:
    agent = words("one two three four five six seven eight")
    assert len(said(agent, words("wait what are you saying", start_ms=600))) == 2


def test_parties_on_one_channel_keep_it_and_an_acknowledgement_does_not_shred_the_turn() -> None:
    made = make_turns(
        (STORY, words("mm-hmm", start_ms=1850)),
        roles=(Role.CUSTOMER, Role.AGENT),
        role_confidence=0.7,
        max_pause_ms=1500,
        channel_of=(0, 0),
    )
    assert [(turn.role, turn.channel) for turn in made] == [(Role.CUSTOMER, 0), (Role.AGENT, 0)]
    assert made[0].words == STORY


def test_nobody_speaking_gives_no_turns() -> None:
    assert turns_of((), ()) == ()


@given(channel_words(), channel_words(), st.integers(0, 2500))
def test_turns_hold_every_word_once_in_order(first: tuple[Word, ...], second: tuple[Word, ...], pause_ms: int) -> None:
    made = turns_of(first, second, max_pause_ms=pause_ms)
    assert [turn.index for turn in made] == list(range(len(made)))
    assert [turn.start_ms for turn in made] == sorted(turn.start_ms for turn in made)
    for channel, spoken in enumerate((first, second)):
        own = [turn for turn in made if turn.channel == channel]
        assert [word for turn in own for word in turn.words] == list(spoken)
        assert all(before.end_ms <= after.start_ms for before, after in pairwise(own))
        for turn in own:
            assert turn.role is ROLES[channel]
            assert turn.start_ms == turn.words[0].start_ms
            assert turn.end_ms == max(word.end_ms for word in turn.words)
    assert Counter(id(word) for turn in made for word in turn.words) == Counter(id(word) for word in (*first, *second))


@given(channel_words(), channel_words())
def test_turns_do_not_depend_on_which_channel_is_first(first: tuple[Word, ...], second: tuple[Word, ...]) -> None:
    as_given = {(turn.start_ms, turn.words) for turn in turns_of(first, second)}
    swapped = {(turn.start_ms, turn.words) for turn in turns_of(second, first)}
    assert as_given == swapped
