"""`earmark rules test`: whether the rule packs find what their own cases say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from app.cli import show
from app.cli.checks import print_check, problems_of, require_path
from pipeline.compliance.case_runs import Prepare, Prepared, RuleResults, run_cases
from pipeline.compliance.cases import Case, load_cases
from pipeline.compliance.meaning import meaning_reader
from pipeline.compliance.packs import load_packs
from pipeline.compliance.rule import MeasureIs, OvertalkIs, Rule, SentimentIs, SilenceIs
from pipeline.config import Settings
from pipeline.conversation.measure import measure
from pipeline.errors import AuthoredFileError, ConfigError, Problem
from pipeline.privacy.redact import redact
from pipeline.records import Transcript
from pipeline.sentiment.engine import create_sentiment_engine
from pipeline.sentiment.read import read_sentiment

CASES_FOLDER = "cases"


def print_test(path: Path | None, rules_dir: Path | None, settings: Settings, *, as_json: bool) -> None:
    """Run cases and print what came of them.

    Args:
        path: A file of cases, a folder of them, or a folder of rules with its cases in it; None for the settings' own.
        rules_dir: Folder of the rules; None for the one that ``path`` lies in or the settings name.
        settings: As for a run.
        as_json: Print JSON instead of tables.

    Raises:
        ConfigError: A path is not there, or holds no case.
        typer.Exit: With code 1, where a case fails or a file has problems.
    """
    rules_dir, chosen = _places(path, rules_dir, settings)
    for each in (rules_dir, chosen):
        require_path(each)
    rules: tuple[Rule, ...] = ()
    cases: tuple[Case, ...] = ()
    problems: list[Problem] = []
    try:
        rules = load_packs(rules_dir)
        cases = load_cases(chosen, [rule.id for rule in rules])
    except AuthoredFileError as error:
        problems = problems_of(error)
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


def _places(path: Path | None, rules_dir: Path | None, settings: Settings) -> tuple[Path, Path]:
    """Return the folder of the rules, and the file or folder of the cases."""
    if path is None:
        rules = rules_dir or settings.compliance.rules_dir
        return rules, rules / CASES_FOLDER
    if (path / CASES_FOLDER).is_dir():
        return rules_dir or path, path / CASES_FOLDER
    beside = path if path.is_dir() else path.parent
    own = beside.parent if beside.name == CASES_FOLDER else settings.compliance.rules_dir
    return rules_dir or own, path


def preparing(rules: Sequence[Rule], settings: Settings) -> Prepare:
    """Return what masks personal data in a case and reads sentiment and measures, where a rule asks for them."""
    leaves = [leaf for rule in rules for leaf in rule.leaves()]
    engine = None
    if any(isinstance(leaf, SentimentIs) for leaf in leaves):
        engine = create_sentiment_engine(settings.sentiment, settings.models_dir)
    measures = any(isinstance(leaf, (MeasureIs, OvertalkIs, SilenceIs)) for leaf in leaves)

    def prepare(transcript: Transcript) -> Prepared:
        clean = redact(transcript, settings.privacy)
        return Prepared(
            transcript=clean,
            sentiment=read_sentiment(clean, engine, settings.sentiment) if engine else None,
            measures=measure(clean, None, settings.conversation) if measures else None,
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
