"""Who says each word: by channel, by voice, or the telephone system."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.config import TranscribeSettings
from pipeline.records import Role, Span, Word
from pipeline.transcribe import speakers
from pipeline.transcribe.speakers import Speakers, speech_spans, who_speaks
from pipeline.transcribe.voices import Voiceprints
from tests.factories import recording, words

AGENT, CUSTOMER, SYSTEM, UNKNOWN = Role.AGENT, Role.CUSTOMER, Role.SYSTEM, Role.UNKNOWN
GREETING, NEED = "This is Harbour Bank, how can I help you?", "I lost my card and I want to cancel my account."
ASK, ANSWER = "I can help you with that. May I have your name?", "It is Ruth and my account is at the branch."
NOTICE = "Your call is important to us and this call is recorded."
VOICES = np.linalg.qr(np.random.default_rng(11).normal(size=(256, 3)))[0].T
VOICES[1] = 0.5 * VOICES[0] + np.sqrt(0.75) * VOICES[1]  # people resemble each other more than a machine


def never_read() -> Iterator[NDArray[np.float32]]:
    raise AssertionError("the sound was read again")


def in_voices(monkeypatch: pytest.MonkeyPatch, *said: tuple[int, str]) -> tuple[Word, ...]:
    """(Voice, text), one after the other on one channel; the voices are what the encoder would hear."""
    spoken: tuple[Word, ...] = ()
    spans, voices = [], []
    random = np.random.default_rng(2)
    for voice, text in said:
        start_ms = spoken[-1].end_ms + 500 if spoken else 0
        spoken += words(text, start_ms=start_ms)
        for at_ms in range(start_ms, spoken[-1].end_ms - 900, 600):
            spans.append(Span(start_ms=at_ms, end_ms=min(at_ms + 1600, spoken[-1].end_ms)))
            raw = VOICES[voice] + random.normal(0, 0.02, 256)
            voices.append(raw / np.linalg.norm(raw))
    prints = Voiceprints(spans=tuple(spans), embeddings=np.stack(voices).astype(np.float32))
    monkeypatch.setattr(speakers, "voices_in", lambda audio, channel, wanted: prints)
    return spoken


def speak(*channels: tuple[Word, ...], metadata: dict[str, str] | None = None) -> Speakers:
    call = recording(direction=None, channels=len(channels), metadata=metadata or {})
    return who_speaks(channels, audio=never_read, recording=call, settings=TranscribeSettings())


def said_by(made: Speakers) -> list[tuple[Role, int, str]]:
    return [
        (role, channel, " ".join(word.text for word in party))
        for role, channel, party in zip(made.roles, made.channel_of, made.parties, strict=True)
    ]


def test_two_channels_without_prompts_are_two_parties_and_the_sound_is_not_read_again() -> None:
    made = speak(words(NEED, start_ms=4000), words(GREETING))
    assert said_by(made) == [(CUSTOMER, 0, NEED), (AGENT, 1, GREETING)]
    assert speak((), ()).parties == ((), ())


def test_mono_is_told_apart_by_voice_and_keeps_its_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    spoken = in_voices(monkeypatch, (0, GREETING), (1, NEED), (0, ASK), (1, ANSWER))
    made = speak(spoken)
    assert said_by(made) == [(AGENT, 0, f"{GREETING} {ASK}"), (CUSTOMER, 0, f"{NEED} {ANSWER}")]
    assert made.role_confidence is not None
    assert made.role_confidence > 0.9


def test_mono_on_one_side_of_a_stereo_file_is_told_apart_too(monkeypatch: pytest.MonkeyPatch) -> None:
    spoken = in_voices(monkeypatch, (0, GREETING), (1, NEED), (0, ASK), (1, ANSWER))
    assert [(role, channel) for role, channel, _ in said_by(speak((), spoken))] == [(AGENT, 1), (CUSTOMER, 1)]


def test_a_told_channel_is_believed_where_the_other_is_silent() -> None:
    made = speak((), words(NEED), metadata={"agent_channel": "1"})
    assert said_by(made)[1] == (AGENT, 1, NEED)


def test_one_voice_with_both_sides_phrases_stays_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    spoken = in_voices(monkeypatch, (0, GREETING), (0, NEED), (0, ASK), (0, ANSWER))
    made = speak(spoken)
    assert made.roles == (UNKNOWN,)
    assert made.parties == (spoken,)


def test_a_prompt_is_the_systems_in_stereo_and_in_mono(monkeypatch: pytest.MonkeyPatch) -> None:
    line = in_voices(monkeypatch, (2, NOTICE), (0, GREETING), (0, ASK), (0, ASK))
    made = speak(line, words(NEED, start_ms=9000))
    assert said_by(made)[2] == (SYSTEM, 0, NOTICE)
    assert made.roles[:2] == (AGENT, CUSTOMER)
    mono = in_voices(monkeypatch, (2, NOTICE), (0, GREETING), (1, NEED), (0, ASK), (1, ANSWER), (0, ASK), (1, ANSWER))
    assert [(role, text) for role, _, text in said_by(speak(mono)) if role is SYSTEM] == [(SYSTEM, NOTICE)]


def test_a_voice_that_only_opens_a_mono_call_is_neither_party(monkeypatch: pytest.MonkeyPatch) -> None:
    opening = "Front desk here, just a second and somebody is going to be there for that."
    call = [(0, GREETING), (1, NEED), (0, ASK), (1, ANSWER), (0, ASK), (1, ANSWER)]
    made = speak(in_voices(monkeypatch, (2, opening), *call))
    assert (UNKNOWN, 0, opening) in said_by(made)
    assert {AGENT, CUSTOMER} < set(made.roles)


@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 900)), max_size=12))
def test_speech_spans_hold_every_word_in_order_without_overlap(said: list[tuple[int, int]]) -> None:
    spoken, at_ms = [], 0
    for pause_ms, length_ms in said:
        spoken.append(Word(text="x", start_ms=at_ms + pause_ms, end_ms=at_ms + pause_ms + length_ms))
        at_ms = spoken[-1].end_ms
    spans = speech_spans(spoken)
    assert all(any(s.start_ms <= w.start_ms and w.end_ms <= s.end_ms for s in spans) for w in spoken)
    assert all(before.end_ms < after.start_ms for before, after in pairwise(spans))
