"""The tests of a rubric with their places in its file, and the ids under which its own phrases are looked for."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.records import CombinationTest, Criterion, CriterionTest, PhraseTest, Rubric

Place = tuple[int | str, ...]


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


def own_rule_ids(rubric: Rubric, criterion: Criterion) -> tuple[str, ...]:
    """Return the ids under which the phrase tests of a criterion are looked for, in order."""
    phrases = [test for test, _ in single_tests(criterion.test) if isinstance(test, PhraseTest)]
    return tuple(rubric.own_rule_id(criterion.id, position) for position in range(len(phrases)))


def phrase_tests(rubric: Rubric) -> Iterator[tuple[str, Criterion, PhraseTest, Place]]:
    """Yield every phrase test of a rubric in order.

    Yields:
        The id under which its phrases are looked for, its criterion, the test, and where the test stands in the file
        (for `pipeline.authored.Document.line`).
    """
    for criterion, at in criteria_with_places(rubric):
        ids = iter(own_rule_ids(rubric, criterion))
        for test, place in single_tests(criterion.test, (*at, "test")):
            if isinstance(test, PhraseTest):
                yield next(ids), criterion, test, place
