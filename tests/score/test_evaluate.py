from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.canonical import to_json
from pipeline.records import (
    AppliesIf,
    CallFacts,
    Criterion,
    CriterionTest,
    Evidence,
    Judgement,
    LlmTest,
    Rubric,
    RuleTest,
    Status,
)
from pipeline.score.authored.kind_forms import TestForm
from pipeline.score.evaluate import KINDS, evaluate
from pipeline.score.fingerprints import question_fingerprint
from tests.factories import evidence, facts, finding, measures, recording, sentiment, transcript
from tests.score.rubric_files import answer, criterion, measure, rubric, rule, section


def test_evaluate_answers_every_criterion_in_order(tmp_path: Path) -> None:
    given_rubric = rubric(
        tmp_path,
        section(criterion("a", points=2, critical=True), criterion("b", measure()), weight=3),
        section(criterion("c", {"kind": "manual", "question": "Solved?"}, auto_fail=True), section_id="end"),
        version=7,
        pass_share=0.7,
    )
    score = evaluate(facts(finding("greeting"), recording=recording(call_id="c-9")), given_rubric, score_id="s-1")
    assert (score.score_id, score.call_id, score.rubric_id, score.rubric_version) == ("s-1", "c-9", "r", 7)
    assert (score.rubric_fingerprint, score.pass_share) == (given_rubric.fingerprint, 0.7)
    a, b, c = score.results
    assert (a.criterion_id, a.section_id, a.weight, a.points_possible, a.points_earned) == ("a", "opening", 3, 2, 2)
    assert (a.critical, a.auto_fail, a.rule_ids, a.title) == (True, False, ("greeting",), "Greets")
    assert (b.criterion_id, b.status, b.rule_ids) == ("b", Status.PASS, ())
    assert (c.criterion_id, c.section_id, c.weight, c.points_earned, c.auto_fail) == ("c", "end", 1, None, True)


def test_evaluate_gives_a_reason_for_every_answer(tmp_path: Path) -> None:
    score = evaluate(facts(), rubric(tmp_path, section(criterion("a"), criterion("b", measure()))), score_id="s")
    assert all(result.reason.endswith(".") and result.reason[0].isupper() for result in score.results)


def test_evaluate_answers_a_manual_question_never(tmp_path: Path) -> None:
    result = answer(tmp_path, facts(), {"kind": "manual", "question": "Was it solved?"})
    assert result.status is Status.CANNOT_ASSESS
    assert result.points_earned is None
    assert result.reason == "A person answers this: Was it solved?"


def test_evaluate_knows_every_kind_of_test_and_of_form() -> None:
    forms = get_args(get_args(TestForm)[0])
    kinds = {record.__dataclass_fields__["kind"].default for record in get_args(CriterionTest)}
    assert {get_args(form.model_fields["kind"].annotation)[0] for form in forms} == kinds
    assert kinds == {*KINDS, "phrase", "combination"}


def test_evaluate_gives_the_genesys_check_value(tmp_path: Path) -> None:
    sections = (
        section(criterion("one", rule("one")), criterion("two", rule("two")), weight=40),
        section(criterion("three", rule("three")), section_id="b", weight=20),
    )
    call = facts(finding("one"), finding("two", "absent"), finding("three"))
    assert evaluate(call, rubric(tmp_path, *sections), score_id="s").share == 0.6


kinds = st.sampled_from(["present", "absent", "cannot_assess"])
quotes = st.lists(
    st.builds(
        lambda at, sure: evidence(start_ms=at, end_ms=at + 100, turn_index=at, confidence=sure),
        st.integers(0, 9),
        st.none() | st.floats(0, 1),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda quote: quote.start_ms,
).map(tuple)
calls = st.builds(
    lambda found, quoted, air, change, queue, answered: facts(
        *(finding(rule_id, kind, evidence=quoted if kind == "present" else ()) for rule_id, kind in found.items()),
        measures=measures(dead_air_count=air),
        sentiment=sentiment(customer={"change": change}),
        recording=recording(queue=queue),
        judgements=() if answered is None else (judgement(answered),),
    ),
    st.dictionaries(st.sampled_from(["a", "b", "c", "r/either"]), kinds),
    quotes,
    st.integers(0, 30),
    st.none() | st.floats(-2, 2),
    st.sampled_from([None, "bank_support", "sales"]),
    st.sampled_from([None, "yes", "no", "perhaps"]),
)


def judgement(answered: str) -> Judgement:
    return Judgement(question=SOLVED, answer=answered, reason="It says so.", evidence=(evidence(),), confidence=0.7)


bands = [{"below": -0.5, "share": 0}, {"at_least": -0.5, "share": 1}]
LLM = {"kind": "llm", "question": "Solved?"}
EITHER = {"kind": "combination", "require": "average", "tests": [rule("a"), {"kind": "phrase", "phrases": ["x"]}]}
SECTIONS: tuple[dict[str, Any], ...] = (
    section(
        criterion("last", rule("a"), applies_if={"answers": {"any": ["pass"], "solved": ["yes", "fail"]}}),
        criterion("all", rule("a", "b"), auto_fail={"effect": "cap", "at": 0.5}),
        criterion("any", rule("b", "c", require="any"), critical=True, applies_if={"answers": {"all": ["pass"]}}),
        criterion("if", rule("c"), applies_if={"queues": ["bank_support"], "rules_present": ["a"]}, auto_fail=True),
        critical_below=0.3,
    ),
    section(
        criterion("air", measure(), points=3),
        criterion("mood", {"kind": "sentiment", "role": "customer", "reading": "change", "bands": bands}),
        criterion("steps", {"kind": "sequence", "rules": ["a", "b", "c"], "partial": True}),
        criterion("either", EITHER, min_confidence=0.5),
        section_id="talk",
        weight=3,
    ),
    section(criterion("solved", LLM), criterion("asked", rule("b")), section_id="top", bonus=True),
)
SOLVED = question_fingerprint(LlmTest(question="Solved?"))


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Rubric:
    """A rubric with every kind that a machine answers."""
    return rubric(tmp_path_factory.mktemp("rubric"), *SECTIONS)


@given(call=calls)
@settings(deadline=None)
def test_evaluate_is_a_pure_function_of_facts_and_rubric(mixed: Rubric, call: CallFacts) -> None:
    before = to_json(call)
    first, second = (evaluate(call, mixed, score_id="s") for _ in range(2))
    assert to_json(first) == to_json(second)
    assert to_json(call) == before


@given(call=calls, data=st.data())
@settings(deadline=None)
def test_evaluate_does_not_care_for_the_order_of_findings(mixed: Rubric, call: CallFacts, data: st.DataObject) -> None:
    shuffled = facts(
        *data.draw(st.permutations(call.findings)),
        measures=call.measures,
        sentiment=call.sentiment,
        recording=call.recording,
        judgements=call.judgements,
    )
    assert to_json(evaluate(shuffled, mixed, score_id="s")) == to_json(evaluate(call, mixed, score_id="s"))


@given(call=calls)
@settings(deadline=None)
def test_evaluate_gives_points_exactly_where_there_is_an_answer(mixed: Rubric, call: CallFacts) -> None:
    for result in evaluate(call, mixed, score_id="s").results:
        answered = result.status in {Status.PASS, Status.PARTIAL, Status.FAIL}
        assert (result.points_earned is not None) == answered
        if result.points_earned is not None:
            earned = {Status.PASS: result.points_possible, Status.FAIL: 0}.get(result.status, result.points_earned)
            assert result.points_earned == earned
            assert 0 <= result.points_earned <= result.points_possible
        assert result.confidence is None or 0 <= result.confidence <= 1


TOTALS = ("share", "raw_share", "critical_share", "passed", "assessed_share", "sections_below_mark")


@given(call=calls, data=st.data())
@settings(deadline=None, max_examples=50)
def test_evaluate_does_not_care_for_the_order_of_criteria(mixed: Rubric, call: CallFacts, data: st.DataObject) -> None:
    sections = [
        dataclasses.replace(each, criteria=tuple(data.draw(st.permutations(each.criteria)))) for each in mixed.sections
    ]
    shuffled = dataclasses.replace(mixed, sections=tuple(data.draw(st.permutations(sections))))
    one, other = (evaluate(call, each, score_id="s") for each in (mixed, shuffled))
    assert {r.criterion_id: r for r in one.results} == {r.criterion_id: r for r in other.results}
    assert [r.criterion_id for r in other.results] == [criterion.id for criterion in shuffled.criteria()]
    for name in TOTALS:
        assert getattr(one, name) == getattr(other, name)
    assert one.section_shares() == other.section_shares()
    assert set(one.auto_failed_by) == set(other.auto_failed_by)


@given(call=calls, data=st.data())
@settings(deadline=None, max_examples=50)
def test_evaluate_drops_what_does_not_apply_from_both_sums(mixed: Rubric, call: CallFacts, data: st.DataObject) -> None:
    """A question for another queue changes no total, wherever it stands."""
    number = data.draw(st.integers(0, len(mixed.sections) - 1))
    elsewhere = Criterion(
        id="elsewhere",
        title="Elsewhere",
        points=50,
        test=RuleTest(rules=("a",)),
        critical=number < 2,
        auto_fail=number < 2,
        applies_if=AppliesIf(directions=("outbound",)),
    )
    grown = dataclasses.replace(mixed.sections[number], criteria=(elsewhere, *mixed.sections[number].criteria))
    sections = (*mixed.sections[:number], grown, *mixed.sections[number + 1 :])
    one = evaluate(call, mixed, score_id="s")
    other = evaluate(call, dataclasses.replace(mixed, sections=sections), score_id="s")
    for name in (*TOTALS, "auto_failed_by"):
        assert getattr(one, name) == getattr(other, name)


PRESENT_TESTS = {
    "said": rule("a", "b"),
    "any": rule("a", "b", require="any"),
    "steps": {"kind": "sequence", "rules": ["a", "b", "c"]},
    "parts": {"kind": "sequence", "rules": ["a", "b", "c"], "partial": True},
    "worst": {"kind": "combination", "tests": [rule("a"), rule("b", "c", require="any")]},
    "mean": {"kind": "combination", "require": "average", "tests": [rule("a"), rule("b"), rule("c")]},
}


ONE_SIDED = (("customer", "hello"),)


@pytest.fixture(scope="module")
def wanting(tmp_path_factory: pytest.TempPathFactory) -> Rubric:
    """A rubric all of whose questions want something said."""
    asked = [criterion(name, test) for name, test in PRESENT_TESTS.items()]
    return rubric(tmp_path_factory.mktemp("wanting"), section(*asked))


@given(
    found=st.dictionaries(st.sampled_from("abc"), st.sampled_from(["present", "absent"]), min_size=3),
    heard=st.fixed_dictionaries(dict.fromkeys("abc", quotes)),
    more=quotes,
    where=st.tuples(st.sampled_from("abc"), st.sampled_from([ONE_SIDED, (("agent", "hello"), *ONE_SIDED)])),
)
@settings(deadline=None)
def test_evidence_that_is_added_never_lowers_a_question_that_wants_it(
    wanting: Rubric, found: dict[str, str], heard: dict[str, tuple[Evidence, ...]], more: Any, where: Any
) -> None:
    to, lines = where

    def earned(kinds: dict[str, str], quoted: dict[str, tuple[Evidence, ...]]) -> list[float]:
        said = [finding(id_, kind, evidence=quoted[id_] if kind == "present" else ()) for id_, kind in kinds.items()]
        results = evaluate(facts(*said, transcript=transcript(*lines)), wanting, score_id="s").results
        return [result.points_earned or 0.0 for result in results]

    before = earned(found, heard)
    kept = heard[to] if found[to] == "present" else ()
    added = tuple(sorted({*kept, *more}, key=lambda quote: quote.start_ms))
    after = earned({**found, to: "present"}, {**heard, to: added})
    assert all(now >= then for now, then in zip(after, before, strict=True))


def in_language(language: str, **changes: Any) -> CallFacts:
    spoken = transcript(("agent", "guten tag"), ("customer", "hallo"), language=language)
    return facts(finding("greeting"), transcript=spoken, **changes)


def test_evaluate_answers_nothing_in_a_language_that_the_rubric_does_not_cover(tmp_path: Path) -> None:
    given_rubric = rubric(
        tmp_path,
        section(
            criterion("rule", critical=True),
            criterion("number", measure(), auto_fail=True),
            criterion("other-queue", applies_if={"queues": ["another"]}),
            criterion("person", {"kind": "manual", "question": "Solved?"}),
        ),
    )
    score = evaluate(in_language("de", measures=measures(dead_air_count=99)), given_rubric, score_id="s")
    assert {result.status for result in score.results} == {Status.CANNOT_ASSESS}
    assert {result.reason for result in score.results} == {"The call is in German; rubric r covers English."}
    assert (score.share, score.raw_share, score.critical_share, score.passed) == (None, None, None, None)
    assert score.auto_failed_by == ()
    assert score.assessed_share == 0


@pytest.mark.parametrize("language", ["de", "de-CH", "es", "und"])
def test_evaluate_scores_every_language_that_the_rubric_covers(tmp_path: Path, language: str) -> None:
    score = evaluate(in_language(language), rubric(tmp_path, languages=["de", "es"]), score_id="s")
    assert score.share == 1
