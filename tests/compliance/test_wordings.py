"""Rules written as plain wordings of a script, on what people make of them (tests/cases/wordings/first.yaml)."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from ruamel.yaml import YAML

from pipeline.compliance.detect import detect
from pipeline.compliance.mood import asks, swapped_possessives
from pipeline.compliance.negation import states_denial
from pipeline.compliance.pattern import plain_wordings
from pipeline.compliance.rule import Rule
from pipeline.compliance.stems import COUNTS, rarest_shared, stem, stems_of
from pipeline.config import PACKAGE_ROOT
from tests.compliance.rule_files import READER, SETTINGS, rule
from tests.factories import recording, transcript

CASES = PACKAGE_ROOT / "tests" / "cases" / "wordings" / "first.yaml"


@functools.cache
def written() -> Sequence[dict[str, Any]]:
    return tuple(YAML(typ="safe").load(CASES.read_text())["rules"])


def as_rule(case: dict[str, Any]) -> Rule:
    return rule(case["id"], *case["wordings"], wordings=plain_wordings(case["wordings"]))


def tier(case: dict[str, Any], *lines: Any) -> str:
    """How the rule finds the lines: said, probably or not at all."""
    spoken = []
    for line in lines:
        ((role, text),) = line.items() if isinstance(line, dict) else (("agent", line),)
        spoken.append((role, text))
    (finding,) = detect(transcript(*spoken), recording(), [as_rule(case)], SETTINGS, READER)
    return "not" if finding.kind != "present" else "probably" if finding.probable else "said"


def every(kind: str) -> Iterator[Any]:
    for case in written():
        for i, line in enumerate(case[kind]):
            yield pytest.param(case, line if isinstance(line, list) else [line], id=f"{case['id']}-{i}")


@pytest.mark.parametrize(("case", "lines"), [*every("verbatim"), *every("garbled"), *every("split")])
def test_wordings_are_said_verbatim_garbled_and_split(case: dict[str, Any], lines: list[Any]) -> None:
    assert tier(case, *lines) == "said"


@pytest.mark.parametrize(("case", "lines"), [*every("negated")])
def test_wordings_denied_are_not_said(case: dict[str, Any], lines: list[Any]) -> None:
    assert tier(case, *lines) == "not"


@pytest.mark.parametrize(("case", "lines"), [*every("hard_negatives")])
def test_wordings_of_another_matter_are_never_surely_said(case: dict[str, Any], lines: list[Any]) -> None:
    assert tier(case, *lines) != "said"


def test_wordings_paraphrased_are_mostly_found_and_only_probably() -> None:
    found = [tier(case, line) for case in written() for line in case["paraphrased"]]
    assert found.count("said") <= 2
    assert found.count("probably") >= 0.6 * len(found)


RECORDED = ("this call may be recorded for quality and training purposes", "calls are recorded and monitored")


def test_rarest_shared_word_counts_more_the_rarer_it_is_in_service_talk() -> None:
    def rarest(said: str) -> float:
        return rarest_shared({stem(word) for word in said.split()}, RECORDED)

    assert rarest("the weather is fine") == rarest("this may be") == 0
    assert 0 < rarest("a call") < rarest("we record that") < rarest("monitored") <= math.log(3373 / 1.5)
    assert rarest("a call that we record") == rarest("we record that")


def test_stem_counts_are_those_of_the_sentences() -> None:
    lines = (PACKAGE_ROOT / "pipeline" / "sentiment" / "data" / "sentences.jsonl").read_text().splitlines()
    counted = json.loads(COUNTS.read_text())
    assert counted["sentences"] == len(lines)  # else: python tools/stem_counts.py
    assert counted["stems"]["recor"] == sum("recor" in stems_of(json.loads(line)["text"]) for line in lines)


@pytest.mark.parametrize(
    ("said", "denies"),
    [
        ("you will be charged if you do not pay", False),
        ("if payment is not received a fee applies", False),
        ("in case you can not pay a fee applies", False),
        ("you will not be charged if you pay", True),
        ("there is no fee", True),
        ("if you pay, you are not charged", True),
    ],
)
def test_a_condition_denies_nothing(said: str, denies: bool) -> None:
    words = said.replace(",", "").split()
    assert states_denial(words, [word.endswith(",") for word in said.split()], 0, len(words)) is denies


@pytest.mark.parametrize(
    ("said", "mark", "question"),
    [
        ("is this call recorded", False, True),
        ("this call is recorded", True, True),
        ("this call is recorded", False, False),
        ("can you confirm that", False, False),
        ("why was i charged", False, True),
        ("do you record calls", False, True),
        ("do you understand that this call is recorded", True, False),
        ("do keep in mind that calls are recorded", False, False),
        ("what is your date of birth", False, True),
        ("what i tell you today is no advice", False, False),
    ],
)
def test_asks(said: str, mark: bool, question: bool) -> None:
    assert asks(said.split(), mark) is question


@pytest.mark.parametrize(
    ("said", "swapped"),
    [
        ("my date of birth is the fourth of may", True),
        ("what is your date of birth", False),
        ("i need your date of birth for my form", False),
        ("my birthday is on friday", False),
    ],
)
def test_my_thing_is_not_your_thing(said: str, swapped: bool) -> None:
    assert swapped_possessives(said.split(), ["can", "you", "verify", "your", "date", "of", "birth"]) is swapped


def test_plain_wordings_are_the_whole_sentences_with_few_ways() -> None:
    phrases = [
        "This call may be recorded for quality and training purposes.",
        "calls (are|may be) recorded for training",
        "your ~2 date of birth please",
        "thank you",
        "(a|b|c) (d|e|f) (g|h|i) carry on",
    ]
    assert plain_wordings(phrases) == (
        "this call may be recorded for quality and training purposes",
        "calls are recorded for training",
        "calls may be recorded for training",
    )
