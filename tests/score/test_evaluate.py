from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.canonical import to_json
from pipeline.records import CallFacts, CriterionTest, Rubric, Status
from pipeline.score.evaluate import KINDS, evaluate
from pipeline.score.kind_forms import TestForm
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
calls = st.builds(
    lambda found, air, change, queue: facts(
        *(
            finding(rule_id, kind, evidence=(evidence(),) if kind == "present" else ())
            for rule_id, kind in found.items()
        ),
        measures=measures(dead_air_count=air),
        sentiment=sentiment(customer={"change": change}),
        recording=recording(queue=queue),
    ),
    st.dictionaries(st.sampled_from(["a", "b", "c"]), kinds),
    st.integers(0, 30),
    st.none() | st.floats(-2, 2),
    st.sampled_from([None, "bank_support", "sales"]),
)
bands = [{"below": -0.5, "share": 0}, {"at_least": -0.5, "share": 1}]
SECTIONS: tuple[dict[str, Any], ...] = (
    section(
        criterion("all", rule("a", "b")),
        criterion("any", rule("b", "c", require="any"), critical=True),
        criterion("if", rule("c"), applies_if={"queues": ["bank_support"], "rules_present": ["a"]}, auto_fail=True),
    ),
    section(
        criterion("air", measure()),
        criterion("mood", {"kind": "sentiment", "role": "customer", "reading": "change", "bands": bands}),
        section_id="talk",
        weight=3,
    ),
)


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
