"""What people type becomes terms, and nothing of it an operator of a database."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import QueryError
from pipeline.records import Role
from pipeline.store.search_marks import pieces, spans_of
from pipeline.store.search_query import Query, Term, parse_query
from pipeline.store.search_words import search_words


def term(*words: str, **changes: object) -> Term:
    return Term(words=words, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("typed", "wanted", "unwanted"),
    [
        ("refund cancel", [term("refund"), term("cancel")], []),
        ("refund refund REFUND", [term("refund")], []),
        ('"Cancel my  account"', [term("cancel", "my", "account")], []),
        ("“cancel my account”", [term("cancel", "my", "account")], []),
        ("near:5(refund cancel)", [term("refund", "cancel", between=5)], []),
        ("near(refund cancel)", [term("refund", "cancel", between=5)], []),
        ("agent:near:0(refund cancel)", [term("refund", "cancel", between=0, speaker="agent")], []),
        ("agent:refund Customer:no", [term("refund", speaker="agent"), term("no", speaker="customer")], []),
        ('customer:"too late"', [term("too", "late", speaker="customer")], []),
        ("refund -angry", [term("refund")], [term("angry")]),
        ('refund -agent:"no refund"', [term("refund")], [term("no", "refund", speaker="agent")]),
        ("refun*", [term("refun", beginning=True)], []),
        ('"cancel acc"*', [term("cancel", "acc", beginning=True)], []),
        ("e-mail", [term("e", "mail")], []),
        ("can’t Café", [term("can't"), term("cafe")], []),
        ("card_number", [term("card_number")], []),
        ("refund - 😀 !!! *", [term("refund")], []),
        ("refund AND OR NOT NEAR", [term(word) for word in ("refund", "and", "or", "not", "near")], []),
        ("refund\0cancel", [term("refund"), term("cancel")], []),
        ("50% (today)", [term("50"), term("today")], []),
        ("5:30", [term("5", "30")], []),
    ],
)
def test_query_is_read_as_people_mean_it(typed: str, wanted: list[Term], unwanted: list[Term]) -> None:
    assert parse_query(typed) == Query(wanted=tuple(wanted), unwanted=tuple(unwanted))


def test_speaker_of_the_form_counts_where_no_other_is_named() -> None:
    query = parse_query("refund customer:angry -sorry", speaker="agent")
    assert [each.speaker for each in (*query.wanted, *query.unwanted)] == ["agent", "customer", "agent"]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("", "no word to look for"),
        ("😀 … ()", "no word to look for"),
        ("-refund", "at least one thing that a call must have"),
        ('refund "cancel', "not closed"),
        ("a" * 10_000, "10,000 characters; at most 500"),
        ("re*", "at least 3 characters"),
        ("team:north", "there is no team:"),
        ("agent: refund", "without a blank"),
        ("agent:customer:refund", "only one of agent: and customer:"),
        ("near:5(refund)", "two different words"),
        ("near:5(refund refund)", "two different words"),
        ("near:5(a b c)", "two different words"),
        ("near:21(refund cancel)", "at most 20 words"),
        ("near:refund", "two words in brackets"),
        (" ".join(f"w{number}" for number in range(13)), "at most 12"),
        ('"' + "a " * 21 + '"', "at most 20 words"),
    ],
)
def test_query_that_cannot_be_meant_says_what_is_allowed(typed: str, told: str) -> None:
    with pytest.raises(QueryError, match=told):
        parse_query(typed)


@given(st.text(max_size=600))
def test_query_gives_words_only_or_says_what_is_wrong(typed: str) -> None:
    try:
        query = parse_query(typed)
    except QueryError:
        return
    for each in (*query.wanted, *query.unwanted):
        assert list(each.words) == search_words(" ".join(each.words))


@given(st.text(max_size=60))
def test_words_of_a_text_are_found_in_it_again(text: str) -> None:
    for word in set(search_words(text)):
        assert spans_of(text, Term(words=(word,)), Role.AGENT)


def test_marks_stand_where_the_words_are() -> None:
    said = "Can’t you cancel — the naïve refund, cancel it?"

    def marked(each: Term) -> list[str]:
        return [said[start:end] for start, end in spans_of(said, each, Role.AGENT)]

    assert marked(term("can't")) == ["Can’t"]
    assert marked(term("naive", "refund")) == ["naïve refund"]
    assert marked(term("canc", beginning=True)) == ["cancel", "cancel"]
    assert marked(term("refund", "cancel", between=0)) == ["refund", "cancel"]
    assert marked(term("refund", "cancel", between=2)) == ["cancel", "refund", "cancel"]
    assert marked(term("refund", speaker="customer")) == []


def test_snippet_is_cut_around_its_first_mark_and_loses_nothing_else() -> None:
    said = "before " * 40 + "the refund, please " + "after " * 40
    start = said.index("refund")
    shown = pieces(said, [(start, start + 6), (start + 2, start + 6)], most=80)
    assert [piece.text for piece in shown if piece.marked] == ["refund"]
    whole = "".join(piece.text for piece in shown)
    assert whole.startswith("… before")
    assert whole.endswith("after …")
    assert len(whole) < 100
    assert "".join(piece.text for piece in pieces("a refund", [(2, 8)], most=80)) == "a refund"
