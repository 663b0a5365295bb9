"""What may stand in a rubric file beside the kinds of the first version, and what is refused."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import AuthoredFileError
from pipeline.records import (
    AnswerIs,
    AutoFailEffect,
    Band,
    Choice,
    CombinationTest,
    Expectation,
    LlmTest,
    ManualTest,
    MetadataIs,
    Numeric,
    Option,
    PhraseTest,
    RubricStatus,
    RuleTest,
    Scale,
    SequenceTest,
    Weighting,
    YesNo,
)
from pipeline.score.authored.rubric_file import load_rubric
from pipeline.score.authored.schema import rubric_schema
from tests.score.rubric_files import criterion, measure, rubric, rubric_data, rule, section, write

ROOT = Path(__file__).resolve().parents[2]
EVERYTHING = """
id: everything
version: 2
title: Everything
status: draft
effective: {from: 2026-01-01, to: "2026-12-31"}
weighting: sections
max_share: 1.1
sections:
  - id: first
    title: First
    weight: 2
    critical_below: 0.5
    criteria:
      - id: says
        title: Says it
        points: 1
        auto_fail: {effect: cap, at: 0.5}
        min_confidence: 0.6
        test:
          kind: phrase
          phrases: [my name is, i am called]
          speaker: company
          expect: absent
          unless: [not]
          within_first_s: 30
          min_similarity: 0.9
        applies_if:
          metadata: {brand: [North, South], tier: [gold]}
          answers: {rating: [4, 5], solved: [yes], matter: [Fully], steps: [pass, partial]}
      - {id: steps, title: Steps, points: 1, auto_fail: true, test: {kind: sequence, rules: [a, b], partial: true}}
      - id: both
        title: Both
        points: 1
        auto_fail: {effect: zero_section}
        test:
          kind: combination
          require: average
          tests:
            - {kind: rule, rules: [a]}
            - {kind: combination, require: any, tests: [{kind: rule, rules: [b]}, {kind: phrase, phrases: [hi]}]}
  - id: people
    title: People
    weight: 1
    bonus: true
    criteria:
      - id: solved
        title: Solved
        points: 1
        test: {kind: manual, question: Solved?, answers: {kind: yes_no, good: no}}
      - id: rating
        title: Rating
        points: 1
        test: {kind: llm, question: How well?, answers: {kind: scale, lowest: 1, highest: 5}, look_for: A fix.}
      - id: matter
        title: Matter
        points: 1
        test:
          kind: llm
          question: How much of it?
          not_applicable_when: Nothing was asked.
          answers:
            kind: choice
            options:
              - {answer: Fully, share: 1}
              - {answer: 2, share: 0.2}
              - {answer: None was raised, not_applicable: true}
      - id: minutes
        title: Minutes
        points: 1
        test:
          kind: manual
          question: How long?
          answers: {kind: numeric, unit: minutes, bands: [{at_least: 5, share: 0}, {below: 5, share: 1}]}
"""


def test_rubric_file_is_read_into_the_records(tmp_path: Path) -> None:
    loaded = load_rubric(write(tmp_path, EVERYTHING))
    assert (loaded.status, loaded.weighting, loaded.max_share) == (RubricStatus.DRAFT, Weighting.SECTIONS, 1.1)
    assert (loaded.effective_from, loaded.effective_to) == (date(2026, 1, 1), date(2026, 12, 31))
    first, people = loaded.sections
    assert (first.critical_below, first.bonus, people.critical_below, people.bonus) == (0.5, False, None, True)
    says, steps, both, solved, rating, matter, minutes = loaded.criteria()
    assert (says.auto_fail_effect, says.auto_fail_cap, says.min_confidence) == (AutoFailEffect.CAP, 0.5, 0.6)
    assert (steps.auto_fail, steps.auto_fail_effect) == (True, AutoFailEffect.ZERO_CALL)
    assert both.auto_fail_effect is AutoFailEffect.ZERO_SECTION
    assert (solved.auto_fail, solved.min_confidence) == (False, None)
    assert says.test == PhraseTest(
        phrases=("my name is", "i am called"),
        speaker="company",
        expect=Expectation.ABSENT,
        unless=("not",),
        within_first_s=30,
        min_similarity=0.9,
    )
    assert says.applies_if.metadata == (
        MetadataIs(name="brand", values=("North", "South")),
        MetadataIs(name="tier", values=("gold",)),
    )
    assert says.applies_if.answers == (
        AnswerIs(criterion_id="rating", answers=("4", "5")),
        AnswerIs(criterion_id="solved", answers=("yes",)),
        AnswerIs(criterion_id="matter", answers=("Fully",)),
        AnswerIs(criterion_id="steps", answers=("pass", "partial")),
    )
    assert steps.test == SequenceTest(rules=("a", "b"), partial=True)
    inner = CombinationTest(require="any", tests=(RuleTest(rules=("b",)), PhraseTest(phrases=("hi",))))
    assert both.test == CombinationTest(require="average", tests=(RuleTest(rules=("a",)), inner))
    assert solved.test == ManualTest(question="Solved?", answers=YesNo(good="no"))
    assert rating.test == LlmTest(question="How well?", answers=Scale(lowest=1, highest=5), look_for="A fix.")
    options = (
        Option(answer="Fully", share=1),
        Option(answer="2", share=0.2),
        Option(answer="None was raised", share=None),
    )
    assert matter.test == LlmTest(
        question="How much of it?", answers=Choice(options=options), not_applicable_when="Nothing was asked."
    )
    bands = (Band(share=1, below=5), Band(share=0, at_least=5))
    assert minutes.test == ManualTest(question="How long?", answers=Numeric(unit="minutes", bands=bands))


def one(**changes: Any) -> dict[str, Any]:
    return rubric_data(section(criterion(**changes)))


def people(answers: Any) -> dict[str, Any]:
    return one(test={"kind": "manual", "question": "Well?", "answers": answers})


def choice(*options: Any) -> dict[str, Any]:
    return people({"kind": "choice", "options": list(options)})


def hanging(answers: Any, *others: Any) -> dict[str, Any]:
    scale = {"kind": "manual", "question": "?", "answers": {"kind": "scale", "lowest": 1, "highest": 3}}
    named = {"kind": "choice", "options": [{"answer": "All of it", "share": 1}, {"answer": "None", "share": 0}]}
    return rubric_data(
        section(
            criterion("a", applies_if={"answers": answers}),
            criterion("said", rule("x")),
            criterion("solved", {"kind": "manual", "question": "?"}),
            criterion("rating", scale),
            criterion("matter", {"kind": "llm", "question": "?", "answers": named}),
            *others,
        )
    )


MANUAL = {"kind": "manual", "question": "?"}
PHRASE = {"kind": "phrase", "phrases": ["hi"]}
ALL, NOTHING = {"answer": "all", "share": 1}, {"answer": "none", "share": 0}
HERE = "sections.0.criteria.0"
AT = f"{HERE}.applies_if.answers"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        # tests
        (one(test={"kind": "phrase"}), f"[missing] {HERE}.test.phrases: the key 'phrases' is missing"),
        (one(test={**PHRASE, "phrases": []}), "[list-empty]"),
        (one(test={**PHRASE, "phrases": ["hi", "hi"]}), "[listed-twice]"),
        (one(test={**PHRASE, "speaker": "agnet"}), "unknown value 'agnet' (did you mean 'agent'?)"),
        (one(test={**PHRASE, "expect": "signal"}), "unknown value 'signal'; there are: present, absent"),
        (one(test={**PHRASE, "within_first_s": 0}), "[not-positive]"),
        (one(test={**PHRASE, "within_first_s": 100_000}), "[too-long]"),
        (one(test={**PHRASE, "within_first_s": 9, "within_last_s": 9}), f"[two-windows] {HERE}.test: say within_fir"),
        (one(test={"kind": "sequence", "rules": ["a"]}), f"[too-few] {HERE}.test.rules: one alone is no order"),
        (one(test={"kind": "combination", "tests": [PHRASE]}), f"[too-few] {HERE}.test.tests"),
        (one(test={"kind": "combination", "tests": []}), f"[list-empty] {HERE}.test.tests"),
        (
            one(test={"kind": "combination", "tests": [PHRASE, MANUAL]}),
            f"[person-in-combination] {HERE}.test.tests.1: kind 'manual' cannot stand in a combination: nobody could",
        ),
        (
            one(test={"kind": "combination", "tests": [{**MANUAL, "kind": "llm"}, PHRASE]}),
            f"[person-in-combination] {HERE}.test.tests.0: kind 'llm'",
        ),
        (
            one(test={"kind": "combination", "tests": [PHRASE, {"kind": "phrse"}]}),
            f"[union-tag-invalid] {HERE}.test.tests.1.kind: unknown kind 'phrse' (did you mean 'phrase'?)",
        ),
        (
            one(test={"kind": "combination", "tests": [PHRASE, {**PHRASE, "phrase": ["x"]}]}),
            f"[extra-forbidden] {HERE}.test.tests.1.phrase: unknown key 'phrase' (did you mean 'phrases'?)",
        ),
        (one(test={"kind": "llm"}), f"[missing] {HERE}.test.question"),
        # answers
        (people({"kind": "stars"}), f"[union-tag-invalid] {HERE}.test.answers.kind: unknown kind 'stars'"),
        (people({"kind": "yes_no", "good": "maybe"}), "unknown value 'maybe'; there are: yes, no"),
        (people({"kind": "scale", "lowest": 5, "highest": 1}), f"[scale] {HERE}.test.answers: a scale from 5 to 1"),
        (people({"kind": "scale", "lowest": 1, "highest": 1}), "a scale from 1 to 1 rises nowhere"),
        (people({"kind": "scale", "lowest": 1.5, "highest": 3}), "[int-"),
        (choice(ALL), f"[too-few-options] {HERE}.test.answers.options"),
        (choice({"answer": "x", "not_applicable": True}, {"answer": "y", "not_applicable": True}), "one of them with"),
        (choice(ALL, {"answer": "All", "share": 0}), f"[option-twice] {HERE}.test.answers.options: the answer 'All'"),
        (choice(ALL, {"answer": "none"}), f"[option-worth] {HERE}.test.answers.options.1: an option has either"),
        (choice(ALL, {**NOTHING, "not_applicable": True}), "[option-worth]"),
        (choice(ALL, {"answer": "fail", "share": 0}), "[option-named-as-status]"),
        (choice(ALL, {"answer": "none", "share": 2}), "[not-a-share]"),
        (people({"kind": "numeric", "bands": [{"below": 5, "share": 1}]}), "[bands]"),
        # what a failure does
        (one(auto_fail="yes"), f"[auto-fail] {HERE}.auto_fail: write true, false or a mapping"),
        (
            one(auto_fail={"effect": "zero"}),
            "unknown value 'zero' (did you mean 'zero_call'?); there are: zero_call, zero_section, cap",
        ),
        (one(auto_fail={"effect": "cap"}), f"[cap] {HERE}.auto_fail: effect: cap needs at"),
        (one(auto_fail={"effect": "zero_call", "at": 0.5}), "[cap]"),
        (one(auto_fail={"effect": "cap", "at": 50}), f"[not-a-share] {HERE}.auto_fail.at: 50 is not allowed"),
        (one(auto_fail={"efect": "cap"}), "unknown key 'efect' (did you mean 'effect'?)"),
        (one(min_confidence=80), f"[not-a-share] {HERE}.min_confidence"),
        # sections and totals
        (rubric_data(section(critical_below=0)), "[not-a-mark] sections.0.critical_below"),
        (rubric_data(section(critical_below=50)), "[not-a-share] sections.0.critical_below"),
        (
            rubric_data(section(), section(criterion("b"), section_id="b", bonus=True, critical_below=0.5)),
            "[bonus-critical] sections.1.critical_below: a bonus section only adds points",
        ),
        (
            rubric_data(section(), section(criterion("b", auto_fail=True), section_id="b", bonus=True)),
            "[bonus-critical] sections.1.criteria.0.auto_fail",
        ),
        (
            rubric_data(section(), section(criterion("b", critical=True), section_id="b", bonus=True)),
            "[bonus-critical] sections.1.criteria.0.critical: a bonus section only adds points: critical belongs to",
        ),
        (rubric_data(section(bonus=True)), "[only-bonus] sections: every section is a bonus"),
        (rubric_data(max_share=0.9), "[below-one] max_share: 0.9 is not allowed: below 1 no call could earn all"),
        (rubric_data(weighting="section"), "unknown value 'section' (did you mean 'sections'?)"),
        # versions
        (
            rubric_data(status="live"),
            "unknown value 'live' (did you mean 'active'?); there are: draft, active, retired",
        ),
        (rubric_data(effective={"from": "01/02/2026"}), "[not-a-day] effective.from: 01/02/2026 is no day; write year"),
        (rubric_data(effective={"from": "2026-02-31"}), "[not-a-day] effective.from: 2026-02-31 is no day"),
        (rubric_data(effective={"from": 2026}), "[not-a-day] effective.from: 2026 is no day"),
        (rubric_data(effective={"form": "2026-01-01"}), "unknown key 'form' (did you mean 'from'?)"),
        (
            rubric_data(effective={"from": "2026-02-01", "to": "2026-01-31"}),
            "[effective] effective: it ends on 2026-01-31, before it begins on 2026-02-01",
        ),
        # what makes no difference, and what undoes itself
        (one(test=measure(bands=[{"share": 1}])), "[bands] "),
        (
            one(test=measure(bands=[{"below": 5, "share": 0.5}, {"at_least": 5, "share": 0.5}])),
            ".test.bands: every band earns 50 % of the points, so the value makes no difference; give the bands",
        ),
        (
            one(test={**PHRASE, "phrases": ["hi there", "hello"], "unless": ["Hello"]}),
            "[phrase-undone] "
            + f"{HERE}.test: 'hello' stands in phrases and in unless, so it never counts; leave it out",
        ),
        (one(test=rule("a", "b", "a")), f"[listed-twice] {HERE}.test.rules: 'a' stands in the list twice"),
        (rubric_data(queues=["sales", "Sales"]), "[listed-twice] queues: 'Sales' stands in the list twice"),
        (rubric_data(languages=["en", "English"]), "[listed-twice] languages"),
        (one(applies_if={"queues": ["a", "A"]}), f"[listed-twice] {HERE}.applies_if.queues"),
        (one(applies_if={"teams": ["a", "a"]}), f"[listed-twice] {HERE}.applies_if.teams"),
        (one(applies_if={"rules_present": ["a", "a"]}), f"[listed-twice] {HERE}.applies_if.rules_present"),
        (one(applies_if={"metadata": {"brand": ["x", "x"]}}), f"[listed-twice] {HERE}.applies_if.metadata.brand"),
        # conditions
        (hanging({"sad": ["pass"]}), f"[unknown-criterion] {AT}.sad: there is no criterion 'sad' in this file (did"),
        (hanging({"said": ["yes"]}), f"[unknown-answer] {AT}.said.0: 'said' cannot be answered 'yes'; it is one of:"),
        (hanging({"said": ["cannot_assess"]}), "'said' cannot be answered 'cannot_assess'"),
        (hanging({"solved": ["yes", "mabe"]}), f"[unknown-answer] {AT}.solved.1: 'solved' cannot be answered 'mabe'"),
        (hanging({"rating": [4]}), "'rating' cannot be answered '4'; it is one of: pass, partial, fail, not_appl"),
        (hanging({"matter": ["al of it"]}), "cannot be answered 'al of it' (did you mean 'All of it'?)"),
        (hanging({"said": []}), f"[list-empty] {AT}.said"),
        (hanging({"said": "pass"}), f"[tuple-type] {AT}.said: a list is wanted; write [pass]"),
        (hanging({"said": [True]}), f"[string-type] {AT}.said.0"),
        (hanging(["said"]), f"[dict-type] {AT}: a mapping is wanted"),
        (hanging({"a": ["pass"]}), f"[circle] {AT}: these hang on each other's answers, so none can be"),
        (
            hanging({"b": ["pass"]}, criterion("b", applies_if={"answers": {"a": ["pass"]}})),
            "so none can be answered first: ",
        ),
        (one(applies_if={"metadata": {"brand": []}}), f"[list-empty] {HERE}.applies_if.metadata.brand"),
        (one(applies_if={"metadata": {"brand": [7]}}), "YAML reads 7 as a number; put it in quotes"),
    ],
)
def test_rubric_file_refuses_what_cannot_be_meant(tmp_path: Path, data: Any, expected: str) -> None:
    with pytest.raises(AuthoredFileError) as caught:
        load_rubric(write(tmp_path, data))
    assert expected in str(caught.value)
    assert all(problem.line for problem in caught.value.problems)


@pytest.mark.parametrize(
    "answers",
    [
        {"rating": [1, "3", "pass"]},
        {"solved": ["Yes", "not_applicable"]},
        {"matter": ["all of it"]},
        {"said": ["fail"]},
    ],
)
def test_rubric_file_takes_every_answer_that_the_other_question_can_have(tmp_path: Path, answers: Any) -> None:
    assert load_rubric(write(tmp_path, hanging(answers)))


@pytest.mark.parametrize("value", [False, None])
def test_rubric_file_may_say_that_there_is_no_auto_fail(tmp_path: Path, value: Any) -> None:
    assert rubric(tmp_path, section(criterion(auto_fail=value))).criteria()[0].auto_fail is False


def test_rubric_file_tells_every_problem_at_once(tmp_path: Path) -> None:
    circle = criterion("b", applies_if={"answers": {"c": ["pass"]}})
    data = hanging(
        {"gone": ["pass"], "rating": [9]}, circle, criterion("c", applies_if={"answers": {"b": ["pass"]}}, points=0)
    )
    with pytest.raises(AuthoredFileError) as caught:
        load_rubric(write(tmp_path, {**data, "max_share": 0}))
    assert sorted(problem.code for problem in caught.value.problems) == [
        "below-one",
        "circle",
        "no-points",
        "unknown-answer",
        "unknown-criterion",
    ]


@pytest.mark.parametrize(
    "fails", [{"critical": True}, {"auto_fail": True}, {"auto_fail": {"effect": "cap", "at": 0.5}}]
)
def test_knock_out_may_have_no_points(tmp_path: Path, fails: dict[str, Any]) -> None:
    given = rubric(tmp_path, section(criterion("a"), criterion("b", points=0, **fails)))
    assert given.sections[0].criteria[1].points == 0
    _validate(tmp_path / "r.yaml")


def test_rubric_of_nothing_but_questions_without_points_is_refused(tmp_path: Path) -> None:
    bonus = section(criterion("b"), section_id="top", bonus=True)
    with pytest.raises(AuthoredFileError, match=r"\[only-without-points\] sections: no question has points"):
        rubric(tmp_path, section(criterion("a", points=0, critical=True)), bonus)


def test_at_most_is_told_how_to_ask_it(tmp_path: Path) -> None:
    test = {"kind": "phrase", "phrases": ["no"], "at_most": 2}
    with pytest.raises(AuthoredFileError, match=r"`at_least: 3` and `expect: absent` \(docs/writing-rubrics.md\)"):
        rubric(tmp_path, section(criterion("a", test)))
    band = {"kind": "measure", "measure": "hold_count", "bands": [{"at_most": 2, "share": 1}]}
    with pytest.raises(AuthoredFileError, match=r"share, at_least, below; an upper edge is `below`$"):
        rubric(tmp_path, section(criterion("a", band)))


@pytest.mark.parametrize("path", sorted((ROOT / "rubrics").glob("*.yaml")), ids=lambda path: path.stem)
def test_rubric_schema_accepts_the_shipped_rubrics(path: Path) -> None:
    _validate(path)


def test_rubric_schema_accepts_all_that_may_be_written_and_refuses_slips(tmp_path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    _validate(write(tmp_path, EVERYTHING))
    _validate(write(tmp_path, one(auto_fail=True)))
    for slip in (one(auto_fail="yes"), one(autofail=True), one(test={"kind": "phrase"}), hanging({"said": [True]})):
        with pytest.raises(jsonschema.ValidationError):
            _validate(write(tmp_path, slip))


def _validate(path: Path) -> None:
    from pipeline.authored import Document

    jsonschema = pytest.importorskip("jsonschema")
    schema = rubric_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(json.dumps(Document(path).data, default=str)), schema)
