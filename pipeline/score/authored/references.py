"""Rules that rubrics name: each must be there and be about the rubric's calls, or its question says nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from pipeline.authored import Document
from pipeline.errors import Problem, did_you_mean
from pipeline.records import AppliesIf, Criterion, Rubric
from pipeline.score.questions import NamedRule, criteria_with_places, named_rules
from pipeline.score.wording import listed


def check_rule_references(
    rubrics: Iterable[Rubric], known_rule_ids: Collection[str], *, looked_in: Path | None = None
) -> list[Problem]:
    """Return a problem, with file and line, for every place where a rubric names a rule that there is not.

    Args:
        rubrics: Checked otherwise.
        known_rule_ids: The rules that are looked for.
        looked_in: Folder of these rules, for the message.
    """
    of = f" of {looked_in}" if looked_in else ""
    problems: list[Problem] = []
    for rubric in rubrics:
        found = []
        for criterion, named in _rules_named(rubric):
            if named.rule_id not in known_rule_ids:
                near = did_you_mean(named.rule_id, known_rule_ids)
                message = (
                    f"unknown rule {named.rule_id!r}{near}; it is not among the {len(known_rule_ids)} active rules{of},"
                    " so it can never be answered; rules of your own: docs/writing-rubrics.md"
                )
                found.append((named, _where(rubric, criterion), message))
        problems += _placed(rubric, "unknown-rule", found)
    return problems


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
