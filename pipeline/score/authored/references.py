"""Rules that rubrics name: every one must be there, or the question could never be answered."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from pipeline.authored import Document
from pipeline.errors import Problem, did_you_mean
from pipeline.records import Rubric, RuleTest, SequenceTest
from pipeline.score.phrases import Place, criteria_with_places, single_tests


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
        keys: list[tuple[Place, tuple[str, ...]]] = []
        for test, place in single_tests(criterion.test, (*at, "test")):
            if isinstance(test, RuleTest | SequenceTest):
                keys.append(((*place, "rules"), test.rules))
        keys.append(((*at, "applies_if", "rules_present"), criterion.applies_if.rules_present))
        seen: set[str] = set()
        for key, rules in keys:
            for k, rule_id in enumerate(rules):
                if rule_id not in seen:
                    yield rule_id, where, (*key, k)
                seen.add(rule_id)
