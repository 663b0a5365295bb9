from __future__ import annotations

import pytest

from pipeline.conversation.questions import count_questions


@pytest.mark.parametrize(
    "text",
    [
        "How can I help you today?",
        "how can i help you today",
        "what is your phone number",
        "what's your date of birth",
        "What's the balance.",
        "okay what is the source of the account",
        "uh what is the transfer amount",
        "which card would you like to replace",
        "and how much is that a month",
        "what kind of card is it",
        "can you repeat that please",
        "Okay, so could you spell that for me.",
        "is there anything else i can help you with today",
        "isn't that the old address",
        "can't you see it",
        "do you have the card with you",
        "have you tried that already",
        "did it work",
        "are your details still the same",
        "may i have your name",
        "how about thursday",
        "You paid on Monday?",
    ],
)
def test_questions_counts_one(text: str) -> None:
    assert count_questions(text) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "?",
        "Thank you for calling.",
        "what i can do is send you a new one",
        "what a lovely day",
        "when you get the letter call us",
        "when the card arrives you can activate it",
        "which is why we ask",
        "have a nice day",
        "have the card ready please",
        "do that first and then call me back",
        "don't worry about that",
        "let me know how it goes",
        "i know what you mean",
        "can do",
        "will",
        "that is what the system says",
        "who knows",
    ],
)
def test_questions_counts_none(text: str) -> None:
    assert count_questions(text) == 0


def test_questions_counts_each_sentence() -> None:
    assert count_questions("Hello. Who am I speaking with? And what is your address? Thank you. Is that right.") == 3
