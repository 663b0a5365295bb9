"""A smaller run of `make bench-redaction`: nothing of a made number is left, and what counts is able to count."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from benchmarks.redaction import digits_left, is_left_in_sound, is_left_in_text, leaks, masked_words, words_left
from benchmarks.redaction_cases import check_digit, number_cases, sentence_cases
from pipeline.privacy.redact import redact
from pipeline.sentiment.sentences import read_sentences


@pytest.mark.parametrize("seed", [7, 20261123])
def test_nothing_is_left_of_made_numbers(seed: int) -> None:
    for case, _, in_text, in_sound, words in leaks(number_cases(80, seed), redact, seed):
        assert (in_text, in_sound, words) == (False, False, 0), [turn.text for turn in case.transcript.turns]


def test_what_is_not_masked_is_counted() -> None:
    for case in number_cases(12, 3):
        untouched = replace(case.transcript, redacted=True)
        assert is_left_in_sound(case, untouched, random.Random(1))
        assert words_left(case, untouched) == len(case.secret_words)
    written = [case for case in number_cases(40, 3) if case.secret in digits_left(case.transcript.turns[1].text)]
    assert written
    assert all(is_left_in_text(case, case.transcript) for case in written)


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("four one, eleven forty one", "411141"),
        ("double four oh", "440"),
        ("4-1-1-1, 22", "411122"),
        ("for to won", "421"),
        ("twenty thanks seven", "20 7"),
    ],
)
def test_digits_left_reads_numbers_by_itself(text: str, digits: str) -> None:
    assert digits_left(text) == digits


def test_made_card_numbers_are_right() -> None:
    assert check_digit("411111111111111") == "1"
    assert check_digit("37828224631000") == "5"


def test_most_other_personal_data_is_masked_and_ordinary_turns_are_not() -> None:
    left = [case.kind for case, *_, words in leaks(sentence_cases(10, 5), redact, 5) if words]
    assert len(left) <= 5, left
    texts = [sentence.text for sentence in read_sentences()][::12]
    masked, total, touched = masked_words(texts, redact)
    assert masked / total < 0.003, touched
