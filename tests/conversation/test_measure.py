from __future__ import annotations

import dataclasses
import wave
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import ConversationSettings
from pipeline.conversation.measure import measure
from pipeline.records import Measures, Overtalk, Redaction, Role, Transcript, Turn, Word
from pipeline.sound import in_memory
from tests.factories import MADE_BY, transcript, turn

SETTINGS = ConversationSettings()
BY_ROLE = [
    field.name
    for field in dataclasses.fields(Measures)
    if field.name.startswith(("agent_", "customer_")) or field.name == "overtalk_ms"
]


def measured(*lines: Any, **changes: Any) -> Measures:
    return measure(transcript(*lines, **changes), None, SETTINGS)


# agent 0-1.5 s (5 words) and 10-13 s (10 words), customer 2.5-4 s (5 words)
ORDINARY = measured(
    ("agent", "how can i help you", 0),
    ("customer", "i lost my debit card", 2500),
    ("agent", "so is it the card with the old blue logo", 10_000),
    duration_ms=20_000,
)


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("duration_ms", 20_000),
        ("speech_ms", 6000),
        ("silence_share", 0.7),
        ("agent_talk_ms", 4500),
        ("customer_talk_ms", 1500),
        ("agent_talk_share", 0.75),
        ("agent_words_per_minute", None),  # 4.5 s of talk are too few
        ("agent_longest_monologue_ms", 3000),
        ("agent_response_time_ms", 6000),
        ("agent_first_word_ms", 0),
        ("agent_questions", 2),
        ("agent_interruptions", 0),
        ("customer_interruptions", 0),
        ("overtalk_ms", 0),
        ("dead_air_count", 1),
        ("dead_air_ms", 6000),
        ("longest_dead_air_ms", 6000),
        ("hold_count", 0),
        ("hold_ms", 0),
        ("longest_hold_ms", 0),
    ],
)
def test_ordinary_call_has_the_values_worked_out_by_hand(field: str, expected: object) -> None:
    assert getattr(ORDINARY, field) == expected


def test_pace_is_words_over_talk_time_of_that_role() -> None:
    call = measured(("agent", "w " * 20, 0), ("customer", "w " * 19, 7000))
    assert call.agent_words_per_minute == 200.0  # 20 words in 6.0 s
    assert call.customer_words_per_minute == 200.0


def test_pace_leaves_masked_words_and_their_time_out() -> None:
    spoken = turn("customer", "w " * 20)
    mask = Word(text="[card_number]", start_ms=6000, end_ms=16_000)
    masked = dataclasses.replace(spoken, words=(*spoken.words, mask), end_ms=16_000)
    redaction = Redaction(kind="card_number", turn_index=0, start_ms=6000, end_ms=16_000)
    call = measured(turns=(masked,), redactions=(redaction,))
    assert (call.customer_words_per_minute, call.customer_talk_ms) == (200.0, 16_000)


def test_talk_time_holds_short_pauses_and_no_long_ones() -> None:
    assert measured(("agent", "one", 0), ("agent", "two", 1100)).agent_talk_ms == 1400
    assert measured(("agent", "one", 0), ("agent", "two", 1101)).agent_talk_ms == 600


def test_overlapping_speech_counts_once_as_speech_and_for_both_as_talk() -> None:
    call = measured(("agent", "one two three four", 0), ("customer", "yes", 600))
    assert (call.speech_ms, call.agent_talk_ms, call.customer_talk_ms) == (1200, 1200, 300)


def test_announcement_is_speech_but_nobodys_talk() -> None:
    call = measured(("system", "welcome to harbour bank", 0), ("agent", "hello", 2000))
    assert (call.speech_ms, call.agent_talk_ms, call.agent_first_word_ms) == (1500, 300, 2000)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param([("agent", "a b c", 0), ("agent", "d e f", 3000)], 3900, id="pause without answer"),
        pytest.param([("agent", "a b c", 0), ("customer", "no", 1900), ("agent", "d", 3000)], 900, id="answered"),
        pytest.param([("agent", "a b c", 0), ("customer", "mhm", 950), ("agent", "d e", 1500)], 2100, id="backchannel"),
        pytest.param([("agent", "a b c", 0), ("agent", "d e", 3901)], 900, id="pause of dead air"),
        pytest.param([("customer", "a b c", 0)], 0, id="agent silent"),
    ],
)
def test_monologue_is_broken_by_answers_and_dead_air_only(lines: list[Any], expected: int) -> None:
    assert measured(*lines).agent_longest_monologue_ms == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param([("customer", "hello", 0), ("agent", "yes", 1300)], 1000, id="one"),
        pytest.param(
            [("customer", "a", 0), ("agent", "b", 500), ("customer", "c", 5000), ("agent", "d", 6300)], 600, id="median"
        ),
        pytest.param([("customer", "a b c d", 0), ("agent", "yes", 600)], None, id="agent begins before the end"),
        pytest.param(
            [("agent", "a b c d", 0), ("customer", "mhm", 300), ("agent", "e", 3000)], None, id="agent goes on"
        ),
        pytest.param([("agent", "a", 0), ("customer", "b", 600)], None, id="only the customer responds"),
        pytest.param(
            [("agent", "one moment", 0), ("customer", "okay", 1000), ("agent", "back", 40_000)], None, id="hold"
        ),
    ],
)
def test_response_time_is_from_customers_end_to_agents_begin(lines: list[Any], expected: int | None) -> None:
    assert measured(*lines).agent_response_time_ms == expected


@pytest.mark.parametrize(
    ("agent_ms", "customer_ms", "expected"),
    [
        (0, 1700, [Overtalk(interrupter=Role.CUSTOMER, start_ms=1700, end_ms=3000)]),
        (1700, 0, [Overtalk(interrupter=Role.AGENT, start_ms=1700, end_ms=3000)]),
        (0, 0, [Overtalk(interrupter=Role.UNKNOWN, start_ms=0, end_ms=3000)]),
        (0, 1999, [Overtalk(interrupter=Role.CUSTOMER, start_ms=1999, end_ms=3000)]),
        (0, 2000, []),
        (0, 9000, []),
    ],
)
def test_overtalk_is_both_speaking_beyond_the_limit(agent_ms: int, customer_ms: int, expected: list[Overtalk]) -> None:
    both = sorted((start_ms, role) for role, start_ms in (("agent", agent_ms), ("customer", customer_ms)))
    call = measured(*((role, "w " * 10, start_ms) for start_ms, role in both))
    assert list(call.overtalks) == expected
    assert call.overtalk_ms == sum(over.end_ms - over.start_ms for over in expected)
    assert call.agent_interruptions == sum(over.interrupter is Role.AGENT for over in expected)
    assert call.customer_interruptions == sum(over.interrupter is Role.CUSTOMER for over in expected)


def test_unknown_roles_leave_role_figures_unknown_and_silence_known() -> None:
    call = measured(("unknown", "one two", 0), ("unknown", "three", 9000))
    assert [name for name in BY_ROLE if getattr(call, name) is not None] == []
    assert (call.dead_air_count, call.dead_air_ms, call.speech_ms, call.silence_share) == (1, 8400, 900, 0.985)


def test_few_unknown_words_leave_role_figures_known() -> None:
    assert measured(("agent", "w " * 9, 0), ("unknown", "yes", 3000)).agent_talk_ms == 2700
    assert measured(("agent", "w " * 8, 0), ("unknown", "yes", 3000)).agent_talk_ms is None


def test_known_roles_on_one_channel_leave_overtalk_unknown() -> None:
    mono = tuple(
        turn(role, "w " * 10, index=i, start_ms=i * 1000, channel=0) for i, role in enumerate(("agent", "customer"))
    )
    call = measured(turns=mono)
    assert (call.overtalk_ms, call.agent_interruptions, call.customer_interruptions, call.overtalks) == (
        None,
        None,
        None,
        (),
    )
    assert call.agent_talk_ms == 3000


def test_customer_never_heard_talks_for_no_time_at_no_pace() -> None:
    call = measured(("agent", "w " * 20, 0))
    assert (call.customer_talk_ms, call.customer_words_per_minute, call.agent_talk_share) == (0, None, 1.0)
    assert call.overtalk_ms is None


@pytest.mark.parametrize(("duration_ms", "share"), [(0, None), (5000, 1.0)])
def test_empty_transcript_measures_silence_only(duration_ms: int, share: float | None) -> None:
    call = measured(duration_ms=duration_ms)
    assert (call.speech_ms, call.silence_share, call.gaps) == (0, share, ())
    assert [name for name in BY_ROLE if getattr(call, name) is not None] == []


@st.composite
def calls(draw: st.DrawFn) -> Transcript:
    """Calls with any turns at all: overlapping, with words that run into each other, late, or without length."""
    turns = []
    for index in range(draw(st.integers(0, 8))):
        role = draw(st.sampled_from(Role))
        at = draw(st.integers(0, 40_000))
        words = []
        for _ in range(draw(st.integers(0, 6))):
            at += draw(st.integers(0, 6000))
            length = draw(st.integers(0, 900))
            words.append(
                Word(text=draw(st.sampled_from(["well", "hold", "on?", "-"])), start_ms=at, end_ms=at + length)
            )
        turns.append(
            Turn(
                index=index,
                channel=draw(st.integers(0, 1)),
                role=role,
                start_ms=words[0].start_ms if words else at,
                end_ms=words[-1].end_ms if words else at,
                words=tuple(words),
            )
        )
    redactions = draw(
        st.lists(
            st.builds(
                Redaction,
                kind=st.just("card_number"),
                turn_index=st.integers(0, 8),
                start_ms=st.integers(0, 40_000),
                end_ms=st.integers(40_000, 50_000),
            ),
            max_size=1,
        )
    )
    return Transcript(
        call_id="c-1",
        language="en",
        duration_ms=draw(st.integers(0, 60_000)),
        turns=tuple(sorted(turns, key=lambda turn: turn.start_ms)),
        made_by=MADE_BY,
        redactions=tuple(redactions),
    )


@given(calls())
def test_any_call_adds_up(call: Transcript) -> None:
    found = measure(call, None, SETTINGS)
    assert 0 <= found.speech_ms <= found.duration_ms
    assert found.speech_ms + found.dead_air_ms + found.hold_ms <= found.duration_ms
    assert found.silence_share is None or 0 <= found.silence_share <= 1
    for one, two in pairwise(found.gaps):
        assert one.end_ms <= two.start_ms
    for gap in found.gaps:
        assert gap.end_ms - gap.start_ms > SETTINGS.dead_air_ms
        inside = [w for t in call.turns for w in t.words if w.start_ms < gap.end_ms and w.end_ms > gap.start_ms]
        assert not inside
    if found.agent_talk_ms is not None and found.customer_talk_ms is not None:
        assert max(found.agent_talk_ms, found.customer_talk_ms) <= found.speech_ms
        assert found.agent_longest_monologue_ms is not None
        assert found.agent_longest_monologue_ms <= found.duration_ms
    assert found.overtalk_ms is None or found.overtalk_ms <= found.speech_ms


@given(calls())
def test_order_of_turns_does_not_matter(call: Transcript) -> None:
    backwards = dataclasses.replace(call, turns=call.turns[::-1])
    gaps = [(gap.kind, gap.start_ms, gap.end_ms) for gap in measure(call, None, SETTINGS).gaps]
    assert [(gap.kind, gap.start_ms, gap.end_ms) for gap in measure(backwards, None, SETTINGS).gaps] == gaps


def test_real_call_has_its_thirteen_seconds_of_dead_air_and_no_hold(shared_audio: Path) -> None:
    with wave.open(str(shared_audio / "hvb_callcenter" / "stereo" / "ff0296d00e5e4184.wav")) as file:
        assert (file.getframerate(), file.getnchannels()) == (8000, 2)
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").reshape(-1, 2).T / 32_768
    channels = np.repeat(samples.astype(np.float32), 2, axis=1)  # 8 to 16 kHz: loudness needs no better
    call = transcript(
        ("agent", "branch hours are nine thirty a m to five p m", 25_000),
        ("customer", "wonderful", 30_270),
        ("customer", "okay well thank you for your help", 43_840),
        duration_ms=53_970,
    )
    found = measure(call, in_memory(channels), SETTINGS)
    assert [(gap.kind, gap.start_ms, gap.end_ms) for gap in found.gaps] == [("dead_air", 30_570, 43_840)]
