"""Near misses of known names are put right, and nothing else is."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.records import Word
from pipeline.transcribe.files import transcript_from_json, transcript_to_json
from pipeline.transcribe.near_misses import MAX_PAUSE_MS, correct
from pipeline.transcribe.vocabulary import Term, Terms
from tests.factories import transcript, words

TERMS = Terms(
    terms=(
        Term(text="Harbour Bank"),
        Term(text="Ridgeway Recovery"),
        Term(text="Cobalt Internet", sounds_like=("co bought internet",)),
        Term(text="NetSaver"),
        Term(text="Carde"),
        Term(text="Zelle"),
        Term(text="Brightline Mobile"),
        Term(text="GoTo"),
        Term(text="Payoff"),
        Term(text="Donnelly Plan"),
        Term(text="Gold Card"),
        Term(text="overdraft plus", sounds_like=("over the plus",)),
    )
)


def said(text: str, *, confidence: float | None = 0.9, language: str = "en") -> str:
    return " ".join(word.text for word in correct(words(text, confidence=confidence), TERMS, language=language))


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("thank you for calling Harbor Bank.", "thank you for calling Harbour Bank."),
        ("calling Harborbank, my name", "calling Harbour Bank, my name"),
        ("this is Lena from HarborBang.", "this is Lena from Harbour Bank."),
        ("I love harbor bank's app", "I love Harbour Bank's app"),
        ("calling co bought internet. Please", "calling Cobalt Internet. Please"),
        ("calling co -bought internet. Please", "calling Cobalt Internet. Please"),
        ("Co-bought internet, hello", "Cobalt Internet, hello"),
        ("from Ridge Way Recovery", "from Ridgeway Recovery"),
        ("from Ridgway Recovery", "from Ridgeway Recovery"),
        ("the net saver tariff", "the NetSaver tariff"),
        ("Bright line mobile, hello", "Brightline Mobile, hello"),
        ("Over the plus is included", "Overdraft plus is included"),
        ("the (Donnely plan)", "the (Donnelly Plan)"),
    ],
)
def test_correct_puts_near_misses_right_and_keeps_what_stands_around(heard: str, meant: str) -> None:
    assert said(heard) == meant


@pytest.mark.parametrize(
    "heard",
    [
        "the harbor was nice and the bank was closed",
        "we walked along the harbor. Bank holidays are free",
        "by the harbor, bank with us",
        "I lost my card yesterday",
        "my cards are gone and the car is too",
        "I want to sell my phone and the cell is empty",
        "go to the website and go to settings",
        "we have to pay off the loan",
        "the river bank was flooded",
        "I bought internet and a router from a shop",
        "my internet is slow",
        "this is the right way to recover it",
        "the road to recovery",
        "a bright light on my mobile",
        "on the line my mobile broke",
        "another bank, a harbour tour",
        "the plan from Danielle",
        "over a hundred plus tax",
        "the network saver",
        "harbour bank and the Harbour Bank's card",  # written as it should be
        "many NetSavers",
        "the old card is blocked",
        "hard work",
        "4 1 1 1 and $2,312",
        "- ... !",
    ],
)
@pytest.mark.parametrize("confidence", [0.95, None, 0.3])
def test_correct_leaves_what_means_itself(heard: str, confidence: float | None) -> None:
    given = words(heard, confidence=confidence)
    assert correct(given, TERMS) == given


@pytest.mark.parametrize(("heard", "meant"), [("arbor bank", "Harbour Bank"), ("Cobble Internet", "Cobalt Internet")])
def test_correct_replaces_ordinary_words_more_readily_where_they_were_heard_badly(heard: str, meant: str) -> None:
    assert said(heard, confidence=0.9) == heard
    assert said(heard, confidence=0.3) == meant


def test_correct_asks_more_of_a_strange_word_that_was_heard_well() -> None:
    assert said("the Donnery plan", confidence=0.9) == "the Donnery plan"
    assert said("the Donnery plan", confidence=0.3) == "the Donnelly Plan"
    assert said("the Doneley plan", confidence=0.9) == "the Donnelly Plan"
    assert said("the Dannering plan", confidence=0.1) == "the Dannering plan"


def test_correct_keeps_times_confidence_and_what_was_heard() -> None:
    first, second = correct(words("Harbor bank.", start_ms=700, confidence=0.6), TERMS)
    assert first == Word(text="Harbour", start_ms=700, end_ms=1000, confidence=0.6, heard="Harbor")
    assert second == Word(text="Bank.", start_ms=1000, end_ms=1300, confidence=0.6, heard="bank.")


def test_correct_leaves_the_words_of_a_name_that_were_right() -> None:
    first, second = correct(words("Harbor Bank"), TERMS)
    assert (first.heard, second.heard) == ("Harbor", None)


def test_correct_joins_words_over_their_time() -> None:
    given = (
        Word(text="net", start_ms=0, end_ms=300, confidence=0.4),
        Word(text="saver,", start_ms=340, end_ms=800, confidence=0.8),
    )
    (joined,) = correct(given, TERMS)
    assert joined == Word(text="NetSaver,", start_ms=0, end_ms=800, confidence=pytest.approx(0.6), heard="net saver,")


def test_correct_shares_the_time_of_one_word_out_by_letters() -> None:
    one, other = correct((Word(text="Harborbank", start_ms=1000, end_ms=2100, confidence=0.5),), TERMS)
    assert one == Word(text="Harbour", start_ms=1000, end_ms=1700, confidence=0.5, heard="Harborbank")
    assert other == Word(text="Bank", start_ms=1700, end_ms=2100, confidence=0.5, heard="")


def test_correct_does_not_reach_over_a_pause() -> None:
    harbor, bank = words("harbor bank")
    later = Word(text="bank", start_ms=harbor.end_ms + MAX_PAUSE_MS + 1, end_ms=harbor.end_ms + MAX_PAUSE_MS + 400)
    assert correct((harbor, later), TERMS) == (harbor, later)
    assert correct((harbor, bank), TERMS) != (harbor, bank)


def test_correct_takes_the_longest_name_that_was_said() -> None:
    terms = Terms(terms=(Term(text="Harbour"), Term(text="Harbour Bank Plus"), Term(text="Harbour Bank")))
    assert [w.text for w in correct(words("harbor bank plus"), terms)] == ["Harbour", "Bank", "Plus"]


def test_correct_outside_english_replaces_only_what_is_listed() -> None:
    assert said("Harborbank", language="de") == "Harborbank"
    assert said("co bought internet", language="de") == "Cobalt Internet"


def test_correct_finds_names_in_other_letters_only_as_they_are_listed() -> None:
    terms = Terms(terms=(Term(text="Сбербанк", sounds_like=("сбер банк",)), Term(text="Café Crème")))
    assert [w.text for w in correct(words("сбер банк", confidence=0.9), terms)] == ["Сбербанк"]
    assert [w.text for w in correct(words("сбербонк cafe creme"), terms)] == ["сбербонк", "cafe", "creme"]


def test_what_was_heard_is_kept_in_files() -> None:
    made = transcript(("agent", "calling Harborbank today"))
    (turn,) = made.turns
    corrected = replace(made, turns=(replace(turn, words=correct(turn.words, TERMS)),))
    (read,) = transcript_from_json(transcript_to_json(corrected)).turns
    assert [word.heard for word in read.words] == [None, "Harborbank", "", None]


def test_correct_without_terms_or_words_changes_nothing() -> None:
    assert correct(words("harbor bank"), Terms()) == words("harbor bank")
    assert correct((), TERMS) == ()


VOCABULARY_OF_CALLS = (
    *("harbor", "Harborbank,", "bank.", "bank's", "harbour", "net", "saver,", "co", "-bought", "internet.", "internet"),
    *("ridge", "way", "recovery", "the", "a", "my", "card", "Carde", "cell", "zelle", "bright", "line", "mobile"),
    *("brightline", "go", "to", "pay", "off", "over", "plus", "donnely", "plan", "12", "-", "naïve"),
)


@given(
    said=st.lists(
        st.tuples(st.sampled_from(VOCABULARY_OF_CALLS), st.floats(0, 1), st.integers(0, 900), st.integers(0, 1200)),
        max_size=12,
    )
)
@settings(deadline=None, max_examples=150)
def test_correct_loses_nothing(said: list[tuple[str, float, int, int]]) -> None:
    heard, at_ms = [], 0
    for text, confidence, length_ms, pause_ms in said:
        heard.append(Word(text=text, start_ms=at_ms, end_ms=at_ms + length_ms, confidence=confidence))
        at_ms += length_ms + pause_ms
    corrected = correct(heard, TERMS)
    kept = [word.text if word.heard is None else word.heard for word in corrected]
    assert " ".join(filter(None, kept)) == " ".join(word.text for word in heard)
    assert correct(corrected, TERMS) == corrected
    assert all(word.start_ms <= word.end_ms for word in corrected)
    assert all(one.end_ms <= other.start_ms for one, other in pairwise(corrected))
    assert {word for word in corrected if word.heard is None} <= set(heard)
