"""Names and reasons as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ReviewError
from pipeline.review.wording import (
    MOST_NAME_CHARACTERS,
    MOST_REASON_CHARACTERS,
    checked_name,
    checked_reason,
    made_id,
    same_name,
)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("  ann  ", "ann"), ("Zoë  van der   Berg", "Zoë van der Berg"), ("नेहा", "नेहा"), ("o'neil, j.", "o'neil, j.")],
)
def test_name_is_kept_as_it_is_but_for_blanks(typed: str, kept: str) -> None:
    assert checked_name(typed) == kept


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "a name is needed"),
        (" \u00a0 ", "a name is needed"),
        ("ann\nbob", "no control characters"),
        ("ann\x1b[31m", "no control characters"),
        ("ann\x00", "no control characters"),
        ("ann\u202egpj", "no control characters"),
        ("ann\ud800", "no control characters"),
        ("tom.becker\u200b", "no invisible ones"),
        ("\ufefftom", "no invisible ones"),
        ("tom\u00adbecker", "no invisible ones"),
        ("tom\u3164", "no invisible ones"),
        ("\u0301", "a name is needed"),
        ("a" * (MOST_NAME_CHARACTERS + 1), f"at most {MOST_NAME_CHARACTERS} characters, this one has 101"),
    ],
)
def test_name_that_nobody_could_read_is_refused(name: str, said: str) -> None:
    with pytest.raises(ReviewError, match=said):
        checked_name(name)


@pytest.mark.parametrize(
    "reason",
    [
        "",
        "   \n ",
        "because\x00",
        "because\x07",
        "\u200b",
        "\u200d",
        "\u2800",
        "so\u202e",
        "x" * (MOST_REASON_CHARACTERS + 1),
    ],
)
def test_reason_that_cannot_be_kept_is_refused(reason: str) -> None:
    with pytest.raises(ReviewError):
        checked_reason(reason)


def test_reason_may_have_lines_and_be_long() -> None:
    assert checked_reason(" one\n\ttwo \n") == "one\n\ttwo"
    assert len(checked_reason("x" * MOST_REASON_CHARACTERS)) == MOST_REASON_CHARACTERS


@given(st.text(max_size=120))
def test_name_that_was_checked_once_is_kept_as_it_is(name: str) -> None:
    try:
        kept = checked_name(name)
    except ReviewError:
        return
    assert checked_name(kept) == kept
    assert kept.isprintable() or any(not character.isascii() for character in kept)
    kept.encode()  # both databases take it
    assert "\0" not in kept


@pytest.mark.parametrize(
    ("other", "same"),
    [("Tom.Becker", True), ("\uff54om.becker", True), ("tom.becker\u200b", True), ("tom.beckers", False), ("", False)],
)
def test_names_are_compared_as_people_read_them(other: str, same: bool) -> None:
    assert same_name("tom.becker", other) is same


def test_reason_in_a_script_that_joins_letters_is_kept() -> None:
    assert checked_reason("می\u200cخواهم") == "می\u200cخواهم"


def test_id_is_of_what_was_said() -> None:
    first = made_id("r-", by="ann", reason="because")
    assert first == made_id("r-", reason="because", by="ann")
    assert len({first, made_id("r-", by="bob", reason="because"), made_id("d-", by="ann", reason="because")}) == 3
    assert first.startswith("r-")
    assert len(first) == 18
