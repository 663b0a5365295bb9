"""What similar letters may and may not stand for."""

from __future__ import annotations

import pytest

from pipeline.compliance.loose import carried_share, misheard_article, opposite_word, other_number


@pytest.mark.parametrize(
    ("phrase", "said", "opposite"),
    [
        ("batteries are excluded from this", "batteries are included in this", True),
        ("your bill is unpaid today", "your bill is paid today", True),
        ("your bill is paid today", "your bill is unpaid today", True),
        ("we agree to these terms", "we disagree to these terms", True),
        ("you will be informed by us", "you will be formed by us", False),
        ("this call is recorded", "this car is accorded", False),
        ("this is an attempt to collect", "this is unattempt to collect", False),
        ("if you remain unhappy", "if you remain and happy", False),
        ("it is included and excluded", "it is excluded and included", False),
    ],
)
def test_opposite_word_is_no_recognition_error(phrase: str, said: str, opposite: bool) -> None:
    assert opposite_word(phrase.split(), said.split()) is opposite


@pytest.mark.parametrize(
    ("said", "misheard"),
    [
        ("this is not attempt to collect", True),
        ("this is not an attempt to collect", False),
        ("not this is an attempt to collect", False),
        ("this is an attempt to collect", False),
    ],
)
def test_misheard_article_is_a_not_that_took_its_place(said: str, misheard: bool) -> None:
    assert misheard_article(["this", "is", "an", "attempt", "to", "collect", "a", "debt"], said.split()) is misheard


@pytest.mark.parametrize(
    ("phrase", "said", "share"),
    [
        ("can you verify your date of birth", "can you verify your day to birth", 1.0),
        ("can you verify your date of birth", "can you very fire date of berth", 1.0),
        ("thank you for calling", "thank you for holding", 0.5),
        ("can you verify your date of birth", "can you verify your account number", 1 / 3),
    ],
)
def test_carried_share_counts_the_words_that_carry(phrase: str, said: str, share: float) -> None:
    assert carried_share(phrase.split(), said.split(), 0.58) == pytest.approx(share)


def test_other_number_is_asked_for_and_another_said() -> None:
    assert other_number(["150", "dollars"], ["250", "dollars"])
    assert not other_number(["150", "dollars"], ["dollars"])


@pytest.mark.parametrize(("unit", "other"), [("hours", True), ("day", False), ("dates", False), ("weeks", True)])
def test_other_unit_of_time_is_no_recognition_error(unit: str, other: bool) -> None:
    assert other_number(["cancel", "within", "14", "days"], ["cancel", "within", "14", unit]) is other
