"""Recorded announcements and people who say the same words."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.records import Span, Word
from pipeline.transcribe.prompts import find_prompts, may_hold_prompts, suspect_spans
from pipeline.transcribe.voices import NOTHING_HEARD, Voiceprints
from tests.factories import words

VOICES = dict(zip("MAC", np.linalg.qr(np.random.default_rng(7).normal(size=(256, 3)))[0].T, strict=True))
MENU = "Your call is important to us. For billing press one."
NOTICE = "This call may be recorded for quality and training purposes."
GREETING = "Hello, this is Maria. How can I help you today?"
REST = "I can see the payment here. It went out on Monday. Is there something more you want to know?"


def heard(*said: tuple[str, str, int]) -> tuple[tuple[Word, ...], Voiceprints]:
    """(Voice, text, start) as words and the stretches of their voices."""
    random = np.random.default_rng(3)
    spoken: tuple[Word, ...] = ()
    spans, raw = [], []
    for voice, text, start_ms in said:
        of_voice = words(text, start_ms=start_ms)
        for at_ms in range(start_ms, of_voice[-1].end_ms - 700, 800):
            spans.append(Span(start_ms=at_ms, end_ms=min(at_ms + 1600, of_voice[-1].end_ms)))
            raw.append(VOICES[voice] + random.normal(0, 0.02, 256))
        spoken += of_voice
    unit = np.stack(raw) / np.linalg.norm(raw, axis=1, keepdims=True)
    return spoken, Voiceprints(spans=tuple(spans), embeddings=unit.astype(np.float32))


def prompt_text(*said: tuple[str, str, int], parties: int = 1) -> str:
    spoken, prints = heard(*said)
    found = find_prompts(spoken, prints, parties=parties)
    return " ".join(word.text for word, is_prompt in zip(spoken, found, strict=True) if is_prompt)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("For billing press one.", True),
        ("Please enter your phone number, starting with the area code.", True),
        ("All of our representatives are currently busy.", True),
        ("You've reached the voicemail of John. Leave a message after the tone.", True),
        ("The number you have dialed is not in service.", True),
        ("This call is recorded.", True),
        ("Please hold.", True),
        ("How can I help you today?", False),
        ("I called you because the call was not good.", False),
        ("Press the power button and wait.", False),
    ],
)
def test_wording_tells_when_to_listen(text: str, expected: bool) -> None:
    assert may_hold_prompts(words(text)) is expected
    assert bool(suspect_spans(words(text))) is expected


@pytest.mark.parametrize("prompt", [MENU, NOTICE])
def test_a_prompt_in_a_voice_of_its_own_is_the_systems_and_the_greeting_after_it_is_not(prompt: str) -> None:
    after_ms = len(prompt.split()) * 300 + 800
    said = (("M", prompt, 0), ("A", GREETING, after_ms), ("A", REST, 30_000))
    assert prompt_text(*said) == prompt


def test_what_a_prompt_says_around_its_telling_words_is_part_of_it() -> None:
    whole = f"Welcome to Cobalt. {NOTICE} Somebody is coming soon."
    assert prompt_text(("M", whole, 0), ("A", GREETING, 9000), ("A", REST, 30_000)) == whole


def test_an_agent_who_reads_the_notice_stays_the_agent() -> None:
    assert prompt_text(("A", f"{GREETING} {NOTICE}", 0), ("A", REST, 30_000)) == ""
    assert prompt_text(("A", REST, 0), ("A", f"If it rings again, {MENU}", 40_000), ("A", REST, 70_000)) == ""


def test_an_announcement_during_hold_is_the_systems() -> None:
    said = (("A", REST, 0), ("M", "Please hold. Your call is important to us.", 40_000), ("A", REST, 70_000))
    assert prompt_text(*said) == said[1][1]


def test_a_prompt_in_front_of_both_parties_of_a_mono_call_is_a_third_voice() -> None:
    said = (("M", NOTICE, 0), ("A", GREETING, 4000), ("C", REST, 30_000), ("A", REST, 45_000), ("C", REST, 60_000))
    assert prompt_text(*said, parties=2) == NOTICE


@pytest.mark.parametrize(("text", "expected"), [(MENU, MENU), (NOTICE, "")])
def test_without_another_voice_only_words_that_no_person_uses_are_a_prompt(text: str, expected: str) -> None:
    assert prompt_text(("M", text, 0)) == expected


def test_a_line_that_opens_with_a_menu_opens_with_a_prompt_even_where_voices_are_alike() -> None:
    assert prompt_text(("A", MENU, 0), ("A", GREETING, 4000), ("A", REST, 30_000)) == MENU


def test_nothing_suspect_needs_no_voices() -> None:
    assert find_prompts(words(GREETING), NOTHING_HEARD, parties=1) == (False,) * 10
    assert find_prompts((), NOTHING_HEARD, parties=2) == ()
