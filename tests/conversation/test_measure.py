from __future__ import annotations

import dataclasses
import json
import wave
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.canonical import canonical_json, from_json, to_json
from pipeline.config import ConversationSettings
from pipeline.conversation.measure import measure
from pipeline.records import Measures, Overtalk, Redaction, Role, Transcript, Turn, Word
from pipeline.sound import in_memory
from tests.factories import MADE_BY, transcript, turn, words

SETTINGS = ConversationSettings()
BY_ROLE = [
    field.name
    for field in dataclasses.fields(Measures)
    if field.name.startswith(("agent_", "customer_")) or field.name in {"overtalk_ms", "wrap_up_ms"}
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
        ("agent_listening_share", 0.25),
        ("customer_listening_share", 0.75),
        ("agent_words_per_minute", None),  # 4.5 s of talk are too few
        ("agent_longest_monologue_ms", 3000),
        ("customer_longest_monologue_ms", 1500),
        ("agent_response_time_ms", 6000),
        ("customer_response_time_ms", 1000),
        ("agent_first_word_ms", 0),
        ("agent_first_greeting_ms", None),  # "how can I help" names nobody
        ("wrap_up_ms", None),  # nothing closes the call
        ("agent_questions", 2),
        ("customer_questions", 0),
        ("agent_interruptions", 0),
        ("customer_interruptions", 0),
        ("overtalk_ms", 0),
        ("agent_overtalk_ms", 0),
        ("customer_overtalk_ms", 0),
        ("agent_raised_voice_ms", None),  # nothing to hear
        ("dead_air_count", 1),
        ("dead_air_ms", 6000),
        ("longest_dead_air_ms", 6000),
        ("hold_count", 0),
        ("hold_ms", 0),
        ("longest_hold_ms", 0),
        ("limits", ("no_sound",)),
    ],
)
def test_ordinary_call_has_the_values_worked_out_by_hand(field: str, expected: object) -> None:
    assert getattr(ORDINARY, field) == expected


def test_pace_is_words_over_talk_time_of_that_role() -> None:
    call = measured(("agent", "w " * 20, 0), ("customer", "w " * 19, 7000))
    assert call.agent_words_per_minute == 200.0  # 20 words in 6.0 s
    assert call.customer_words_per_minute == 200.0


@pytest.mark.parametrize(
    ("late_words", "ms_per_word", "change"),
    [(20, 300, 0.0), (30, 200, 100.0), (15, 400, -50.0), (20, 200, None)],  # 20 words in 4 s are too few for a pace
)
def test_pace_change_is_last_third_minus_first_third(late_words: int, ms_per_word: int, change: float | None) -> None:
    late = words("w " * late_words, start_ms=36_000 - late_words * ms_per_word, ms_per_word=ms_per_word)
    call = measured(
        turns=(
            turn("agent", "w " * 20),
            turn("customer", "w " * 40, index=1, start_ms=10_000),  # in the middle only
            dataclasses.replace(turn("agent", "w", index=2), start_ms=late[0].start_ms, end_ms=36_000, words=late),
        )
    )
    assert (call.agent_words_per_minute_change, call.customer_words_per_minute_change) == (change, None)


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
    other = {"agent": "customer", "customer": "agent"}
    assert measured(*lines).agent_longest_monologue_ms == expected
    assert measured(*((other[line[0]], *line[1:]) for line in lines)).customer_longest_monologue_ms == expected


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


def test_customers_response_time_is_from_agents_end_to_customers_begin() -> None:
    call = measured(("agent", "hello", 0), ("customer", "yes", 1300), ("agent", "so", 3000))
    assert (call.customer_response_time_ms, call.agent_response_time_ms) == (1000, 1400)


def test_listening_share_leaves_overlapping_speech_out() -> None:
    call = measured(("agent", "w " * 10, 0), ("customer", "w " * 10, 1500))  # 4.5 s of speech, 1.5 s of it together
    assert (call.agent_listening_share, call.customer_listening_share) == (0.3333, 0.3333)
    assert call.agent_talk_share == 0.5


def test_questions_are_counted_by_who_asks() -> None:
    call = measured(("agent", "Who is calling? And why?", 0), ("customer", "Can you hear me?", 3000))
    assert (call.agent_questions, call.customer_questions) == (2, 1)


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
    for role, by_role in (("agent", call.agent_overtalk_ms), ("customer", call.customer_overtalk_ms)):
        assert by_role == sum(over.end_ms - over.start_ms for over in expected if over.interrupter == role)


SPOKEN = (("agent", "hello how are you", 0), ("customer", "fine", 1500))


@pytest.mark.parametrize(
    ("call", "limits"),
    [
        (transcript(), ("no_words", "no_sound")),
        (transcript(*SPOKEN), ("no_sound",)),
        (transcript(("unknown", "hello", 0)), ("roles_unknown", "no_sound")),
        (transcript(("agent", "hello", 0)), ("one_party", "no_sound")),
        (transcript(*SPOKEN, language="de-AT"), ("no_sound", "other_language")),
        (transcript(*SPOKEN, language="en-GB"), ("no_sound",)),
        (
            transcript(turns=(turn("agent", "a", channel=0), turn("customer", "b", index=1, channel=0, start_ms=900))),
            ("one_channel", "no_sound"),
        ),
    ],
)
def test_limits_say_why_figures_are_unknown(call: Transcript, limits: tuple[str, ...]) -> None:
    assert measure(call, None, SETTINGS).limits == limits


def test_call_with_sound_and_both_parties_apart_has_no_limits() -> None:
    audio = in_memory(np.zeros((2, 16_000 * 3), dtype=np.float32))
    found = measure(transcript(*SPOKEN, duration_ms=3000), audio, SETTINGS)
    assert found.limits == ()
    assert [(channel.role, channel.per_second) for channel in found.loudness] == [
        (Role.AGENT, (0, 0, 0)),
        (Role.CUSTOMER, (0, 0, 0)),
    ]


@pytest.mark.parametrize(
    ("language", "greeting_ms", "wrap_up_ms"), [("en", 500, 1800), ("en-GB", 500, 1800), ("de", None, None)]
)
def test_greeting_and_wrap_up_are_known_in_english_only(
    language: str, greeting_ms: int | None, wrap_up_ms: int | None
) -> None:
    lines = (("agent", "hello", 500), ("customer", "i lost my card", 2000), ("customer", "thanks bye", 8200))
    found = measured(*lines, language=language, duration_ms=10_000)
    assert (found.agent_first_greeting_ms, found.wrap_up_ms) == (greeting_ms, wrap_up_ms)


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


def test_sound_makes_no_dead_air_of_a_redaction() -> None:
    noise = np.random.default_rng(7).normal(0, 0.05, (2, 16_000 * 20)).astype(np.float32)
    mask = Redaction(kind="card_number", turn_index=1, start_ms=3000, end_ms=3300)
    lines = ("agent", "so", 2500), ("customer", "[card_number]", 3000), ("agent", "thanks", 15_000)
    for audio in (None, in_memory(noise)):
        assert measure(transcript(*lines, redactions=(mask,)), audio, SETTINGS).dead_air_count == 0
        assert measure(transcript(*lines), audio, SETTINGS).dead_air_count == 1


def test_sound_ends_words_where_the_voice_does() -> None:
    at = np.arange(16_000 * 20) / 16_000
    voice = (0.1 * np.sin(2 * np.pi * 300 * at) * ((at >= 1) & (at < 2.5))).astype(np.float32)
    call = transcript(("agent", "w w w w", 1000), ("customer", "yes", 6000))  # recognised until 2.2 s
    found = measure(call, in_memory(np.stack([voice, np.zeros_like(voice)])), SETTINGS)
    assert (found.agent_talk_ms, found.dead_air_ms) == (1500, 3500)
    assert measure(call, None, SETTINGS).dead_air_ms == 3800


def test_measures_that_were_stored_before_still_read() -> None:
    gap = {"kind": "hold", "start_ms": 0, "end_ms": 20_000, "before_turn_index": 1}
    stored = from_json(Measures, canonical_json({"duration_ms": 60_000, "speech_ms": 40_000, "gaps": [gap]}))
    assert (stored.gaps[0].after_role, stored.gaps[0].told_by, stored.loudness, stored.wrap_up_ms) == (
        None,
        (),
        (),
        None,
    )


def test_measures_read_back_as_they_were_stored() -> None:
    noise = np.random.default_rng(7).normal(0, 0.05, (2, 16_000 * 20)).astype(np.float32)
    found = measure(transcript(*SPOKEN, ("agent", "so", 15_000)), in_memory(noise), SETTINGS)
    assert found.gaps
    assert found.loudness
    assert from_json(Measures, to_json(found)) == found


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
    (gap,) = found.gaps
    assert gap.kind == "dead_air"
    assert (gap.start_ms, gap.end_ms) == pytest.approx((30_570, 43_840), abs=600)  # words end where the sound does
    assert found.limits == ()
    assert [len(channel.per_second) for channel in found.loudness] == [54, 54]


def test_real_voice_is_raised_only_where_it_is_made_louder(shared_audio: Path) -> None:
    folder, name = shared_audio / "hvb_callcenter", "01cefd6f5c044a6f"
    with wave.open(str(folder / "stereo" / f"{name}.wav")) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").reshape(-1, 2).T / 32_768
    channels = np.repeat(samples.astype(np.float32), 2, axis=1)
    segments = json.loads((folder / "ref" / f"{name}.json").read_text())["segments"]
    spoken = [
        (
            s["channel"],
            s["text"],
            round(s["start"] * 1000),
            round((s["end"] - s["start"]) * 1000 / len(s["text"].split())),
        )
        for s in segments
        if s["text"].split()
    ]
    turns = [
        Turn(
            index=i,
            channel=channel,
            role=(Role.AGENT, Role.CUSTOMER)[channel],
            start_ms=start_ms,
            end_ms=start_ms + ms_per_word * len(text.split()),
            words=words(text, start_ms=start_ms, ms_per_word=ms_per_word),
        )
        for i, (channel, text, start_ms, ms_per_word) in enumerate(spoken)
    ]
    call = transcript(turns=tuple(turns), duration_ms=channels.shape[1] // 16)
    longest = max((t for t in turns if t.role is Role.CUSTOMER), key=lambda t: t.end_ms - t.start_ms)
    assert measure(call, in_memory(channels), SETTINGS).raised_voices == ()
    louder = channels.copy()
    louder[1, longest.start_ms * 16 : longest.end_ms * 16] *= 10 ** (10 / 20)
    (voice,) = measure(call, in_memory(louder), SETTINGS).raised_voices
    assert voice.role is Role.CUSTOMER
    assert longest.start_ms - 700 <= voice.start_ms < voice.end_ms <= longest.end_ms + 700
