from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.authored import Document
from pipeline.records import RuleTest, SequenceTest
from pipeline.score.questions import criteria_with_places, model_questions, named_rules
from tests.score.rubric_files import criterion, rubric, rule, section

NESTED = {
    "kind": "combination",
    "tests": [
        rule("greets"),
        {"kind": "phrase", "phrases": ["my name is"]},
        {
            "kind": "combination",
            "require": "any",
            "tests": [{"kind": "sequence", "rules": ["asks", "greets"]}, rule("ends")],
        },
    ],
}


def asked_of_model(question: str) -> dict[str, Any]:
    return {"kind": "llm", "question": question}


def test_rules_are_named_in_order_by_tests_in_tests_and_then_by_conditions(tmp_path: Path) -> None:
    given = rubric(tmp_path, section(criterion("one", NESTED, applies_if={"rules_present": ["asks"]})))
    (one,) = given.criteria()
    assert [(named.rule_id, type(named.test)) for named in named_rules(one)] == [
        ("greets", RuleTest),
        ("asks", SequenceTest),
        ("greets", SequenceTest),
        ("ends", RuleTest),
        ("asks", type(None)),
    ]


def test_rules_are_named_with_the_place_at_which_each_stands(tmp_path: Path) -> None:
    given = rubric(
        tmp_path,
        section(criterion("none", asked_of_model("Fair?"))),
        section(criterion("one", NESTED, applies_if={"rules_present": ["asks"]}), section_id="end"),
    )
    data = Document(tmp_path / "r.yaml").data
    found = [named for each, at in criteria_with_places(given) for named in named_rules(each, at)]
    assert len(found) == 5
    for named in found:
        node = data
        for key in named.at:
            node = node[key]
        assert node == named.rule_id


def test_questions_to_a_model_are_told_in_order_with_who_asks(tmp_path: Path) -> None:
    given = rubric(
        tmp_path,
        section(criterion("one", asked_of_model("Fair?")), criterion("two", NESTED)),
        section(criterion("three", {**asked_of_model("Fair?"), "kind": "manual"}), section_id="middle"),
        section(
            criterion("four", asked_of_model("Kind?")), criterion("five", asked_of_model("Fair?")), section_id="end"
        ),
    )
    found = [(asked.id, test.question) for asked, test in model_questions(given)]
    assert found == [("one", "Fair?"), ("four", "Kind?"), ("five", "Fair?")]
