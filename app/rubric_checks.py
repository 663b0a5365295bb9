"""Whether rubrics are sound, together with the rules that they ask for: for the command line and the console."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipeline.compliance.packs import load_packs
from pipeline.compliance.rule import RuleStatus
from pipeline.config import Settings
from pipeline.errors import AuthoredFileError, Problem
from pipeline.records import AppliesIf
from pipeline.rubric_facts.phrases import phrase_problems
from pipeline.score.rubrics import (
    SUFFIXES,
    check_rule_references,
    check_rules_apply,
    check_rules_of_unsound_file,
    load_rubric,
    load_rubrics,
)


def active_rules(settings: Settings) -> dict[str, AppliesIf]:
    """Return which calls each rule that is looked for is about, by its id.

    Raises:
        AuthoredFileError: A rule pack has problems.
    """
    rules = load_packs(settings.compliance.rules_dir)
    return {rule.id: rule.applies_if for rule in rules if rule.status is RuleStatus.ACTIVE}


def find_problems(path: Path, rules: Mapping[str, AppliesIf], *, rules_dir: Path | None = None) -> list[Problem]:
    """Return every problem of a rubric file, or of a folder of them taken together, each with its file.

    Args:
        path: The file or folder.
        rules: Which calls each rule that is looked for is about, by its id.
        rules_dir: Where these rules lie, for messages.
    """
    problems: list[Problem] = []
    if path.is_dir():
        try:
            load_rubrics(path)
        except AuthoredFileError as error:
            problems += error.located()
    for file in files_of(path):
        try:
            rubric = load_rubric(file)
            named = check_rule_references([rubric], rules, looked_in=rules_dir)
            named += [*check_rules_apply([rubric], rules), *phrase_problems([rubric])]
        except AuthoredFileError as error:
            problems += [] if path.is_dir() else error.located()  # those of a folder were found with it
            problems += check_rules_of_unsound_file(file, rules, looked_in=rules_dir)
        else:
            problems += [problem.in_file(str(file)) for problem in named]
    return problems


def files_of(path: Path) -> list[Path]:
    """Return the rubric files of a folder, or the one that is named."""
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.iterdir() if file.suffix in SUFFIXES and file.is_file())
