"""Rules that rubrics name: every one must be there, or the question could never be answered."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from pipeline.authored import Document
from pipeline.errors import Problem, did_you_mean
from pipeline.records import Rubric
from pipeline.score.questions import NamedRule, Place, criteria_with_places, named_rules


def check_rule_references(rubrics: Iterable[Rubric], known_rule_ids: Collection[str]) -> list[Problem]:
    """Return a problem, with file and line, for every place where a rubric names a rule that there is not."""
    problems = []
    for rubric in rubrics:
        named = [(rule_id, where, at) for rule_id, where, at in _rules_named(rubric) if rule_id not in known_rule_ids]
        document = Document(Path(rubric.file)) if named and rubric.file else None
        for rule_id, where, at in named:
            message = f"unknown rule {rule_id!r}{did_you_mean(rule_id, known_rule_ids)}; it can never be answered"
            line = document.line(at) if document else None
            problems.append(Problem(code="unknown-rule", where=where, message=message, line=line, file=rubric.file))
    return problems


def _rules_named(rubric: Rubric) -> Iterator[tuple[str, str, Place]]:
    """Yield each rule that a criterion names, once, with the criterion in words and the place in the file."""
    for criterion, at in criteria_with_places(rubric):
        where = f"rubric {rubric.id} version {rubric.version}, criterion {criterion.id}"
        first: dict[str, NamedRule] = {}
        for named in named_rules(criterion, at):
            first.setdefault(named.rule_id, named)
        for named in first.values():
            yield named.rule_id, where, named.at
