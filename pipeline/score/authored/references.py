"""Rules that rubrics name: each must be there and be about the rubric's calls, or its question says nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.authored import Document
from pipeline.errors import AuthoredFileError, Problem, did_you_mean
from pipeline.records import AppliesIf, Criterion, Rubric
from pipeline.score.questions import NamedRule, Place, criteria_with_places, named_rules
from pipeline.score.wording import listed

_DEEPEST = 40  # a combination in a combination goes three places deeper each time


def check_rule_references(
    rubrics: Iterable[Rubric], known_rule_ids: Collection[str], *, looked_in: Path | None = None
) -> list[Problem]:
    """Return a problem, with file and line, for every place where a rubric names a rule that there is not.

    Args:
        rubrics: Checked otherwise.
        known_rule_ids: The rules that are looked for.
        looked_in: Folder of these rules, for the message.
    """
    problems: list[Problem] = []
    for rubric in rubrics:
        found = [
            (named, _where(rubric, criterion), _not_looked_for(named.rule_id, known_rule_ids, looked_in))
            for criterion, named in _rules_named(rubric)
            if named.rule_id not in known_rule_ids
        ]
        problems += _placed(rubric, "unknown-rule", found)
    return problems


def check_rules_of_unsound_file(
    path: Path, known_rule_ids: Collection[str], *, looked_in: Path | None = None
) -> list[Problem]:
    """Return the same of a file that is no rubric yet, from what can be read of it; its other problems hide none.

    Args:
        path: The file; none are returned where it is no YAML.
        known_rule_ids: The rules that are looked for.
        looked_in: Folder of these rules, for the message.
    """
    try:
        document = Document(path)
    except AuthoredFileError:
        return []
    return [
        document.problem("unknown-rule", at, _not_looked_for(rule_id, known_rule_ids, looked_in)).in_file(str(path))
        for rule_id, at in _raw_rules(document.data, ())
        if rule_id not in known_rule_ids
    ]


def _raw_rules(node: Any, at: Place) -> Iterator[tuple[str, Place]]:
    """Yield what is named as a rule anywhere in a file; beyond a depth that no rubric has, a file holds itself."""
    if len(at) > _DEEPEST:
        return
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        if key in ("rules", "rules_present") and isinstance(value, list):
            yield from ((each, (*at, key, k)) for k, each in enumerate(value) if isinstance(each, str))
        else:
            yield from _raw_rules(value, (*at, key))


def _not_looked_for(rule_id: str, known_rule_ids: Collection[str], looked_in: Path | None) -> str:
    of = f" of {looked_in}" if looked_in else ""
    return (
        f"unknown rule {rule_id!r}{did_you_mean(rule_id, known_rule_ids)}; it is not among the {len(known_rule_ids)}"
        f" active rules{of}, so it can never be answered; rules of your own: docs/writing-rubrics.md"
    )


def check_rules_apply(rubrics: Iterable[Rubric], rules: Mapping[str, AppliesIf]) -> list[Problem]:
    """Return a problem for every rule that is about none of the calls for which a rubric's question names it.

    Such a rule drops out of every call, and the question asks less than it seems to. A rule for some of a rubric's
    queues is none: it drops out of the other calls only.

    Args:
        rubrics: Checked otherwise.
        rules: Which calls each rule is about, by its id; other rules are passed over.
    """
    problems: list[Problem] = []
    for rubric in rubrics:
        found = []
        for criterion, named in _rules_named(rubric):
            for what, of_rule, of_calls in _apart(rubric, criterion, rules.get(named.rule_id, AppliesIf())):
                drops = "it drops out of every call" if named.test else "the question never applies"
                message = (
                    f"{named.rule_id} applies to {what} {listed(of_rule, 'or')} only; this question is for"
                    f" {listed(of_calls, 'or')}: {drops}; name another rule, or write one of your own"
                    " (docs/writing-rubrics.md)"
                )
                found.append((named, _where(rubric, criterion), message))
        problems += _placed(rubric, "rule-of-other-calls", found)
    return problems


def _apart(
    rubric: Rubric, criterion: Criterion, rule: AppliesIf
) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Yield what rule and question have not one of in common: its name, the rule's values, the question's."""
    asked = criterion.applies_if
    queues = tuple(queue for queue in rubric.queues if _meet((queue,), asked.queues)) or asked.queues
    for what, of_rule, of_calls in (
        ("queue", rule.queues, queues),
        ("direction", rule.directions, asked.directions),
        ("team", rule.teams, asked.teams),
    ):
        if not _meet(of_rule, of_calls):
            yield what, of_rule, of_calls


def _meet(some: Collection[str], others: Collection[str]) -> bool:
    """Tell whether two restrictions leave any value; an empty one is none."""
    return not some or not others or not {each.casefold() for each in some}.isdisjoint(map(str.casefold, others))


def _placed(rubric: Rubric, code: str, found: list[tuple[NamedRule, str, str]]) -> Iterator[Problem]:
    document = Document(Path(rubric.file)) if found and rubric.file else None
    for named, where, message in found:
        line = document.line(named.at) if document else None
        yield Problem(code=code, where=where, message=message, line=line, file=rubric.file)


def _where(rubric: Rubric, criterion: Criterion) -> str:
    return f"rubric {rubric.id} version {rubric.version}, criterion {criterion.id}"


def _rules_named(rubric: Rubric) -> Iterator[tuple[Criterion, NamedRule]]:
    """Yield each rule that a criterion names, once."""
    for criterion, at in criteria_with_places(rubric):
        first: dict[str, NamedRule] = {}
        for named in named_rules(criterion, at):
            first.setdefault(named.rule_id, named)
        for named in first.values():
            yield criterion, named
