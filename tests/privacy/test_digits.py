from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.privacy.digits import Kind, issued_as_card, luhn, read


@pytest.mark.parametrize(
    ("word", "digits"),
    [
        ("4111", "4111"),
        ("4111,", "4111"),
        ("4-1-1-1,", "4111"),
        ("4111-1111-1111-1111.", "4111111111111111"),
        ("-1", "1"),
        ("Four", "4"),
        ("oh", "0"),
        ("forty-one", "41"),
        ("four-one-one", "411"),
        ("eleven", "11"),
        ("ninety", "90"),
    ],
)
def test_digits_of_a_word(word: str, digits: str) -> None:
    assert read(word).digits == digits


@pytest.mark.parametrize(
    "word",
    [
        "$45",
        "12:30",
        "05/03/1981",
        "2026-10-05",
        "03.05.1981",
        "1,234",
        "1,234.56",
        "19.99",
        "4th",
        "B12",
        "50%",
        "hello",
    ],
)
def test_digits_amounts_dates_and_times_are_none(word: str) -> None:
    assert read(word).kind is Kind.OTHER


@pytest.mark.parametrize("number", ["4111111111111111", "5555555555554444", "378282246310005", "6011111111111117"])
def test_digits_known_test_cards_are_cards(number: str) -> None:
    assert luhn(number)
    assert issued_as_card(number)


@given(st.text(alphabet="0123456789", min_size=12, max_size=18))
def test_digits_exactly_one_last_digit_is_right(digits: str) -> None:
    assert sum(luhn(digits + last) for last in "0123456789") == 1


@given(st.text(alphabet="0123456789", min_size=13, max_size=19), st.integers(0, 12), st.integers(1, 9))
def test_digits_one_wrong_digit_is_noticed(digits: str, place: int, by: int) -> None:
    wrong = digits[:place] + str((int(digits[place]) + by) % 10) + digits[place + 1 :]
    assert not (luhn(digits) and luhn(wrong))
