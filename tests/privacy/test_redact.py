from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config import PrivacySettings
from pipeline.privacy.digits import luhn
from pipeline.privacy.redact import redact
from pipeline.records import Dropped, Transcript
from tests.factories import transcript

NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
CARD, CODE = "[card_number]", "[security_code]"


ONLY_CARDS = PrivacySettings(kinds=("card_number", "security_code"))


def masked(*lines: Any) -> list[str]:
    turns = redact(transcript(*lines, redacted=False), ONLY_CARDS).turns
    return [re.sub(r"(?<=\])[.,;:?!]", "", turn.text) for turn in turns]


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1111",
        "4111111111111111.",
        "4111-1111-1111-1111",
        "4-1-1-1, 1-1-1-1, 1-1-1-1, 1-1-1-1.",
        "four one one one one one one one one one one one one one one one",
        "Four, one, one, one, um, one, one, one, one, and one, one, one, one, okay, one, one, one, one.",
        "four triple one, triple one one, one one double one, double one double one",
        "forty-one eleven eleven eleven eleven eleven eleven eleven",
        "forty one eleven eleven eleven eleven eleven eleven eleven",
        "3782 822463 10005",
        "4222222222222",
    ],
)
def test_redact_card_numbers_however_they_are_said(text: str) -> None:
    assert masked(("customer", f"yes it's {text}")) == [f"yes it's {CARD}"]


def test_redact_card_number_over_several_turns_and_the_agents_echo() -> None:
    assert masked(
        ("agent", "go on"),
        ("customer", "It is four one one one"),
        ("agent", "okay"),
        ("customer", "One, one, one, one."),
        ("agent", "one one one one"),
        ("customer", "one one one one"),
        ("agent", "and the last four?"),
        ("customer", "one one one one that is all"),
    ) == ["go on", f"It is {CARD}", "okay", CARD, CARD, CARD, "and the last four?", f"{CARD} that is all"]


def test_redact_card_number_in_turns_given_to_the_wrong_speakers() -> None:
    lines = [("agent", "what is the card number"), ("customer", "4111 1111"), ("agent", "1111"), ("customer", "1112")]
    assert masked(*lines) == ["what is the card number", CARD, CARD, CARD]


def test_redact_card_number_with_what_is_read_after_it() -> None:
    assert masked(("customer", "4111 1111 1111 1111 12 27 123")) == [CARD]


@pytest.mark.parametrize(
    ("question", "is_masked"),
    [
        ("Can I have your card number?", True),
        ("and the long number on the card", True),
        ("What is your account number?", False),
        ("What is the tracking number?", False),
        ("hello", False),
    ],
)
def test_redact_number_with_a_wrong_check_digit_only_if_a_card_was_asked_for(question: str, is_masked: bool) -> None:
    number = "4111 1111 1111 1112"
    assert masked(("agent", question), ("customer", number)) == [question, CARD if is_masked else number]


def test_redact_the_nearest_question_tells_what_a_number_is() -> None:
    lines = [
        ("agent", "card number please"),
        ("customer", "wait"),
        ("agent", "or your account number"),
        ("customer", "1" * 14),
    ]
    assert masked(*lines)[-1] == "1" * 14


@pytest.mark.parametrize(
    ("before", "answer", "expected"),
    [
        ("And the security code?", "seven three nine.", CODE),
        ("the three digits on the back", "It's 739", f"It's {CODE}"),
        ("what's the CVV", "um seven, three, nine", f"um {CODE}"),
        ("c v v please", "1234", CODE),
        ("security code?", "05 28 and 123", CODE),  # with the expiry date in one breath
    ],
)
def test_redact_security_codes(before: str, answer: str, expected: str) -> None:
    assert masked(("agent", before), ("customer", answer)) == [before, expected]


def test_redact_security_code_in_one_sentence_and_repeated_by_the_agent() -> None:
    assert masked(
        ("customer", "The security code is seven, three, nine."), ("agent", "seven three nine, thank you")
    ) == [
        f"The security code is {CODE}",
        f"{CODE} thank you",
    ]
    assert masked(("customer", "739 is the CVV")) == [f"{CODE} is the CVV"]


@pytest.mark.parametrize(
    "text",
    [
        "my number is 715 139 0787",
        "seven one five one three nine zero seven eight seven",
        "1 800 555 0199 extension 12",
        "it's 12345678901",
        "account 123456789012",
        "reference 1234 5678 9012 3456",
        "the third of May, nineteen eighty one",
        "on 05/03/1981 or 2026-10-05 at 12:30",
        "$1,234.56 and 2,000,000 dollars and 45 dollars",
        "two thousand three hundred and twelve dollars",
        "zero two one one four",
        "one of the two, or three, I am not sure",
        "my card ends in 1111",
        "739",
    ],
)
def test_redact_leaves_other_numbers(text: str) -> None:
    assert masked(("customer", text)) == [text]


def test_redact_phone_number_and_its_echo_are_no_card_number() -> None:
    lines = [
        ("customer", "four one five five five five two six seven one"),
        ("agent", "four one five five five five two six seven one"),
    ]
    assert masked(*lines) == [text for _, text in lines]


def test_redact_amount_after_a_security_code_stays() -> None:
    lines = [("agent", "security code"), ("customer", "739"), ("agent", "that is 250 dollars")]
    assert masked(*lines)[-1] == "that is 250 dollars"


def test_redact_two_turns_far_apart_are_not_one_number() -> None:
    lines = [("customer", "4111 1111", 0), ("customer", "1111 1111", 70_000)]
    assert masked(*lines) == ["4111 1111", "1111 1111"]


def test_redact_tells_where_it_was_and_when() -> None:
    before = transcript(("customer", "so 4111 1111 1111 1111 okay bye"), redacted=False)
    after = redact(before)
    (redaction,), (turn,) = after.redactions, after.turns
    assert after.redacted
    assert (redaction.kind, redaction.turn_index, redaction.start_ms, redaction.end_ms) == ("card_number", 0, 300, 1500)
    assert [(word.text, word.start_ms, word.end_ms) for word in turn.words] == [
        ("so", 0, 300),
        (CARD, 300, 1500),
        ("okay", 1500, 1800),
        ("bye", 1800, 2100),
    ]
    assert turn.words[1].confidence == pytest.approx(0.9)


def test_redact_without_anything_to_mask_only_marks_the_transcript() -> None:
    before = transcript(("agent", "hello"), redacted=False)
    assert redact(before) == replace(before, redacted=True)


VOCABULARY = (
    "4111 1111 one double triple four eleven forty 4-1-1-1, okay um and [card_number] card number security code cvv "
    "739 123 phone dollars hello the 4111111111111111 378282246310005 digits back"
)
PIECES = st.sampled_from(VOCABULARY.split())
CALLS = st.lists(
    st.tuples(st.sampled_from(["agent", "customer", "unknown"]), st.lists(PIECES, min_size=1, max_size=20)),
    min_size=1,
    max_size=6,
)


def call_of(lines: list[tuple[str, list[str]]]) -> Transcript:
    return transcript(*((role, " ".join(words)) for role, words in lines), redacted=False)


@settings(deadline=None)
@given(CALLS)
def test_redact_again_changes_nothing(lines: list[tuple[str, list[str]]]) -> None:
    once = redact(call_of(lines))
    assert redact(once) == once


@settings(deadline=None)
@given(CALLS)
def test_redact_keeps_turns_words_and_times_in_order(lines: list[tuple[str, list[str]]]) -> None:
    before = call_of(lines)
    after = redact(before)
    assert [(t.index, t.role, t.start_ms, t.end_ms) for t in after.turns] == [
        (t.index, t.role, t.start_ms, t.end_ms) for t in before.turns
    ]
    for turn in after.turns:
        assert turn.words[0].start_ms == turn.start_ms
        assert turn.words[-1].end_ms == turn.end_ms
        assert all(a.end_ms <= b.start_ms for a, b in zip(turn.words, turn.words[1:], strict=False))
    spoken = {(t.index, w.start_ms, w.end_ms) for t in after.turns for w in t.words if w.text.startswith("[")}
    assert {(r.turn_index, r.start_ms, r.end_ms) for r in after.redactions} <= spoken


@settings(deadline=None)
@given(st.integers(0, 10**14 - 1), st.lists(st.integers(1, 5), min_size=16, max_size=16), st.booleans())
def test_redact_no_valid_card_number_is_left(number: int, groups: list[int], spoken: bool) -> None:
    digits = f"4{number:014d}"
    digits += next(last for last in "0123456789" if luhn(digits + last))
    parts, rest = [], digits
    for size in groups:
        part, rest = rest[:size], rest[size:]
        parts += [NAMES[int(char)] for char in part] if spoken else [part] if part else []
    assert masked(("customer", " ".join(parts))) == [CARD]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("4111 1111 1111 1111 " * 3, "[number]"),
        ("it is four one one one, four one one one, four one one one", "it is [number]"),
        ("the code is seven um three okay nine thanks", "the code is [number] thanks"),
        ("739", "[number]"),
        ("double seven one", "[number]"),
        ("on 2026-05-01 I paid 1,240.50", "on [number] I paid [number]"),
        ("4111.1111/1111x1111", "[number]"),
        ("one moment please two days", "one moment please two days"),
        ("thanks for watching", "thanks for watching"),
        ("", ""),
    ],
)
def test_redact_leaves_no_number_in_what_was_dropped(text: str, left: str) -> None:
    dropped = Dropped(channel=1, start_ms=0, end_ms=900, text=text, reason="loop")
    once = redact(transcript(("agent", "hello"), dropped=(dropped,), redacted=False))
    assert once.dropped == (replace(dropped, text=left),)
    assert redact(once) == once


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Good morning, Harbour Bank, this is Clara.", True),
        ("Good morning. Park Hotel. My name is Clara.", True),
        ("Hello, Acme Insurance, Clara speaking.", True),
        ("Hotel Bellevue, this is Clara.", True),
        ("Hi Maria, this is Clara from Harbour Bank.", False),
        ("Good morning, Grace Park, this is Clara.", False),
        ("Hello, Jane Street, this is Clara.", False),
    ],
)
def test_a_company_that_greets_is_no_person(said: str, kept: bool) -> None:
    masked = redact(transcript(("agent", said), ("customer", "hello")), PrivacySettings()).turns[0].text
    assert (masked == said) is kept
