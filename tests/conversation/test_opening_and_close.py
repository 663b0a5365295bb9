from __future__ import annotations

from typing import Any

import pytest

from pipeline.conversation.opening_and_close import first_greeting_ms, wrap_up_ms
from pipeline.conversation.parties import party_of
from pipeline.conversation.speech import spoken_words
from pipeline.records import Redaction, Role
from tests.factories import transcript


def greeted(*lines: tuple[str, str, int]) -> int | None:
    return first_greeting_ms(party_of(spoken_words(transcript(*lines)), Role.AGENT))


def wrapped_up(*lines: tuple[str, str] | tuple[str, str, int], **changes: Any) -> int | None:
    words = spoken_words(transcript(*lines, **changes))
    return wrap_up_ms(words, party_of(words, Role.CUSTOMER), 60_000)


@pytest.mark.parametrize(
    "text",
    [
        "Hello, how can I help?",
        "Hi there",
        "good afternoon",
        "Welcome to Cobalt Internet.",
        "Thank you for calling Harbour Bank.",
        "Thanks for calling",
        "My name is Maria.",
        "Cobalt Internet, Tom speaking.",
        "Cobalt Internet, this is Tom.",
        "you're speaking with Maria",
        "It's Lena from Brightline",
    ],
)
def test_greeting_is_where_the_agent_begins_to_greet(text: str) -> None:
    assert greeted(("agent", text, 700)) == 700


@pytest.mark.parametrize(
    "text",
    [
        "Yes, what is it?",
        "Harbour Bank",
        "this is a recorded line",
        "this is about your bill",
        "thank you, one moment",
        "it's a good price",
        "the hire car",
        "welcome",
    ],
)
def test_other_words_greet_nobody(text: str) -> None:
    assert greeted(("agent", text, 700)) is None


def test_greeting_counts_from_the_stretch_that_holds_it() -> None:
    assert greeted(("agent", "one moment", 0), ("customer", "hello", 700), ("agent", "sorry hello", 3000)) == 3000


def test_only_the_agent_greets_and_only_at_the_beginning() -> None:
    assert greeted(("customer", "hello", 0), ("agent", "yes", 1000)) is None
    assert greeted(("agent", "yes", 0), ("agent", "hello", 59_999)) == 59_999
    assert greeted(("agent", "yes", 0), ("agent", "hello", 60_000)) is None
    assert greeted(("customer", "hello", 0)) is None


LOST = ("customer", "I lost my debit card in a taxi", 10_000)  # until 12.4 s


@pytest.mark.parametrize(
    ("role", "text"),
    [
        ("customer", "Thank you so much."),
        ("customer", "bye"),
        ("customer", "That's all."),
        ("agent", "Anything else I can help you with?"),
        ("agent", "To summarize, the card is blocked."),
        ("agent", "Thank you for calling Harbour Bank."),
        ("agent", "Have a lovely day."),
        ("agent", "Goodbye."),
    ],
)
def test_wrap_up_runs_from_the_first_closing_words_to_the_end(role: str, text: str) -> None:
    assert wrapped_up(LOST, (role, text, 40_000), ("agent", "goodbye", 50_000)) == 20_000


@pytest.mark.parametrize(
    ("role", "text"),
    [
        ("agent", "Thank you, that matches what we have."),
        ("agent", "I have blocked the card."),
        ("customer", "Okay, great."),
    ],
)
def test_wrap_up_does_not_begin_while_the_agent_still_works(role: str, text: str) -> None:
    assert wrapped_up(LOST, (role, text, 40_000), ("agent", "goodbye", 50_000)) == 10_000


def test_wrap_up_begins_anew_when_the_customer_has_something_else() -> None:
    asked = ("customer", "yes where can I collect the new one", 41_000)
    assert wrapped_up(LOST, ("agent", "anything else", 40_000), asked, ("agent", "goodbye", 50_000)) == 10_000


@pytest.mark.parametrize("text", ["no that is all thank you", "perfect have a nice day maria", "okay great thanks"])
def test_thanks_and_goodbyes_are_no_substance(text: str) -> None:
    assert wrapped_up(LOST, ("agent", "anything else", 40_000), ("customer", text, 42_000)) == 20_000


def test_goodbye_in_the_same_breath_is_wrap_up() -> None:
    assert wrapped_up(("customer", "i will find another company goodbye", 30_000)) == 60_000 - 31_500


def test_personal_data_is_substance() -> None:
    said = ("customer", "it's [card_number] [card_code]", 40_000)
    masked = Redaction(kind="card_number", turn_index=1, start_ms=40_300, end_ms=40_900)
    assert wrapped_up(LOST, said, ("customer", "bye", 45_000), redactions=(masked,)) == 15_000


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([LOST], id="nothing closes the call"),
        pytest.param([("customer", "hello", 0), ("agent", "goodbye", 5000)], id="nothing of substance"),
        pytest.param([("agent", "goodbye", 5000)], id="customer never heard"),
        pytest.param([("agent", "thank you for calling", 0), LOST], id="closing words come before"),
    ],
)
def test_wrap_up_is_unknown_where(lines: list[Any]) -> None:
    assert wrapped_up(*lines) is None
