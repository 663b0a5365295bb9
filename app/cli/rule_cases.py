"""`earmark rules test`: whether the rule packs find what their own cases say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import typer

from app.cli import show
from app.cli.checks import print_check, require_path
from pipeline.compliance.case_runs import Prepare, Prepared, RuleResults, run_cases
from pipeline.compliance.cases import Case, load_cases
from pipeline.compliance.meaning import meaning_reader
from pipeline.compliance.packs import load_rules, rules_fingerprint
from pipeline.compliance.rule import Rule, RuleStatus
from pipeline.config import Settings
from pipeline.detectors import Detectors
from pipeline.errors import AuthoredFileError, ConfigError, Problem
from pipeline.privacy.redact import redact
from pipeline.records import Transcript
from pipeline.sentiment.engine import create_sentiment_engine

CASES_FOLDER = "cases"


def print_test(path: Path | None, rules_path: Path | None, settings: Settings, *, as_json: bool) -> None:
    """Run cases and print what came of them.

    Args:
        path: A file of cases, a folder of them, or a folder of rules with its cases in it; None for the settings' own.
        rules_path: A rule pack or a folder of them; None for the one that ``path`` lies in or the settings name.
        settings: As for a run.
        as_json: Print JSON instead of tables.

    Raises:
        ConfigError: A path is not there, or holds no case.
        typer.Exit: With code 1, where a case fails or a file has problems.
    """
    rules_path, chosen = _places(path, rules_path, settings)
    for each in (rules_path, chosen):
        require_path(each)
    rules: tuple[Rule, ...] = ()
    cases: tuple[Case, ...] = ()
    problems: list[Problem] = []
    try:
        rules = load_rules(rules_path)
        cases = load_cases(chosen, [rule.id for rule in rules])
    except AuthoredFileError as error:
        problems = error.located()
    if problems:
        print_check("cases", 0, problems, as_json=as_json)
    if not cases:
        raise ConfigError(f"{chosen}: no case lies here; docs/packs.md tells how to write them")
    results = run_cases(cases, rules, settings.compliance, meaning_reader(), preparing(rules, settings))
    if chosen.is_file():  # the other rules have their cases elsewhere
        results = tuple(each for each in results if each.results)
    data = _data(results)
    if as_json:
        show.print_json(data)
    else:
        _print(data)
    if data["failed"]:
        raise typer.Exit(1)


def _places(path: Path | None, rules_path: Path | None, settings: Settings) -> tuple[Path, Path]:
    """Return the rule pack or the folder of them, and the file or folder of the cases."""
    if path is None:
        rules = rules_path or settings.compliance.rules_dir
        beside = rules.parent / CASES_FOLDER / rules.name  # one pack's cases lie in a file of its name
        return rules, beside if rules.is_file() else rules / CASES_FOLDER
    if (path / CASES_FOLDER).is_dir():
        return rules_path or path, path / CASES_FOLDER
    beside = path if path.is_dir() else path.parent
    own = beside.parent if beside.name == CASES_FOLDER else settings.compliance.rules_dir
    return rules_path or own, path


def preparing(rules: Sequence[Rule], settings: Settings) -> Prepare:
    """Return what masks personal data in a case and reads sentiment and measures, where a rule asks for them."""
    tried = tuple(replace(rule, status=RuleStatus.ACTIVE) for rule in rules)  # cases of a draft are run, too
    detectors = Detectors(
        settings=settings,
        sentiment=create_sentiment_engine(settings.sentiment, settings.models_dir),
        rules=tried,
        rules_key=rules_fingerprint(tried),
    )

    def prepare(transcript: Transcript) -> Prepared:
        clean = redact(transcript, settings.privacy)
        return Prepared(
            transcript=clean,
            sentiment=detectors.read(clean) if detectors.asks_for_sentiment else None,
            measures=detectors.measure(clean, None) if detectors.asks_for_measures else None,
        )

    return prepare


def _data(results: Sequence[RuleResults]) -> dict[str, Any]:
    rules = [
        {
            "pack": each.rule.pack,
            "rule": each.rule.id,
            "cases": len(each.results),
            "passed": len(each.results) - len(each.failed),
            "failed": len(each.failed),
            "known_gaps": each.known_gaps,
            "missing": list(each.missing),
        }
        for each in results
    ]
    failures = [
        {
            "file": result.case.file,
            "line": result.case.line,
            "rule": each.rule.id,
            "expected": result.case.expected.value,
            "because": result.case.because,
            "came": result.came,
            "reason": result.reason,
        }
        for each in results
        for result in each.failed
    ]
    return {
        "cases": sum(len(each.results) for each in results),
        "passed": sum(len(each.results) - len(each.failed) for each in results),
        "failed": len(failures),
        "known_gaps": sum(each.known_gaps for each in results),
        "rules": rules,
        "failures": failures,
    }


def _print(data: dict[str, Any]) -> None:
    columns = [("Pack", "left"), ("Rule", "left")]
    columns += [(heading, "right") for heading in ("Cases", "Passed", "Failed", "Known gaps")]
    counts = ("cases", "passed", "failed", "known_gaps")
    shown = [each for each in data["rules"] if each["cases"]]
    show.table(columns, [(r["pack"], r["rule"], *(str(r[count]) for count in counts)) for r in shown])
    for failure in data["failures"]:
        wanted = failure["expected"] + (f" because {failure['because']!r}" if failure["because"] else "")
        show.say(f"{failure['file']}:{failure['line']}: {failure['rule']}: expected {wanted}, came: {failure['came']}.")
        show.say(f"    {failure['reason']}")
    for rule in data["rules"]:
        if rule["missing"]:
            show.remark(f"{rule['rule']}: no cases under {', '.join(rule['missing'])}")
    gaps = f", {data['known_gaps']} of them known gaps" if data["known_gaps"] else ""
    show.say(f"{data['cases']} cases: {data['passed']} as expected{gaps}, {data['failed']} failed")
