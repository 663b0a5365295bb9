"""What the benchmark counts, on words that are made up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.asr.measures import (
    Heard,
    Said,
    Segment,
    SpeakerCount,
    WordErrors,
    count_speakers,
    doubled,
    median_ratio,
    share_within,
    time_errors,
    word_errors,
)

AGENT = Segment(role="agent", start_ms=0, end_ms=2000)
CUSTOMER = Segment(role="customer", start_ms=3000, end_ms=5000)
TALKING_OVER = Segment(role="customer", start_ms=1500, end_ms=2000)


def heard(text: str, start_ms: int, role: str | None = "agent", channel: int = 0, lasts_ms: int = 200) -> Heard:
    return Heard(text=text, start_ms=start_ms, end_ms=start_ms + lasts_ms, role=role, channel=channel)


@pytest.mark.parametrize(
    ("said", "made", "wanted"),
    [
        ("thank you for calling", "Thank you for calling.", (4, 0, 0, 0)),
        ("thank you for calling", "thank you calling", (4, 0, 1, 0)),
        ("thank you for calling", "thank you so for calling", (4, 0, 0, 1)),
        ("thank you for calling", "thank you for falling", (4, 1, 0, 0)),
        ("I'm at eighty one", "I am at 81", (4, 0, 0, 0)),
        ("", "thanks for watching", (0, 0, 0, 3)),
        ("hello", "", (1, 0, 1, 0)),
    ],
)
def test_word_errors_are_counted_by_kind_after_normalizing(
    said: str, made: str, wanted: tuple[int, int, int, int]
) -> None:
    counted = word_errors(said, made)

    assert (counted.said, counted.substituted, counted.deleted, counted.inserted) == wanted


def test_word_error_rates_add_up_by_words_not_by_calls() -> None:
    short, long = WordErrors(said=2, deleted=2), WordErrors(said=98)

    assert (short + long).rate == 0.02
    assert WordErrors(inserted=5).rate is None


def test_speakers_are_those_who_speak_at_the_middle_of_a_word() -> None:
    words = [heard("hello", 100), heard("there", 1950, lasts_ms=40), heard("hi", 2990, "customer"), heard("me", 3500)]

    counted = count_speakers(words, [AGENT, CUSTOMER])

    assert (counted.words, counted.right) == (4, 3)


def test_speakers_outside_of_segments_go_to_the_nearest_within_the_collar() -> None:
    just_after, far_off = heard("bye", 2050), heard("noise", 2400)

    counted = count_speakers([just_after, far_off], [AGENT, CUSTOMER])

    assert (counted.words, counted.right, counted.nowhere) == (1, 1, 1)


def test_speakers_who_talk_at_once_are_both_right_and_left_out_of_the_stricter_share() -> None:
    words = [heard("so", 1600, "agent"), heard("but", 1600, "customer", 1), heard("well", 100, "agent")]

    counted = count_speakers(words, [AGENT, TALKING_OVER])

    assert (counted.right, counted.alone_words, counted.alone_right) == (3, 1, 1)


def test_speakers_left_unknown_are_not_right_but_may_be_told_apart() -> None:
    words = [heard("hello", 100, "unknown", 0), heard("hi", 3100, "unknown", 1), heard("yes", 3500, "unknown", 1)]

    counted = count_speakers(words, [AGENT, CUSTOMER])

    assert (counted.right, counted.unknown, counted.separated) == (0, 3, 3)
    assert counted.verdict == "unknown"


def test_speakers_on_one_unknown_channel_are_not_told_apart() -> None:
    words = [heard("hello", 100, "unknown"), heard("hi", 3100, "unknown"), heard("yes", 3500, "unknown")]

    assert count_speakers(words, [AGENT, CUSTOMER]).separated == 2


@pytest.mark.parametrize(
    ("right", "unknown", "verdict"),
    [(9, 0, "right"), (1, 0, "wrong"), (3, 6, "unknown"), (4, 5, "right"), (1, 5, "wrong")],
)
def test_roles_of_a_call_are_what_most_of_its_words_have(right: int, unknown: int, verdict: str) -> None:
    assert SpeakerCount(words=10, right=right, unknown=unknown).verdict == verdict


def test_roles_of_a_call_without_words_are_unknown() -> None:
    assert SpeakerCount().verdict == "unknown"


def test_doubled_counts_each_word_of_the_other_channel_once() -> None:
    words = [
        heard("Hello", 100),
        heard("hello,", 140, channel=1),
        heard("hello", 150, channel=1),
        heard("hello", 900, channel=1),
        heard("there", 120, channel=1),
    ]

    assert doubled(words) == 1


def test_time_errors_compare_only_words_that_were_recognised() -> None:
    said = [
        Said(text="good", start_ms=0, end_ms=300),
        Said(text="morning", start_ms=300, end_ms=800),
        Said(text="Sir."),
    ]
    words = [heard("Good", 50, lasts_ms=350), heard("warning", 1000), heard("sir", 2000)]

    errors = time_errors(said, words)

    assert errors.starts == (50,)
    assert errors.ends == (100,)
    assert errors.both == (100,)


def test_time_errors_take_what_is_known_of_a_word() -> None:
    said = [Said(text="thank", start_ms=100), Said(text="you", end_ms=900)]
    words = [heard("thank", 400), heard("you", 700, lasts_ms=100)]

    errors = time_errors(said, words)

    assert (errors.starts, errors.ends, errors.both) == ((300,), (-100,), ())


def test_time_errors_of_words_without_times_are_none() -> None:
    assert time_errors([Said(text="you", start_ms=0)], [Heard(text="you")]).starts == ()


@given(st.lists(st.sampled_from(("yes", "no", "maybe", "thanks")), max_size=12), st.integers(-500, 500))
def test_time_errors_of_a_shifted_transcript_are_the_shift(texts: list[str], shift_ms: int) -> None:
    said = [Said(text=text, start_ms=1000 * i, end_ms=1000 * i + 300) for i, text in enumerate(texts)]
    words = [heard(text, 1000 * i + shift_ms, lasts_ms=300) for i, text in enumerate(texts)]

    errors = time_errors(said, words)

    assert errors.starts == errors.ends == (shift_ms,) * len(texts)


@pytest.mark.parametrize(("errors", "share"), [((0, 200, -200, 201), 0.75), ((-500,), 0.0), ((), None)])
def test_share_within_includes_the_limit(errors: tuple[int, ...], share: float | None) -> None:
    assert share_within(errors) == share


def test_median_ratio_is_not_moved_by_one_disturbed_call() -> None:
    assert median_ratio([2.0, 4.0, 90.0], [1.0, 2.0, 3.0]) == 2.0
    assert median_ratio([], []) is None
