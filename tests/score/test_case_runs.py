"""What a case that says what was found makes of a call, and what is told where something came out otherwise."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.config import FlagSettings
from pipeline.records import CallFacts, Expectation, Role, Severity
from pipeline.score.cases.cases import RubricCase, load_cases
from pipeline.score.cases.facts import told_facts
from pipeline.score.cases.runs import RubricResults, run_cases
from pipeline.score.rubrics import load_rubric
from tests.score.rubric_files import criterion, rubric_data, rule, section, write

RULES: dict[str, Any] = {
    name: SimpleNamespace(id=name, title=name, severity=Severity.MINOR, expect=expect, fingerprint="rule-1:x")
    for name, expect in (
        ("greeting", Expectation.PRESENT),
        ("curse", Expectation.ABSENT),
        ("detail", Expectation.SIGNAL),
        ("care", Expectation.SIGNAL),
        ("notice", Expectation.PRESENT),
    )
}
RUBRIC = rubric_data(
    section(
        criterion("greets", rule("greeting")),
        criterion("clean", rule("curse"), critical=True),
        criterion("cares", rule("care")),
        criterion("told", rule("notice"), applies_if={"rules_present": ["detail"]}),
        criterion("order", {"kind": "sequence", "rules": ["greeting", "notice", "detail"]}),
        criterion("own", {"kind": "phrase", "phrases": ["bad word"], "expect": "absent"}),
    ),
    queues=["bank"],
)


def cases(folder: Path, *texts: str) -> tuple[RubricCase, ...]:
    rubric = load_rubric(write(folder, RUBRIC))
    listed = "".join(f"  - {{case: {i}, {text}}}\n" for i, text in enumerate(f"{text}" for text in texts))
    file = folder / "cases.yaml"
    file.write_text(f"rubric: r\ncases:\n{listed}".replace("case: ", "case: no "), encoding="utf-8")
    return load_cases(file, [rubric], list(RULES))


def never(case: RubricCase) -> CallFacts:
    raise AssertionError(case)


def run(folder: Path, *texts: str) -> RubricResults:
    (results,) = run_cases(cases(folder, *texts), RULES, FlagSettings(), never)
    return results


def facts(folder: Path, text: str) -> CallFacts:
    (case,) = cases(folder, f"{text}expect: {{passed: true}}")
    return told_facts(case, RULES)


def test_rules_that_a_case_does_not_name_are_kept(tmp_path: Path) -> None:
    found = {finding.rule_id: finding.kind.value for finding in facts(tmp_path, "").findings}
    assert found == {
        "greeting": "present",
        "curse": "absent",
        "care": "present",  # a signal that a question asks for outright
        "notice": "present",
        "detail": "absent",  # one that only says whether a question applies
        "r/own": "absent",
    }


def test_rules_that_a_case_does_not_name_may_not_apply(tmp_path: Path) -> None:
    found = facts(tmp_path, "other_rules: do_not_apply, findings: {curse: present}, ").findings
    assert [(finding.rule_id, finding.expected) for finding in found] == [("curse", Expectation.ABSENT)]


def test_what_has_no_time_keeps_the_order_of_the_rubrics_sequences(tmp_path: Path) -> None:
    call = facts(tmp_path, "findings: {detail: present}, ")
    times = [
        (call.finding(name) or pytest.fail(name)).evidence[0].start_ms for name in ("greeting", "notice", "detail")
    ]
    assert times == sorted(set(times))


@pytest.mark.parametrize(
    ("findings", "status"),
    [
        ("detail: present", "pass"),
        ("detail: absent", "fail"),
        ("detail: present, notice: 0:30", "fail"),
        ("detail: 0:40, notice: 0:30", "pass"),
        ("detail: 0:40, notice: 0:30, greeting: 0:35", "fail"),
    ],
)
def test_times_decide_the_order(tmp_path: Path, findings: str, status: str) -> None:
    results = run(tmp_path, f"findings: {{{findings}}}, expect: {{questions: {{order: {status}}}}}")
    assert [result.differences for result in results.results] == [()]


def test_figures_of_a_mood_follow_from_its_quarters_where_they_are_left_out(tmp_path: Path) -> None:
    customer = facts(tmp_path, "customer: {quarters: [-0.5, 0, null, 0.5], overall: 0.1}, ").sentiment.of(Role.CUSTOMER)
    assert customer is not None
    assert (customer.change, customer.overall, customer.trend) == (1.0, 0.1, 0.375)


def test_without_roles_nobody_is_known_to_speak(tmp_path: Path) -> None:
    call = facts(tmp_path, "roles: unknown, ")
    assert {turn.role for turn in call.transcript.turns} == {Role.UNKNOWN}
    assert (call.measures.agent_talk_share, call.sentiment.of(Role.CUSTOMER)) == (None, None)


def test_call_takes_the_queue_of_its_rubric_unless_the_case_says_that_it_is_not_known(tmp_path: Path) -> None:
    assert facts(tmp_path, "").recording.queue == "bank"
    assert facts(tmp_path, "call: {queue: null}, ").recording.queue is None


def test_every_difference_is_told_with_the_questions_that_it_is_about(tmp_path: Path) -> None:
    results = run(
        tmp_path,
        "findings: {curse: present, detail: present}, expect: {share: 1, passed: true, failed: [greets], flags: [],"
        " questions: {greets: fail, clean: fail}, sections: {opening: 0.5}}",
    )
    (result,) = results.failed
    told = {each.key: (each.expected, each.found, each.questions) for each in result.differences}
    assert told == {
        "share": (1, 0.833, ("clean",)),
        "passed": (True, False, ("clean",)),
        "sections.opening": (0.5, 0.833, ("clean",)),
        "questions.greets": ("fail", "pass", ("greets",)),
        "failed": (["greets"], ["clean"], ("greets", "clean")),
        "flags": ([], ["critical_error"], ()),
    }


@pytest.mark.parametrize(
    ("text", "questions"),
    [
        ("share: 1", ("greets", "clean", "told", "order")),
        ("passed: true", ("greets", "clean", "told", "order")),
        ("raw_share: 1", ("greets", "clean", "told", "order")),
        ("critical_share: 1", ("clean",)),
        ("sections: {opening: 1}", ("greets", "clean", "told", "order")),
        ("share: null", ("greets", "clean", "told", "order")),
    ],
)
def test_figure_that_differs_names_the_questions_that_lost_points_or_have_no_answer(
    tmp_path: Path, text: str, questions: tuple[str, ...]
) -> None:
    found = "{curse: present, greeting: does_not_apply, detail: present, notice: cannot_assess, care: present}"
    lost = "phrases: {own: absent}, answers: {greets: fail}"
    (failed,) = run(tmp_path, f"findings: {found}, {lost}, expect: {{{text}}}").failed
    assert [each.questions for each in failed.differences] == [questions]


def test_only_what_a_case_names_is_checked(tmp_path: Path) -> None:
    assert run(tmp_path, "findings: {curse: present, greeting: absent}, expect: {passed: false}").failed == ()


def test_questions_that_no_case_fails_or_passes_are_told(tmp_path: Path) -> None:
    results = run(
        tmp_path,
        "findings: {greeting: absent}, expect: {passed: false}",
        "findings: {curse: present, detail: present}, expect: {passed: false}",
    )
    assert results.never_failed == ("cares", "told", "own")
    assert results.never_passed == ()
    assert run(tmp_path, "findings: {care: absent, greeting: absent}, expect: {passed: false}").never_passed == (
        "greets",
        "cares",
        "told",
        "order",
    )


def test_corrections_of_people_count(tmp_path: Path) -> None:
    results = run(tmp_path, "findings: {curse: present, detail: present}, answers: {clean: pass}, expect: {share: 1}")
    assert results.failed == ()
