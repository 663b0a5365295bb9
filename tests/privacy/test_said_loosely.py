"""Secrets that are told in parts, as amounts, misheard, or without the word that usually names them."""

from __future__ import annotations

import time

import pytest

from pipeline.privacy.redact import redact
from tests.factories import transcript

A, C = "agent", "customer"
CARD, CODE, SOCIAL = "[card_number]", "[security_code]", "[social_security_number]"
Lines = list[tuple[str, str]]


def texts(*lines: tuple[str, str]) -> list[str]:
    return [turn.text for turn in redact(transcript(*lines, redacted=False)).turns]


@pytest.mark.parametrize(
    "number",
    [
        "four thousand one hundred eleven, eleven eleven, eleven eleven, eleven eleven",
        "four thousand twelve, eighty eight eighty eight, eighty eight eighty eight, eighteen eighty one",
        "fifty five hundred zero zero fifty five fifty five fifty five fifty five fifty nine",
        "four and then fifteen ones",
    ],
)
def test_card_numbers_said_as_amounts(number: str) -> None:
    assert texts((C, f"it's on my visa {number}")) == [f"it's on my visa {CARD}"]


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        ([(C, "4012 8888"), (A, "sorry can you repeat the second half"), (C, "sure 8888 1881")], "4012 8888 1881"),
        (
            [
                (C, "four one one one"),
                (A, "go on"),
                (C, "one one one one"),
                (A, "mhm I got that so far four one one one one one one one"),
                (C, "one one one one"),
                (A, "and the rest of it please when you can"),
                (C, "one one one one"),
            ],
            "one",
        ),
        (
            [(C, "the first four are four zero one two. next four are eight eight eight eight. and then eight eight "
                 "eight eight and one eight eight one")],
            "eight zero one two",
        ),
        (
            [
                (C, "my visa is four zero one two"),
                (A, "and is that the one that is in your own name"),
                (C, "yes and eight eight eight eight"),
                (A, "hm"),
                (C, "eight eight eight eight one eight eight one"),
            ],
            "eight zero",
        ),
        ([(A, "The card number?"), (C, "for won won won to to to to ate ate ate ate for for for won")], "to for"),
        ([(A, "I take your card, whenever you are ready"), (C, "four zero one two eight eight eight eight")], "eight"),
    ],
)  # fmt: skip
def test_card_numbers_told_in_parts(lines: Lines, left: str) -> None:
    said = " ".join(text for (role, _), text in zip(lines, texts(*lines), strict=True) if role == C)
    assert CARD in said
    assert not {*left.split()} & {*said.replace(",", "").split()}


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([(A, "the expiry and last three digits please"), (C, "oh nine twenty seven and then seven three nine")], "oh"),
        ([(A, "expiry date and the three digit code"), (C, "nine twenty seven, seven three nine")], "nine"),
        ([(A, "the three numbers on the reverse"), (C, "seven three nine")], "nine"),
        ([(A, "what are the last three on the back"), (C, "seven three nine")], "nine"),
        ([(A, "CVV?"), (C, "four hundred")], "four"),
        ([(A, "CVV?"), (C, "four hundred and twelve")], "twelve"),
        ([(A, "what is on the signature strip"), (C, "seven thirty nine")], "thirty"),
        ([(A, "and the see vee vee"), (C, "seven three nine")], "nine"),
        ([(C, "the back says seven three nine")], "nine"),
    ],
)  # fmt: skip
def test_security_codes_asked_for_in_other_words(lines: Lines, code: str) -> None:
    answer = texts(*lines)[-1]
    assert CODE in answer
    assert not {code, "seven"} & {*answer.replace(",", "").split()}


@pytest.mark.parametrize(
    "lines",
    [
        [(A, "your social?"), (C, "the first three are one two three the middle two forty five and the last six "
                                  "seven eight nine")],
        [(A, "And your social?"), (C, "one two three forty five"), (A, "yes"), (C, "six thousand seven hundred "
                                                                                   "eighty nine")],
        [(C, "it is one two three dash four five dash six seven eight nine")],
    ],
)  # fmt: skip
def test_social_security_numbers_told_in_parts(lines: Lines) -> None:
    answer = texts(*lines)[-1]
    assert SOCIAL in answer
    assert not {"two", "forty", "five", "six", "seven", "eighty", "nine", "thousand"} & {*answer.split()}


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([(A, "your email?"), (C, "jdoe85 at gmail")], "[email_address]"),
        ([(A, "your email?"), (C, "john doe all one word at gmail")], "[email_address]"),
        ([(A, "your mother's maiden name?"), (C, "kowalczyk")], "[person_name]"),
        ([(A, "what is the name on the card?"), (C, "brunhilde okonkwo")], "[person_name]"),
        ([(A, "who is the account holder?"), (C, "it's oluwaseun oyelaran")], "it's [person_name]"),
        ([(A, "what name is the account under"), (C, "tadeusz wronski")], "[person_name]"),
        ([(C, "my name is maria de la cruz")], "my name is [person_name]"),
        ([(A, "your full name please"), (C, "jean luc van der berg")], "[person_name]"),
    ],
)
def test_emails_and_names_in_lower_case(lines: Lines, expected: str) -> None:
    assert texts(*lines)[-1] == expected


@pytest.mark.parametrize(
    "lines",
    [
        [(C, "I paid four thousand one hundred eleven dollars and then fifteen more")],
        [(C, "it ran for two thousand twelve hours, fifteen times")],
        [(A, "the first four are free, the next four are ten dollars")],
        [(C, "order 4012 8888"), (A, "let me look at that for you please"), (C, "or is it 8888 1882")],
        [(C, "the card is old and I waited two days for four calls")],
        [(A, "your card is ready"), (C, "I went to one for two")],
        [(C, "I read it on the back of three hundred pages")],
        [(C, "I met a friend at yahoo in May")],
        [(A, "who is the account holder?"), (C, "it is not mine")],
        [(A, "what is the name on the card?"), (C, "i do not know that")],
    ],
)
def test_what_looks_alike_stays(lines: Lines) -> None:
    assert texts(*lines) == [text for _, text in lines]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("four one " * 4000, CARD),
        ("five " * 70 + "four " + "one " * 15, CARD),
        ("one zero " * 4000, ("one zero " * 4000).strip()),
        ("a" * 1_000_000, "a" * 1_000_000),
    ],
)
def test_long_turns_are_read_in_seconds(text: str, expected: str) -> None:
    started = time.process_time()
    assert texts((C, text)) == [expected]
    assert time.process_time() - started < 10  # a quadratic search takes minutes
