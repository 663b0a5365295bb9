from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.authored import Document
from pipeline.records import Expectation, Finding, PhraseTest, Status
from pipeline.score.evaluate import evaluate
from pipeline.score.questions import own_rule_ids, phrase_tests
from tests.factories import evidence, facts, finding
from tests.score.rubric_files import answer, criterion, rubric, rule, section

PHRASE = {"kind": "phrase", "phrases": ["my name is"]}


def own(kind: str, rule_id: str = "r/greets", **changes: Any) -> Finding:
    """What is found for a rubric's own phrases: a signal, whatever the rubric expects."""
    return finding(rule_id, kind, expected=Expectation.SIGNAL, **changes)


@pytest.mark.parametrize(
    ("kind", "expect", "status"),
    [
        ("present", "present", "pass"),
        ("absent", "present", "fail"),
        ("present", "absent", "fail"),
        ("absent", "absent", "pass"),
        ("cannot_assess", "present", "cannot_assess"),
        ("cannot_assess", "absent", "cannot_assess"),
    ],
)
def test_phrase_criterion_passes_where_it_was_said_as_expected(
    tmp_path: Path, kind: str, expect: str, status: str
) -> None:
    result = answer(tmp_path, facts(own(kind)), {**PHRASE, "expect": expect})
    assert result.status is Status(status)
    assert result.reason == f"{kind} in the test"
    assert result.rule_ids == ()


def test_phrase_criterion_is_unknown_where_nobody_looked(tmp_path: Path) -> None:
    result = answer(tmp_path, facts(own("present", "r/other"), finding("greets")), PHRASE)
    assert result.status is Status.CANNOT_ASSESS
    assert "were not looked for" in result.reason


def test_phrase_criterion_is_as_sure_as_the_words_were_heard(tmp_path: Path) -> None:
    heard = own("present", evidence=(evidence(confidence=0.4), evidence(confidence=0.7)))
    assert answer(tmp_path, facts(heard), PHRASE).confidence == 0.7
    assert answer(tmp_path, facts(own("absent", searched_confidence=0.6)), PHRASE).confidence == 0.6


def test_phrase_tests_are_told_with_their_ids_and_places(tmp_path: Path) -> None:
    both = {"kind": "combination", "tests": [PHRASE, rule("a"), {**PHRASE, "phrases": ["i am called"]}]}
    given = rubric(
        tmp_path,
        section(criterion("one", PHRASE), criterion("two")),
        section(criterion("three", both), section_id="end"),
    )
    found = list(phrase_tests(given))
    assert [(id_, asked.id, test.phrases) for id_, asked, test, _ in found] == [
        ("r/one", "one", ("my name is",)),
        ("r/three", "three", ("my name is",)),
        ("r/three/1", "three", ("i am called",)),
    ]
    lines = (tmp_path / "r.yaml").read_text().splitlines()
    document = Document(tmp_path / "r.yaml")
    for _, _, test, at in found:
        line = document.line((*at, "phrases", 0))
        assert line is not None
        assert test.phrases[0] in lines[line - 1]
    assert own_rule_ids(given, given.criteria()[1]) == ()


def test_phrase_tests_of_a_combination_are_answered_each_by_its_own(tmp_path: Path) -> None:
    nested = {"kind": "combination", "require": "any", "tests": [{**PHRASE, "phrases": ["b"]}, rule("a")]}
    test = {"kind": "combination", "tests": [PHRASE, nested, {**PHRASE, "phrases": ["c"], "expect": "absent"}]}
    given = rubric(tmp_path, section(criterion("greets", test)))
    assert [test for _, _, test, _ in phrase_tests(given) if not isinstance(test, PhraseTest)] == []
    kinds = {"r/greets": "present", "r/greets/1": "absent", "a": "present", "r/greets/2": "absent"}

    def status(**changes: str) -> Status:
        found = {**kinds, **{id_.replace("_", "/"): kind for id_, kind in changes.items()}}
        call = facts(*(own(kind, rule_id) for rule_id, kind in found.items()))
        return evaluate(call, given, score_id="s").results[0].status

    assert status() is Status.PASS
    assert status(a="absent") is Status.FAIL
    assert status(a="absent", r_greets_1="present") is Status.PASS
    assert status(r_greets_2="present") is Status.FAIL
    assert status(r_greets="cannot_assess") is Status.CANNOT_ASSESS
