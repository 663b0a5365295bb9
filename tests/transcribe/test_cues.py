"""Phrases that tell agents from customers, and what they say of two voices."""

from __future__ import annotations

import pytest

from pipeline.transcribe.cues import CUES, OPENING_WORDS, cue_sums, cues_said, two_sides_log_odds
from tests.factories import words

AGENT = "How can I help you? Can I have your date of birth? Is there anything else I can do?"
CUSTOMER = "I lost my debit card. Can you send me a new one? No, that was going to be it."


def test_cues_speak_for_somebody() -> None:
    assert all(cue.weight for cue in CUES)


def test_a_cue_is_found_in_its_words_each_time() -> None:
    said = words("Hello. How can I help you? Yes. How may we assist?")
    assert [heard.words for heard in cues_said(said)] == [(1, 2, 3, 4), (7, 8, 9, 10)]
    assert cue_sums(said) == cue_sums(said[:7])


def test_a_cue_of_the_opening_counts_only_there() -> None:
    said = "this is northwind bank"
    assert len(cues_said(words(said))) == 1
    assert len(cues_said(words("well " * (OPENING_WORDS - 4) + said))) == 1
    assert cues_said(words("well " * (OPENING_WORDS - 3) + said)) == ()


def log_odds(*parties: str) -> float:
    texts = [words(text) for text in parties]
    together = words(" ".join(parties))
    of_word = [of % 2 for of, text in enumerate(texts) for _ in text]
    return two_sides_log_odds(cues_said(together), of_word)


def test_phrases_that_fall_apart_as_the_voices_do_speak_for_two_parties() -> None:
    assert log_odds(AGENT, CUSTOMER) > 2
    assert log_odds(AGENT, CUSTOMER) == pytest.approx(log_odds(CUSTOMER, AGENT))
    assert log_odds(AGENT, "I lost my wallet.") < log_odds(AGENT, CUSTOMER)


@pytest.mark.parametrize(
    "parties",
    [
        ("Hello.", "Hello."),
        (AGENT, "Yes. Monday."),  # one side's phrases alone
        (AGENT, AGENT),
        (AGENT + " " + CUSTOMER, "Yes."),
        ("How can I help you? I lost my debit card.", "Anything else I can do? Can you send me a new one?"),
    ],
)
def test_other_phrases_are_no_evidence_of_two_parties(parties: tuple[str, str]) -> None:
    assert log_odds(*parties) < 0.5
