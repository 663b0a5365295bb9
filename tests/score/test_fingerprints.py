from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.score.authored.form import AppliesIfForm, CriterionForm, RubricForm, SectionForm
from pipeline.score.fingerprints import question_fingerprint
from pipeline.score.rubrics import load_rubric
from tests.score.rubric_files import criterion, measure, rubric, rubric_data, rule, section, write

BANDS = [{"below": 10, "share": 1}, {"at_least": 10, "share": 0}]
FIRST = criterion("says", rule("a", "b"), points=2, applies_if={"queues": ["one", "two"]}, guidance="G", coaching="C")
SECOND = criterion("calm", measure("dead_air_count", BANDS))
THIRD = criterion(
    "mood",
    {
        "kind": "sentiment",
        "role": "customer",
        "reading": "change",
        "bands": [{"below": -1, "share": 0}, {"at_least": -1, "share": 1}],
    },
)
FOURTH = criterion("solved", {"kind": "manual", "question": "Solved?"})
BASE = rubric_data(
    section(FIRST, SECOND), section(THIRD, FOURTH, section_id="end", weight=2), queues=["q"], pass_share=0.8
)


def changed(path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    data = copy.deepcopy(BASE)
    node: Any = data
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return data


def fingerprint(folder: Path, data: Any) -> str:
    return load_rubric(write(folder, data)).fingerprint


FIRST_AT: tuple[str | int, ...] = ("sections", 0, "criteria", 0)
SECOND_AT: tuple[str | int, ...] = ("sections", 0, "criteria", 1)
FOURTH_AT: tuple[str | int, ...] = ("sections", 1, "criteria", 1)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("version",), 2),
        (("title",), "Another"),
        (("description",), "New."),
        (("queues",), ["other"]),
        (("languages",), ["en"]),  # said or left out
        (("sections", 0, "title"), "Another"),
        ((*FIRST_AT, "title"), "Another"),
        ((*FIRST_AT, "guidance"), "Another"),
        ((*FIRST_AT, "coaching"), "Another"),
        ((*FIRST_AT, "critical"), False),  # said or left out
        ((*FIRST_AT, "points"), 2.0),
        ((*FIRST_AT, "test", "require"), "all"),
        ((*FIRST_AT, "applies_if", "queues"), ["two", "one"]),
        ((*SECOND_AT, "test", "bands"), list(reversed(BANDS))),
        (("status",), "retired"),
        (("effective",), {"from": "2026-01-01", "to": "2026-12-31"}),
        (("weighting",), "points"),  # said or left out, here and below
        (("sections", 0, "bonus"), False),
        ((*FIRST_AT, "auto_fail"), False),
        ((*FOURTH_AT, "test", "answers"), {"kind": "yes_no"}),
        ((*FOURTH_AT, "test", "answers"), {"kind": "yes_no", "good": "yes"}),
    ],
)
def test_fingerprint_stays_where_no_score_can_change(tmp_path: Path, path: tuple[str | int, ...], value: Any) -> None:
    assert fingerprint(tmp_path, changed(path, value)) == fingerprint(tmp_path, BASE)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("id",), "another"),
        (("pass_share",), 0.81),
        (("languages",), ["de"]),
        (("languages",), ["en", "de"]),
        (("sections", 0, "id"), "another"),
        (("sections", 0, "weight"), 3),
        (("sections",), list(reversed(BASE["sections"]))),
        (("sections", 0, "criteria"), [SECOND, FIRST]),
        (("sections", 0, "criteria"), [FIRST]),
        ((*FIRST_AT, "id"), "another"),
        ((*FIRST_AT, "points"), 3),
        ((*FIRST_AT, "critical"), True),
        ((*FIRST_AT, "auto_fail"), True),
        ((*FIRST_AT, "applies_if"), {}),
        ((*FIRST_AT, "applies_if", "queues"), ["one"]),
        ((*FIRST_AT, "applies_if", "directions"), ["inbound"]),
        ((*FIRST_AT, "applies_if", "teams"), ["one"]),
        ((*FIRST_AT, "applies_if", "rules_present"), ["x"]),
        ((*FIRST_AT, "test", "rules"), ["a"]),
        ((*FIRST_AT, "test", "require"), "any"),
        ((*FIRST_AT, "test"), {"kind": "manual", "question": "a"}),
        ((*SECOND_AT, "test", "measure"), "hold_count"),
        ((*SECOND_AT, "test", "bands", 0, "share"), 0.9),
        ((*SECOND_AT, "test", "bands"), [{"below": 11, "share": 1}, {"at_least": 11, "share": 0}]),
        (("sections", 1, "criteria", 0, "test", "role"), "agent"),
        (("sections", 1, "criteria", 0, "test", "reading"), "overall"),
        ((*FOURTH_AT, "test", "question"), "Another?"),
        ((*FOURTH_AT, "test", "answers"), {"kind": "yes_no", "good": "no"}),
        ((*FOURTH_AT, "test", "answers"), {"kind": "scale", "lowest": 1, "highest": 5}),
        ((*FOURTH_AT, "test", "kind"), "llm"),
        (("weighting",), "sections"),
        (("max_share",), 1),
        (("sections", 0, "bonus"), True),
        (("sections", 0, "critical_below"), 0.5),
        ((*FIRST_AT, "auto_fail"), {"effect": "zero_section"}),
        ((*FIRST_AT, "auto_fail"), {"effect": "cap", "at": 0.5}),
        ((*FIRST_AT, "min_confidence"), 0.5),
        ((*FIRST_AT, "applies_if", "metadata"), {"brand": ["north"]}),
        ((*FIRST_AT, "applies_if", "answers"), {"calm": ["pass"]}),
        ((*FIRST_AT, "test"), {"kind": "sequence", "rules": ["a", "b"]}),
    ],
)
def test_fingerprint_follows_every_change_of_scoring(tmp_path: Path, path: tuple[str | int, ...], value: Any) -> None:
    assert fingerprint(tmp_path, changed(path, value)) != fingerprint(tmp_path, BASE)


def test_fingerprint_of_a_known_rubric_is_as_it_was(tmp_path: Path) -> None:
    # A change here means that every stored score loses its rubric: then the scheme needs a new number.
    assert fingerprint(tmp_path, BASE) == "rubric-1:6fe5e49f06b046254a1a3a4358bacfdc79c530f763c1a748e321c2d90e9d7764"


def test_fingerprint_tables_cover_every_key() -> None:
    """A key that is added to the form must be put into one of the tables above."""
    keys = {"id", "version", "title", "description", "queues", "languages", "pass_share", "sections"}
    assert set(RubricForm.model_fields) == keys | {"status", "effective", "weighting", "max_share"}
    assert set(SectionForm.model_fields) == {"id", "title", "weight", "criteria", "bonus", "critical_below"}
    keys = {"id", "title", "points", "test", "critical", "auto_fail", "applies_if", "guidance", "coaching"}
    assert set(CriterionForm.model_fields) == keys | {"min_confidence"}
    keys = {"queues", "directions", "teams", "rules_present"}
    assert set(AppliesIfForm.model_fields) == keys | {"metadata", "answers"}


LLM = {"kind": "llm", "question": "Was it solved?"}
PHRASE = {"kind": "phrase", "phrases": ["my name is"]}
CHOICE = {"kind": "choice", "options": [{"answer": "all", "share": 1}, {"answer": "none", "share": 0}]}


def asked(folder: Path, test: Any, **changes: Any) -> str:
    return question_fingerprint(rubric(folder, section(criterion(test=test, **changes))).criteria()[0].test)


@pytest.mark.parametrize(
    "tests",
    [
        [rule("a"), rule("b"), rule("a", "b"), rule("b", "a"), rule("a", "b", require="any")],
        [{"kind": "sequence", "rules": ["a", "b"]}, {"kind": "sequence", "rules": ["a", "b"], "partial": True}],
        [
            PHRASE,
            {**PHRASE, "speaker": "customer"},
            {**PHRASE, "expect": "absent"},
            {**PHRASE, "unless": ["not"]},
            {**PHRASE, "within_first_s": 30},
            {**PHRASE, "within_last_s": 30},
            {**PHRASE, "min_similarity": 0.9},
        ],
        [
            LLM,
            {**LLM, "look_for": "a fix"},
            {**LLM, "not_applicable_when": "nothing was asked"},
            {**LLM, "answers": CHOICE},
            {**LLM, "answers": {**CHOICE, "options": CHOICE["options"][::-1]}},
            {
                **LLM,
                "answers": {**CHOICE, "options": [{"answer": "all", "share": 1}, {"answer": "none", "share": 0.5}]},
            },
            {"kind": "manual", "question": LLM["question"]},
            {"kind": "manual", "question": LLM["question"], "answers": {"kind": "numeric", "bands": BANDS}},
            {
                "kind": "manual",
                "question": LLM["question"],
                "answers": {"kind": "numeric", "bands": BANDS, "unit": "s"},
            },
        ],
        [
            {"kind": "combination", "tests": [rule("a"), PHRASE]},
            {"kind": "combination", "tests": [PHRASE, rule("a")]},
            {"kind": "combination", "tests": [rule("a"), PHRASE], "require": "average"},
        ],
    ],
)
def test_question_fingerprint_tells_questions_apart(tmp_path: Path, tests: list[Any]) -> None:
    prints = [asked(tmp_path, test) for test in tests]
    assert len(set(prints)) == len(prints)
    assert all(re.fullmatch("question-1:[0-9a-f]{64}", each) for each in prints)


def test_question_fingerprint_stays_where_the_question_does(tmp_path: Path) -> None:
    # A change here means that no stored review speaks for any question: then the scheme needs a new number.
    known = "question-1:59580a171986f0d9589e23ff6d17ecbe6e9f8f5ed183d986ca87058edd3e2559"
    assert asked(tmp_path, LLM) == known
    changes = {"title": "Other", "points": 9, "critical": True, "auto_fail": {"effect": "cap", "at": 0.5}}
    assert asked(tmp_path, {**LLM, "answers": {"kind": "yes_no", "good": "yes"}}, **changes) == known


@given(one=st.floats(0.001, 1000), other=st.floats(0.001, 1000))
@settings(deadline=None, max_examples=25)
def test_fingerprint_tells_any_two_weights_apart(
    tmp_path_factory: pytest.TempPathFactory, one: float, other: float
) -> None:
    folder = tmp_path_factory.getbasetemp()
    prints = {fingerprint(folder, changed(("sections", 0, "weight"), weight)) for weight in (one, other)}
    assert len(prints) == len({one, other})
