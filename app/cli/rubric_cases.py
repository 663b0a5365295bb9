"""`earmark rubrics test`: whether rubrics score the calls of their own cases as they must."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from app.cli import show
from app.cli.checks import print_check, require_path
from pipeline.compliance.rule import RuleStatus
from pipeline.config import Settings
from pipeline.detectors import assemble_detectors
from pipeline.errors import AuthoredFileError, ConfigError, Problem
from pipeline.records import CriterionResult, Rubric
from pipeline.rubric_cases import heard_facts
from pipeline.rubric_facts.phrases import phrase_problems
from pipeline.score.cases.cases import RubricCase, load_cases
from pipeline.score.cases.runs import CaseResult, RubricResults, run_cases
from pipeline.score.rubrics import SUFFIXES, check_rule_references, check_rules_apply, load_rubrics

CASES_FOLDER = "cases"


def print_test(path: Path | None, settings: Settings, *, rubric: str | None, as_json: bool) -> None:
    """Run cases of rubrics and print what came of them.

    Args:
        path: A file of cases, a folder of them, or a folder of rubrics that has one; None for the settings' own.
        settings: As for a run.
        rubric: Only the cases of the rubric with this id.
        as_json: Print JSON instead of tables.

    Raises:
        ConfigError: A path is not there, or holds no case.
        typer.Exit: With code 1, where a case fails or a file has problems.
    """
    rubrics_dir, chosen = _places(path, settings)
    for each in (rubrics_dir, chosen):
        require_path(each)
    detectors = assemble_detectors(settings)
    rules = {rule.id: rule for rule in detectors.rules if rule.status is RuleStatus.ACTIVE}
    rubrics: tuple[Rubric, ...] = ()
    cases: tuple[RubricCase, ...] = ()
    problems: list[Problem] = []
    try:
        rubrics = load_rubrics(rubrics_dir)
        cases = load_cases(chosen, rubrics, list(rules))
    except AuthoredFileError as error:
        problems = error.located()
    cases = tuple(case for case in cases if rubric in (None, case.rubric.id))
    tried = {case.rubric.file: case.rubric for case in cases}.values()
    problems += check_rule_references(tried, rules, looked_in=settings.compliance.rules_dir)
    problems += check_rules_apply(tried, {rule.id: rule.applies_if for rule in rules.values()})
    problems += phrase_problems(tried)
    if problems:
        print_check("cases", 0, problems, as_json=as_json)
    if not cases:
        of = f" of rubric {rubric!r}" if rubric else ""
        raise ConfigError(f"{chosen}: no case{of} lies here; docs/writing-rubrics.md tells how to write them")
    results = run_cases(cases, rules, settings.flags, lambda case: heard_facts(case, detectors))
    data = _data(results)
    if as_json:
        show.print_json(data)
    else:
        _print(data, _without_cases(rubrics, cases) if path is None and rubric is None else [])
    if data["failed"]:
        raise typer.Exit(1)


def _places(path: Path | None, settings: Settings) -> tuple[Path, Path]:
    """Return the folder of the rubrics, and the file or folder of the cases."""
    own = settings.score.rubrics_dir
    if path is None:
        return own, own / CASES_FOLDER
    if (path / CASES_FOLDER).is_dir():
        return path, path / CASES_FOLDER
    folder = path if path.is_dir() else path.parent
    beside = folder.parent if folder.name == CASES_FOLDER else own
    has_rubrics = beside.is_dir() and any(file.suffix in SUFFIXES for file in beside.iterdir())
    return (beside if has_rubrics else own), path


def _without_cases(rubrics: Sequence[Rubric], cases: Sequence[RubricCase]) -> list[str]:
    tried = {case.rubric.id for case in cases}
    return sorted({rubric.id for rubric in rubrics} - tried)


def _data(results: Sequence[RubricResults]) -> dict[str, Any]:
    rubrics = [
        {
            "rubric": each.rubric.id,
            "version": each.rubric.version,
            "file": each.rubric.file,
            "cases": len(each.results),
            "passed": len(each.results) - len(each.failed),
            "failed": len(each.failed),
            "never_failed": list(each.never_failed),
            "never_passed": list(each.never_passed),
        }
        for each in results
    ]
    failures = [_failure(result) for each in results for result in each.failed]
    count = sum(len(each.results) for each in results)
    return {
        "cases": count,
        "passed": count - len(failures),
        "failed": len(failures),
        "rubrics": rubrics,
        "failures": failures,
    }


def _failure(result: CaseResult) -> dict[str, Any]:
    case = result.case
    to_tell = {question for difference in result.differences for question in difference.questions}
    return {
        "file": case.file,
        "line": case.line,
        "rubric": case.rubric.id,
        "case": case.form.case,
        "differences": [
            {
                "key": difference.key,
                "expected": difference.expected,
                "found": difference.found,
                "questions": list(difference.questions),
            }
            for difference in result.differences
        ],
        "answers": [
            {
                "question": answer.criterion_id,
                "status": answer.status.value,
                "reason": answer.reason,
                "nearest_miss": _nearest(answer),
            }
            for answer in result.score.results
            if answer.criterion_id in to_tell
        ],
    }


def _nearest(answer: CriterionResult) -> str | None:
    """Return what came nearest, in the words of the case and with its time."""
    nearest = answer.nearest_miss
    if nearest is None:
        return None
    why = f" ({nearest.reason.rstrip('.')})" if nearest.reason else ""
    return f"{show.minutes(nearest.evidence.start_ms)} “{nearest.evidence.quote}”{why}"


def _print(data: dict[str, Any], without_cases: Sequence[str]) -> None:
    columns = [("Rubric", "left"), *((heading, "right") for heading in ("Version", "Cases", "Passed", "Failed"))]
    counts = ("version", "cases", "passed", "failed")
    show.table(columns, [(each["rubric"], *(str(each[count]) for count in counts)) for each in data["rubrics"]])
    for failure in data["failures"]:
        show.say(f"{failure['file']}:{failure['line']}: {failure['rubric']}: {failure['case']}")
        rows = [(each["key"], _told(each["expected"]), _told(each["found"])) for each in failure["differences"]]
        show.table([("", "left"), ("Expected", "left"), ("Found", "left")], rows)
        for each in failure["answers"]:
            nearest = f" Nearest: {each['nearest_miss']}" if each["nearest_miss"] else ""
            show.say(f"    {each['question']}: {each['status']}. {each['reason']}{nearest}")
    for each in data["rubrics"]:
        for key, what in (("never_failed", "fails"), ("never_passed", "passes")):
            if each[key]:
                show.remark(f"{each['rubric']}: untested, no case {what} {', '.join(each[key])}")
    if without_cases:
        show.remark(f"no cases yet: {', '.join(without_cases)}")
    show.say(f"{data['cases']} cases: {data['passed']} as expected, {data['failed']} failed")


def _told(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(value) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
