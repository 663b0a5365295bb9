from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.config import ConversationSettings
from pipeline.conversation.silence import find_gaps
from pipeline.conversation.sound import levels_dbfs
from pipeline.conversation.speech import spoken_words
from pipeline.records import Gap, Redaction, Role, Transcript
from pipeline.sound import in_memory
from tests.factories import transcript

SETTINGS = ConversationSettings(dead_air_ms=3000, hold_ms=10_000)


def gaps(
    call: Transcript, channels: NDArray[np.float32] | None = None, settings: ConversationSettings = SETTINGS
) -> list[tuple[str, int, int]]:
    levels = () if channels is None else levels_dbfs(in_memory(channels))
    return [(gap.kind, gap.start_ms, gap.end_ms) for gap in find_gaps(call, spoken_words(call), levels, settings)]


def test_gap_is_dead_air_only_beyond_the_limit() -> None:
    assert gaps(transcript(("agent", "one two", 0), ("customer", "yes", 3600))) == []
    assert gaps(transcript(("agent", "one two", 0), ("customer", "yes", 3601))) == [("dead_air", 600, 3601)]


def test_gap_names_the_turns_on_both_sides_and_who_spoke_last() -> None:
    call = transcript(("agent", "one", 0), ("customer", "two", 400), ("agent", "three", 9000))
    assert find_gaps(call, spoken_words(call), (), SETTINGS) == (
        Gap(
            kind="dead_air",
            start_ms=700,
            end_ms=9000,
            before_turn_index=2,
            after_turn_index=1,
            after_role=Role.CUSTOMER,
        ),
    )


def test_who_spoke_last_is_who_ended_last_not_who_began_last() -> None:
    call = transcript(("agent", "one two three four", 0), ("customer", "yes", 300), ("customer", "so", 9000))
    (gap,) = find_gaps(call, spoken_words(call), (), SETTINGS)
    assert (gap.start_ms, gap.after_turn_index, gap.after_role) == (1200, 0, Role.AGENT)


@pytest.mark.parametrize(
    ("words", "music", "told_by"),
    [
        ("one moment please", False, ("announced",)),
        ("let me look", True, ("music",)),
        ("one moment please", True, ("announced", "music")),
        ("let me look", False, ()),
    ],
)
def test_hold_tells_what_makes_it_one(words: str, music: bool, told_by: tuple[str, ...]) -> None:
    call = transcript(("agent", words, 0), ("agent", "so", 25_000))
    at = np.arange(40 * 16_000) / 16_000
    channel = (0.1 * np.sin(2 * np.pi * 440 * at) * ((at > 2) & (at < 24)) * music).astype(np.float32)
    (gap,) = find_gaps(call, spoken_words(call), levels_dbfs(in_memory(channel[None])), SETTINGS)
    assert (gap.kind, gap.told_by) == ("hold" if told_by else "dead_air", told_by)


def test_silence_before_the_first_word_and_after_the_last_is_no_gap() -> None:
    assert gaps(transcript(("agent", "hello", 20_000), duration_ms=60_000)) == []
    assert gaps(transcript(duration_ms=60_000)) == []


def test_announcements_of_a_machine_fill_a_silence() -> None:
    call = transcript(("agent", "one", 0), ("system", "your call matters", 2000), ("customer", "yes", 5000))
    assert gaps(call) == []


def test_gap_inside_one_turn_is_found_from_its_words() -> None:
    first, second = transcript(("agent", "one", 0), ("agent", "two", 8000)).turns
    assert gaps(transcript(turns=(replace(first, words=first.words + second.words, end_ms=second.end_ms),))) == [
        ("dead_air", 300, 8000)
    ]


@pytest.mark.parametrize(
    ("start_ms", "end_ms", "expected"),
    [
        (100, 600, []),  # ends where the gap begins
        (9000, 9400, []),  # begins where it ends
        (3000, 4000, []),  # inside
        (100, 599, [("dead_air", 600, 9000)]),
        (9001, 9400, [("dead_air", 600, 9000)]),
    ],
)
def test_gap_that_touches_a_redaction_is_no_dead_air(start_ms: int, end_ms: int, expected: object) -> None:
    masked = Redaction(kind="card_number", turn_index=0, start_ms=start_ms, end_ms=end_ms)
    assert gaps(transcript(("agent", "one two", 0), ("customer", "yes", 9000), redactions=(masked,))) == expected


@pytest.mark.parametrize(
    "words",
    [
        "I'm just going to put you on hold for a moment.",
        "can i place you on a brief hold",
        "okay please hold",
        "hold for a moment",
        "hold on let me check",
        "Bear with me.",
        "just bear with us while this loads",
        "one moment please",
        "give me just a few seconds",
        "just a second",
        "i'll be right back",
        "stay on the line for me",
    ],
)
def test_long_gap_after_an_announcement_is_a_hold(words: str) -> None:
    call = transcript(("agent", words), ("customer", "sure"), ("agent", "thanks for waiting", 30_000))
    assert [kind for kind, _, _ in gaps(call)] == ["hold"]


@pytest.mark.parametrize(
    "words",
    [
        "thank you for holding",
        "sorry that you were on hold for so long",
        "hold on to that letter please",
        "hang on to your receipt",
        "the contract is on its second year",
        "ten cents a minute",
        "let me check that",
    ],
)
def test_long_gap_after_other_words_is_dead_air(words: str) -> None:
    call = transcript(("agent", words), ("customer", "sure"), ("agent", "right", 30_000))
    assert [kind for kind, _, _ in gaps(call)] == ["dead_air"]


def test_customer_cannot_announce_a_hold_but_an_unknown_voice_can() -> None:
    for role, expected in (("customer", "dead_air"), ("unknown", "hold"), ("system", "hold")):
        call = transcript((role, "hold on a second", 0), ("agent", "right", 30_000))
        assert [kind for kind, _, _ in gaps(call)] == [expected]


def test_announced_gap_up_to_the_hold_limit_is_dead_air() -> None:
    assert gaps(transcript(("agent", "one moment", 0), ("agent", "right", 10_600))) == [("dead_air", 600, 10_600)]
    assert gaps(transcript(("agent", "one moment", 0), ("agent", "right", 10_601))) == [("hold", 600, 10_601)]


def test_announcement_reaches_over_turns_but_not_far_back() -> None:
    split = transcript(
        ("agent", "i will put you", 0), ("customer", "okay", 1300), ("agent", "on hold", 2000), ("agent", "so", 30_000)
    )
    assert [kind for kind, _, _ in gaps(split)] == ["hold"]
    earlier = transcript(("agent", "one moment", 0), ("customer", " ".join(["so"] * 55), 700), ("agent", "so", 40_000))
    assert [kind for kind, _, _ in gaps(earlier)] == ["dead_air"]


def test_hold_beside_a_redaction_stays_a_hold() -> None:
    masked = Redaction(kind="card_number", turn_index=0, start_ms=0, end_ms=600)
    call = transcript(("agent", "one moment", 0), ("agent", "so", 30_000), redactions=(masked,))
    assert [kind for kind, _, _ in gaps(call)] == ["hold"]


def test_music_on_either_channel_makes_a_hold() -> None:
    call = transcript(("agent", "let me look", 0), ("customer", "hello", 25_000))
    at = np.arange(40 * 16_000) / 16_000
    melody = (0.1 * np.sin(2 * np.pi * 440 * at) * ((at > 2) & (at < 24))).astype(np.float32)
    quiet = np.zeros_like(melody)
    assert gaps(call, np.stack([quiet, quiet])) == [("dead_air", 900, 25_000)]
    assert gaps(call, np.stack([quiet, melody])) == [("hold", 900, 25_000)]
    assert gaps(call, np.stack([melody, quiet])) == [("hold", 900, 25_000)]
    assert gaps(call, melody[None, :]) == [("hold", 900, 25_000)]
