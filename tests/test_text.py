from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.text import fold, tokens


@pytest.mark.parametrize(
    ("word", "folded"),
    [
        ("Hello", "hello"),
        ("CAFÉ", "cafe"),
        ("cafe\u0301", "cafe"),
        ("can’t", "can't"),
        ("canʼt", "can't"),
        ("Straße", "strasse"),
        ("İstanbul", "istanbul"),
        ("ﬁne", "fine"),
        ("42", "42"),
        ("", ""),
    ],
)
def test_fold_makes_spellings_of_one_word_equal(word: str, folded: str) -> None:
    assert fold(word) == folded


@pytest.mark.parametrize(("one", "other"), [("can't", "cant"), ("four", "for"), ("1", "one")])
def test_fold_keeps_different_words_apart(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(st.text())
@settings(deadline=None)
def test_fold_twice_is_fold_once(word: str) -> None:
    assert fold(fold(word)) == fold(word)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I can't, sorry.", [("i", 0, 1), ("can't", 2, 7), ("sorry", 9, 14)]),
        ("", []),
        (" ... -- ", []),
        ("e-mail", [("e", 0, 1), ("mail", 2, 6)]),
        ("$1,000.50", [("1", 1, 2), ("000", 3, 6), ("50", 7, 9)]),
        ("[card_number] ok", [("card", 1, 5), ("number", 6, 12), ("ok", 14, 16)]),
        ("'quoted'", [("quoted", 1, 7)]),
        ("I can’t canʼt", [("i", 0, 1), ("can't", 2, 7), ("can't", 8, 13)]),
        ("nai\u0308ve", [("naive", 0, 6)]),
        ("नमस्ते जी", [("नमसते", 0, 6), ("जी", 7, 9)]),
    ],
)
def test_tokens_leave_punctuation_out_and_keep_offsets(text: str, expected: list[tuple[str, int, int]]) -> None:
    assert [(token.folded, token.char_start, token.char_end) for token in tokens(text)] == expected


@given(st.text())
@settings(deadline=None)
def test_tokens_fold_exactly_what_their_offsets_cut_out(text: str) -> None:
    found = tokens(text)
    assert all(fold(text[token.char_start : token.char_end]) == token.folded != "" for token in found)
    edges = [edge for token in found for edge in (token.char_start, token.char_end)]
    assert edges == sorted(edges), "tokens overlap or are out of order"
    assert all(token.char_start < token.char_end for token in found)


@given(st.text())
@settings(deadline=None)
def test_tokens_miss_no_letter_and_no_digit(text: str) -> None:
    inside = {i for token in tokens(text) for i in range(token.char_start, token.char_end)}
    left_out = [char for i, char in enumerate(text) if i not in inside and char.isalnum() and char != "ʼ"]
    assert left_out == []
