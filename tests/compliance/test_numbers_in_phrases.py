from __future__ import annotations

import re

import pytest

from pipeline.compliance.loose import other_number
from pipeline.compliance.pattern import PatternError, variants
from pipeline.config import PACKAGE_ROOT
from tests.compliance.rule_files import findings, rule
from tests.factories import transcript


def outcome(phrase: str, said: str) -> str:
    return findings(transcript(("agent", said)), rule("n", phrase))["n"].kind


SAME = [
    [
        "a fee of $150",
        "a fee of 150 dollars",
        "a fee of one hundred and fifty dollars",
        "a fee of a hundred fifty bucks",
    ],
    ["a rate of 12.5%", "a rate of twelve and a half percent", "a rate of twelve point five per cent"],
    ["due on May 5th", "due on the fifth of May", "due on the 5th of may", "due on may fifth", "due on May 5"],
    [
        "open from 9 a.m. to 5:30 p.m.",
        "open from nine am to five thirty pm",
        "open from 9:00 AM to half past five p.m.",
    ],
    ["we are here 24/7", "we are here twenty four seven", "we are here twenty-four seven", "we are here 24-7"],
    ["your 401k plan", "your 401(k) plan", "your four oh one k plan", "your 401 k plan"],
    ["call 1-800-555-1212 now", "call one eight hundred five five five one two one two now"],
    ["until 2026 ends", "until two thousand twenty six ends", "until twenty twenty six ends"],
    ["the 1st payment", "the first payment"],
    ["press 1 now", "press one now"],
    ["within 30 days", "within thirty days"],
]


@pytest.mark.parametrize(
    ("phrase", "said"), [(phrase, said) for texts in SAME for phrase in texts for said in texts if "(" not in phrase]
)
def test_numbers_a_phrase_written_one_way_is_found_said_in_any(phrase: str, said: str) -> None:
    assert outcome(phrase, said) == "present"


@pytest.mark.parametrize(
    ("phrase", "said"),
    [
        ("50 dollars", "one hundred and fifty dollars"),
        ("50 dollars", "$150"),
        ("hundred dollars", "two hundred dollars"),
        ("$8", "eight dollars and fifty cents"),
        ("May 5th", "the fifteenth of May"),
        ("may fifth", "you may, fifth of all"),
        ("press 1", "press 11"),
        ("24/7", "24 of 7"),
        ("a rate of 12%", "a rate of 12.5%"),
        ("9 a.m.", "9 p.m."),
        ("the total cost of this plan is 150 dollars", "the total cost of this plan is 250 dollars"),
        ("you have thirty days to return the product", "you have 14 days to return the product"),
    ],
)
def test_numbers_another_number_is_not_said(phrase: str, said: str) -> None:
    assert outcome(phrase, said) == "absent"


def test_numbers_another_number_is_the_near_miss() -> None:
    wanted = rule("n", "you have thirty days to return the product")
    finding = findings(transcript(("agent", "Well, you have 14 days to return the product.")), wanted)["n"]
    assert finding.nearest_miss is not None
    assert finding.nearest_miss.evidence.quote == "you have 14 days to return the product"


def test_numbers_that_were_misheard_as_words_are_left_to_similarity() -> None:
    wanted = rule("n", "the last four digits of your social security number")
    said = transcript(("agent", "the last for digits of your social security number"))
    assert findings(said, wanted)["n"].kind == "present"


@pytest.mark.parametrize(
    ("phrase", "said", "quote"),
    [
        ("balance is {money}", "Your balance is $1,240.50, sir.", "balance is $1,240.50"),
        ("{money}", "It is $15, sir.", "$15"),
        ("{money}", "that makes 8 dollars and um 50 cents in all", "8 dollars and um 50 cents"),
        ("{money} a month", "a hundred and five dollars a month", "a hundred and five dollars a month"),
        ("{number} percent", "about twelve and a half percent more", "twelve and a half percent"),
        ("{number}%", "about 12.5% more", "12.5%"),
        ("{number} times", "I called three times", "three times"),
        ("{number} time", "the 21st time", "21st time"),
        ("{number} left", "only one left", "one left"),
        ("call 1-800 {number}", "call 1-800-555-1212.", "call 1-800-555-1212"),
        ("on {word} {number}", "on the fifth of May we", "on the fifth of May"),
        ("due ~2 may 5", "Due on the fifth of May, 2026.", "Due on the fifth of May"),
        ("(one|two|three) hundred dollars", "Two-hundred dollars!", "Two-hundred dollars"),
        ("code (is|was) 4112", "your code is four, one, one, two. Right", "code is four, one, one, two"),
    ],
)
def test_numbers_are_quoted_as_they_were_heard(phrase: str, said: str, quote: str) -> None:
    (evidence,) = findings(transcript(("agent", said)), rule("n", phrase))["n"].evidence
    assert evidence.quote == quote


def test_numbers_over_two_turns_are_quoted_from_both() -> None:
    said = transcript(("agent", "you owe one hundred"), ("customer", "yes"), ("agent", "and fifty dollars"))
    evidence = findings(said, rule("n", "owe $150"))["n"].evidence
    assert [(quote.turn_index, quote.quote) for quote in evidence] == [(0, "owe one hundred"), (2, "and fifty dollars")]
    assert [(quote.start_ms, quote.end_ms) for quote in evidence] == [(300, 1200), (2500, 3400)]


@pytest.mark.parametrize(
    "text",
    [
        "one moment please",
        "no one knows",
        "which one",
        "one second",
        "oh i see",
        "you may go",
        "first of all",
        "the point",
    ],
)
def test_numbers_words_that_only_look_like_one_are_found_as_they_are(text: str) -> None:
    assert outcome(text, f"well {text} then") == "present"


@pytest.mark.parametrize("text", ["(one|two) of the (other|next) (a|b|c) items", "(is|at) (no|zero) risk"])
def test_numbers_in_alternatives_stay_few_ways(text: str) -> None:
    assert len(variants(text)) <= 2


@pytest.mark.parametrize("phrase", ["pay $", "a % of it all #5", "#5", "5_6"])
def test_numbers_punctuation_that_is_no_part_of_one_is_refused(phrase: str) -> None:
    with pytest.raises(PatternError):
        variants(phrase)


@pytest.mark.parametrize(
    ("phrase", "said", "other"),
    [
        ("30 days", "14 days", True),
        ("30 days", "30 days", False),
        ("30 days", "dirty days", False),
        ("some days", "14 days", False),
        ("30 days 2 times", "2 days 30 times", False),
    ],
)
def test_numbers_other_number_needs_one_that_is_asked_for(phrase: str, said: str, other: bool) -> None:
    assert other_number(phrase.split(), said.split()) is other


def documented() -> list[tuple[str, str]]:
    """The pairs of a written phrase and what it finds that the page of rules promises."""
    page = (PACKAGE_ROOT / "docs" / "rules.md").read_text()
    table = page.partition("| one of these | finds all of these |")[2].partition("\n\n")[0]
    pairs = []
    for row in table.splitlines():
        phrases, said = re.findall(r"`([^`]+)`", row), re.findall(r'"([^".]+(?:\.[^".]+)*)"', row)
        pairs += zip(phrases, said, strict=True) if len(phrases) > 1 else [(p, s) for p in phrases for s in said]
    return pairs


@pytest.mark.parametrize(("phrase", "said"), documented())
def test_numbers_the_page_of_rules_keeps_its_promises(phrase: str, said: str) -> None:
    assert outcome(phrase, f"well {said} then") == "present"
