"""What the questions of a rubric ask for: tests one by one, rules, phrases of their own, and a language model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.records import (
    CombinationTest,
    Criterion,
    CriterionTest,
    LlmTest,
    PhraseTest,
    Rubric,
    RuleTest,
    SequenceTest,
)

Place = tuple[int | str, ...]
"""Where something stands in the rubric's file, for `pipeline.authored.Document.line`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedRule:
    """A rule where a criterion names it. ``test`` is what asks for it; None where it is named as a condition."""

    rule_id: str
    test: RuleTest | SequenceTest | None
    at: Place


def criteria_with_places(rubric: Rubric) -> Iterator[tuple[Criterion, Place]]:
    """Yield every criterion of a rubric in order, with its place in the file."""
    for s, section in enumerate(rubric.sections):
        for c, criterion in enumerate(section.criteria):
            yield criterion, ("sections", s, "criteria", c)


def single_tests(test: CriterionTest, at: Place = ("test",)) -> Iterator[tuple[CriterionTest, Place]]:
    """Yield the tests of which a test is made, in order, each with its place; of a test that is none, itself."""
    if not isinstance(test, CombinationTest):
        yield test, at
        return
    for i, part in enumerate(test.tests):
        yield from single_tests(part, (*at, "tests", i))


def named_rules(criterion: Criterion, at: Place = ()) -> Iterator[NamedRule]:
    """Yield the rules that a criterion names, in order: those that its tests ask for, then those of its conditions.

    Args:
        criterion: Any.
        at: Where it stands, as `criteria_with_places` tells.
    """
    for test, place in single_tests(criterion.test, (*at, "test")):
        if isinstance(test, RuleTest | SequenceTest):
            for k, rule_id in enumerate(test.rules):
                yield NamedRule(rule_id=rule_id, test=test, at=(*place, "rules", k))
    for k, rule_id in enumerate(criterion.applies_if.rules_present):
        yield NamedRule(rule_id=rule_id, test=None, at=(*at, "applies_if", "rules_present", k))


def model_questions(rubric: Rubric) -> Iterator[tuple[Criterion, LlmTest]]:
    """Yield everything that a rubric asks a language model, in order, with the criterion that asks."""
    for criterion in rubric.criteria():
        for test, _ in single_tests(criterion.test):
            if isinstance(test, LlmTest):
                yield criterion, test


def own_rule_ids(rubric: Rubric, criterion: Criterion) -> tuple[str, ...]:
    """Return the ids under which the phrase tests of a criterion are looked for, in order."""
    phrases = [test for test, _ in single_tests(criterion.test) if isinstance(test, PhraseTest)]
    return tuple(rubric.own_rule_id(criterion.id, position) for position in range(len(phrases)))


def phrase_tests(rubric: Rubric) -> Iterator[tuple[str, Criterion, PhraseTest, Place]]:
    """Yield every phrase test of a rubric in order.

    Yields:
        The id under which its phrases are looked for, its criterion, the test, and where the test stands.
    """
    for criterion, at in criteria_with_places(rubric):
        ids = iter(own_rule_ids(rubric, criterion))
        for test, place in single_tests(criterion.test, (*at, "test")):
            if isinstance(test, PhraseTest):
                yield next(ids), criterion, test, place
