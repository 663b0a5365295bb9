"""A rubric as people read it: each question with its points, how it is answered, and what failing it does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.records import (
    AppliesIf,
    AutoFailEffect,
    CombinationTest,
    Criterion,
    CriterionTest,
    LlmTest,
    ManualTest,
    MeasureTest,
    PhraseTest,
    Rubric,
    RuleTest,
    Section,
    SentimentTest,
    SequenceTest,
)
from pipeline.score.diff.tests import KINDS, bands_in_words, described, form_in_words
from pipeline.score.wording import listed, percent


@dataclass(frozen=True, kw_only=True, slots=True)
class QuestionInWords:
    """One question of a rubric.

    Attributes:
        answered_by: What answers it.
        looks_at: What that looks at, one line each.
        rules: Ids of the rules that it asks for.
        marks: What failing it does, and when a person is asked.
        applies: When it is asked; empty where always.
    """

    criterion: Criterion
    answered_by: str
    looks_at: tuple[str, ...]
    rules: tuple[str, ...]
    marks: tuple[str, ...]
    applies: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class SectionInWords:
    """A section with its questions; ``about`` says how it counts."""

    section: Section
    about: str
    questions: tuple[QuestionInWords, ...]


def sections_in_words(rubric: Rubric) -> tuple[SectionInWords, ...]:
    """Return a rubric's sections in words."""
    return tuple(
        SectionInWords(
            section=section,
            about=_section(section),
            questions=tuple(map(_question, section.criteria)),
        )
        for section in rubric.sections
    )


def days_in_words(rubric: Rubric) -> str:
    """Return for which days a rubric scores calls."""
    first = f"from {rubric.effective_from}" if rubric.effective_from else ""
    last = f"to {rubric.effective_to}" if rubric.effective_to else ""
    return " ".join(part for part in (first, last) if part) or "always"


def applies_in_words(applies: AppliesIf) -> tuple[str, ...]:
    """Return to which calls something applies; empty where to all."""
    named = (("queue", applies.queues), ("direction", applies.directions), ("team", applies.teams))
    told = [f"{what} is {listed(names, 'or')}" for what, names in named if names]
    told += [f"{listed(applies.rules_present)} was heard"] if applies.rules_present else []
    told += [f"{each.name} is {listed(each.values, 'or')}" for each in applies.metadata]
    told += [f"{each.criterion_id} is answered {listed(each.answers, 'or')}" for each in applies.answers]
    return tuple(told)


def _section(section: Section) -> str:
    told = [f"weight {section.weight:g}"]
    if section.bonus:
        told.append("its points are earned on top")
    if section.critical_below is not None:
        told.append(f"less than {percent(section.critical_below)} of its points sets the total to 0")
    return ", ".join(told)


def _question(criterion: Criterion) -> QuestionInWords:
    return QuestionInWords(
        criterion=criterion,
        answered_by=KINDS[criterion.test.kind],
        looks_at=tuple(_looks_at(criterion.test)),
        rules=tuple(dict.fromkeys(_rules(criterion.test))),
        marks=tuple(_marks(criterion)),
        applies=applies_in_words(criterion.applies_if),
    )


def _marks(criterion: Criterion) -> Iterator[str]:
    if criterion.critical:
        yield "Critical: counts into the critical score, too."
    if criterion.auto_fail:
        effect = criterion.auto_fail_effect
        if effect is AutoFailEffect.CAP:
            cap = percent(criterion.auto_fail_cap) if criterion.auto_fail_cap is not None else "nothing"
            yield f"Failing it fails the call, and the total is at most {cap}."
        else:
            what = "section" if effect is AutoFailEffect.ZERO_SECTION else "total"
            yield f"Failing it fails the call and sets the {what} to 0."
    if criterion.min_confidence is not None:
        yield f"Answers less sure than {percent(criterion.min_confidence)} go to a person."


def _looks_at(test: CriterionTest) -> Iterator[str]:
    match test:
        case CombinationTest():
            yield f"{test.require} of:"
            for part in test.tests:
                yield from (f"— {line}" for line in _looks_at(part))
        case PhraseTest():
            yield _phrases(test)
        case MeasureTest():
            yield f"{described(test)}: {bands_in_words(test.bands, test.measure)}"
        case SentimentTest():
            yield f"{described(test)}: {bands_in_words(test.bands, '')}"
        case ManualTest() | LlmTest():
            yield f"“{test.question}” Answers: {form_in_words(test.answers)}."
        case _:
            yield described(test)


def _phrases(test: PhraseTest) -> str:
    where = _window(test.within_first_s, test.within_last_s)
    wanted = "one of these is said" if test.expect.value == "present" else "none of these is said"
    unless = f"; not counted: {_quoted(test.unless)}" if test.unless else ""
    return f"{wanted} by the {test.speaker}{where}: {_quoted(test.phrases)}{unless}"


def _window(first_s: float | None, last_s: float | None) -> str:
    if first_s is not None:
        return f" within the first {first_s:g} s"
    return "" if last_s is None else f" within the last {last_s:g} s"


def _quoted(phrases: Sequence[str]) -> str:
    return ", ".join(f"“{phrase}”" for phrase in phrases)


def _rules(test: CriterionTest) -> Iterator[str]:
    match test:
        case RuleTest() | SequenceTest():
            yield from test.rules
        case CombinationTest():
            for part in test.tests:
                yield from _rules(part)
        case _:
            return
