"""Wrong cases give problems with file and line, what was meant, and what there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import AuthoredFileError
from pipeline.score.cases.cases import RubricCase, load_cases
from pipeline.score.rubrics import load_rubric
from tests.score.rubric_files import criterion, measure, rubric_data, rule, section, write

RULES = ["greeting", "recap", "recording-notice"]
SCALE = {"kind": "manual", "question": "How good?", "answers": {"kind": "scale", "lowest": 1, "highest": 5}}
MODEL = {"kind": "llm", "question": "Did it help?"}
PHRASE = {"kind": "phrase", "phrases": ["hello there"]}
RUBRIC = rubric_data(
    section(
        criterion("greets", rule("greeting")),
        criterion("silence", measure("dead_air_count")),
        criterion("care", SCALE),
        criterion("helped", MODEL),
        criterion("own", PHRASE),
    ),
    queues=["bank"],
)
HEAD = "rubric: r\ncases:\n  - case: One\n    "


def load(folder: Path, text: str) -> tuple[RubricCase, ...]:
    rubric = load_rubric(write(folder, RUBRIC))
    file = folder / "cases" / "r.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return load_cases(file.parent, [rubric], RULES)


def problems(folder: Path, text: str) -> list[tuple[int | None, str, str]]:
    with pytest.raises(AuthoredFileError) as raised:
        load(folder, text)
    assert all(problem.file == str(folder / "cases" / "r.yaml") for problem in raised.value.problems)
    return [(problem.line, problem.code, problem.message) for problem in raised.value.problems]


@pytest.mark.parametrize(
    ("case", "line", "code", "said"),
    [
        ("findings: {greting: absent}\n    expect: {passed: true}", 4, "unknown-rule", "did you mean 'greeting'?"),
        ("findings: {greeting: silent}\n    expect: {passed: true}", 4, "case-outcome", "such as 0:40"),
        ("phrases: {greets: absent}\n    expect: {passed: true}", 4, "unknown-question", "there are: own"),
        ("measures: {dead_air: 2}\n    expect: {passed: true}", 4, "unknown-measure", "did you mean 'dead_air_ms'?"),
        ("measures: {dead_air_count: null}\n    expect: {passed: true}", 4, "impossible-measure", "write a number"),
        ("model_answers: {helped: maybe}\n    expect: {passed: true}", 4, "impossible-answer", "yes or no"),
        ("model_answers: {greets: 'yes'}\n    expect: {passed: true}", 4, "unknown-question", "language model"),
        ("answers: {care: 6}\n    expect: {passed: true}", 4, "impossible-answer", "a whole number from 1 to 5"),
        ("answers: {greets: 'yes'}\n    expect: {passed: true}", 4, "impossible-answer", "there are: pass"),
        ("answers: {carre: 5}\n    expect: {passed: true}", 4, "unknown-question", "did you mean 'care'?"),
        ("customer: {quarters: [0, 0, 0]}\n    expect: {passed: true}", 4, "missing", ""),
        ("call: {quue: bank}\n    expect: {passed: true}", 4, "extra-forbidden", "did you mean 'queue'?"),
        ("expect: {failed: [greet]}", 4, "unknown-question", "did you mean 'greets'?"),
        ("expect: {questions: {greets: passed}}", 4, "literal-error", "did you mean 'pass'?"),
        ("expect: {partial: [greets]}", 4, "impossible-status", "never be partial"),
        ("expect: {failed: [care], questions: {care: pass}}", 4, "impossible-status", "cannot be fail and pass"),
        ("expect: {sections: {opening: 1, closing: 1}}", 4, "unknown-section", "there are: opening"),
        ("expect: {flags: [low_scores]}", 4, "unknown-flag", "did you mean 'low_score'?"),
        ("expect: {share: 80}", 4, "not-a-share", "80 percent is 0.8"),
        ("expect: {share: null, passed: true}", 4, "impossible-status", "passed: null"),
        ("expect: {passed: 'yes'}", 4, "bool-type", "true or false"),
        ("expect: {}", 4, "case-expects-nothing", "passed: true"),
        ("lines: ['agnet: hi']\n    expect: {passed: true}", 4, "case-speaker", "did you mean 'agent'?"),
        ("lines: [hello]\n    expect: {passed: true}", 4, "case-line", "agent: words"),
        (
            "lines: ['agent: hi']\n    findings: {}\n    expect: {passed: true}",
            3,
            "case-words-and-findings",
            "findings",
        ),
    ],
)
def test_wrong_case_is_a_problem_with_its_line(tmp_path: Path, case: str, line: int, code: str, said: str) -> None:
    (problem,) = problems(tmp_path, HEAD + case + "\n")
    assert problem[:2] == (line, code)
    assert said in problem[2]


def test_unknown_rubric_names_the_nearest(tmp_path: Path) -> None:
    text = "rubric: rr\ncases:\n  - {case: One, expect: {passed: true}}\n"
    assert problems(tmp_path, text) == [(1, "unknown-rubric", "no rubric 'rr' (did you mean 'r'?); there are: r")]


def test_two_cases_of_one_name_and_all_other_problems_come_at_once(tmp_path: Path) -> None:
    text = HEAD + "expect: {failed: [a]}\n  - case: One\n    expect: {flags: [b]}\n"
    assert [found[:2] for found in problems(tmp_path, text)] == [
        (4, "unknown-question"),
        (5, "duplicate-case"),
        (6, "unknown-flag"),
    ]


def test_rubric_that_is_broken_is_told_in_its_own_file(tmp_path: Path) -> None:
    text = "rubric: small.yaml\ncases:\n  - {case: One, expect: {passed: true}}\n"
    (tmp_path / "cases").mkdir()
    write(tmp_path / "cases", {"id": "small"}, "small.yaml.txt")
    with pytest.raises(AuthoredFileError) as raised:
        load(tmp_path, text)
    assert {problem.file for problem in raised.value.problems} == {str(tmp_path / "cases" / "small.yaml")}


def test_case_adds_what_it_says_of_its_call_to_what_the_file_says_of_all(tmp_path: Path) -> None:
    of_case = "{case: One, call: {team: south}, expect: {passed: true}}"
    text = f"rubric: r\ncall: {{team: north, queue: null}}\ncases:\n  - {of_case}\n"
    (case,) = load(tmp_path, text)
    assert (case.call.team, case.call.queue) == ("south", None)
    assert case.call.model_fields_set == {"team", "queue"}
    assert case.line == 4


@pytest.mark.parametrize(
    "lines",
    [
        "lines: |\n      agent: Hello there\n\n      0:10 customer: Hi\n",
        "lines:\n      - agent: Hello there\n      - 0:10 customer: Hi\n",
        "lines: ['agent: Hello there', '0:10 customer: Hi']\n",
    ],
)
def test_dialogue_may_be_pasted_or_listed(tmp_path: Path, lines: str) -> None:
    (case,) = load(tmp_path, HEAD + lines + "    expect: {passed: true}\n")
    said = [(line.speaker.value, line.words, line.start_ms) for line in case.lines]
    assert said == [("agent", "Hello there", None), ("customer", "Hi", 10_000)]


def test_latest_version_of_a_rubric_is_meant(tmp_path: Path) -> None:
    rubrics = [load_rubric(write(tmp_path, {**RUBRIC, "version": n}, f"{n}.yaml")) for n in (2, 1)]
    file = tmp_path / "one.yaml.cases.yaml"
    file.write_text("rubric: r\ncases:\n  - {case: One, expect: {passed: true}}\n")
    (case,) = load_cases(file, rubrics, RULES)
    assert case.rubric.version == 2
