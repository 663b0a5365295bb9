"""Citations are checked against the transcript, and become evidence with the exact words and their times."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.judge.cite import LEAST_WORDS, check_citations
from pipeline.records import Role
from pipeline.text import tokens
from tests import factories
from tests.judge.calls import CALL, GOOD, SORRY, judge
from tests.judge.endpoint import Endpoint, said


def test_a_true_citation_becomes_evidence_with_its_exact_words_and_times() -> None:
    with Endpoint(said("yes", (2, "so SORRY about that mrs"))).running() as endpoint:
        judgement, judged = judge(endpoint)
    (evidence,) = judgement.evidence
    turn = CALL.turns[2]
    assert (evidence.quote, evidence.role, evidence.turn_index) == ("so sorry about that, Mrs.", Role.AGENT, 2)
    assert turn.text[evidence.char_start : evidence.char_end] == evidence.quote
    assert (evidence.start_ms, evidence.end_ms) == (turn.words[1].start_ms, turn.words[5].end_ms)
    assert evidence.confidence == pytest.approx(0.9)
    assert (judgement.answer, judgement.reason, judgement.applicable) == ("yes", "It was said.", True)
    assert judged.judgements.made_by.engine == "llm:made-up-7b"


def test_invented_quotes_are_dropped_and_true_ones_stay() -> None:
    cited = [(9999, "I'm so sorry about that"), (1, "You charged me twice"), (2, "I will refund you"), GOOD, GOOD]
    with Endpoint(said("yes", *cited)).running() as endpoint:
        judgement, _ = judge(endpoint)
    assert [(e.turn_index, e.quote) for e in judgement.evidence] == [
        (1, "You charged me twice"),
        (2, "I'm so sorry about that,"),
    ]


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        (SORRY, SORRY),
        ("I’m so sorry", "I'm so sorry"),
        ("that, Mrs. [person_name]", "that, Mrs. [person_name]."),
        ("... so sorry about ...", "so sorry about"),
        ("sorry so about", None),
        ("I'm very sorry about that", None),
        ("so sorry", None),
        ("sorry about thatch", None),
        ("Okay.", None),
    ],
)
def test_a_quote_stands_there_word_for_word_or_not_at_all(quote: str, found: str | None) -> None:
    assert [evidence.quote for evidence in check_citations(CALL, [(2, quote)])] == ([found] if found else [])


def test_a_short_turn_may_be_quoted_whole() -> None:
    assert [evidence.quote for evidence in check_citations(CALL, [(3, "okay")])] == ["Okay."]


def test_evidence_without_known_confidence_has_none() -> None:
    turns = (factories.turn("agent", "we are very sorry", confidence=None),)
    (evidence,) = check_citations(dataclasses.replace(CALL, turns=turns), [(0, "we are very sorry")])
    assert evidence.confidence is None


WORDS = st.lists(
    st.sampled_from(["a", "b-c", "naïve", "O'Neil,", "[card_number]", "—", "5", "x."]), min_size=1, max_size=12
)


@given(WORDS, st.data())
def test_what_is_copied_is_found_and_what_is_found_stands_there(said_words: list[str], data: st.DataObject) -> None:
    turn = factories.turn("agent", " ".join(said_words))
    call = dataclasses.replace(CALL, turns=(turn,))
    start = data.draw(st.integers(0, len(said_words) - 1))
    end = data.draw(st.integers(start + 1, len(said_words)))
    copied = " ".join(said_words[start:end])
    found = check_citations(call, [(0, copied)])
    assert bool(found) == (len(tokens(copied)) >= LEAST_WORDS or 0 < len(tokens(copied)) == len(tokens(turn.text)))
    for evidence in found:
        assert evidence.quote == turn.text[evidence.char_start : evidence.char_end]
        folded = [token.folded for token in tokens(copied)]
        assert all(word in [t.folded for t in tokens(evidence.quote)] for word in folded)


@given(st.lists(st.tuples(st.integers(-3, 9), st.text()), max_size=8))
def test_no_citation_is_an_error_or_invents_anything(cited: list[tuple[int, str]]) -> None:
    for evidence in check_citations(CALL, cited):
        assert CALL.turns[evidence.turn_index].text[evidence.char_start : evidence.char_end] == evidence.quote
