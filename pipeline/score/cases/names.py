"""Whether all that a case names is there: rules, questions, sections, measures and flags; and can come to be."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import get_type_hints

from pipeline.authored import Document
from pipeline.errors import EarmarkError, Problem, did_you_mean
from pipeline.records import (
    AnswerForm,
    Choice,
    CombinationTest,
    Criterion,
    CriterionTest,
    LlmTest,
    ManualTest,
    Measures,
    MeasureTest,
    Numeric,
    PhraseTest,
    Rubric,
    Scale,
    SentimentTest,
    SequenceTest,
    Status,
)
from pipeline.score.answers import share_of_answer
from pipeline.score.authored.kind_forms import MEASURES
from pipeline.score.cases.forms import CaseForm, ExpectForm
from pipeline.score.flags import CODES
from pipeline.score.questions import model_questions, phrase_tests
from pipeline.score.wording import listed

Location = tuple[str | int, ...]
NO_ANSWER = "no_answer"
"""What a case writes where a language model gives no answer that can be used."""

_HINTS = get_type_hints(Measures)
_ALWAYS_KNOWN = frozenset(name for name in MEASURES if _HINTS[name] is int)


def phrase_names(rubric: Rubric) -> dict[str, tuple[str, PhraseTest]]:
    """Return the rubric's own phrases, as a case names them: by question, a second one of it as ``question/1``.

    Returns:
        Id of the rule that looks for it, and the test.
    """
    return {rule_id.removeprefix(f"{rubric.id}/"): (rule_id, test) for rule_id, _, test, _ in phrase_tests(rubric)}


def problems_of_names(
    document: Document, at: Location, case: CaseForm, rubric: Rubric, rule_ids: Collection[str]
) -> Iterator[Problem]:
    """Yield a problem for everything that a case names and that is not there, or can never come out.

    Args:
        document: The file.
        at: Where the case stands in it.
        case: As read.
        rubric: Its rubric.
        rule_ids: The rules that there are.
    """
    criteria = {criterion.id: criterion for criterion in rubric.criteria()}
    asked = [criterion.id for criterion, _ in model_questions(rubric)]
    for kind, key, known in (
        ("rule", "findings", rule_ids),
        ("question with phrases of its own", "phrases", phrase_names(rubric)),
        ("measure", "measures", MEASURES),
        ("question to a language model", "model_answers", asked),
        ("question", "answers", criteria),
    ):
        yield from _unknown(document, (*at, key), kind, getattr(case, key), known)
    for measure, value in case.measures.items():
        if value is None and measure in _ALWAYS_KNOWN:
            message = f"{measure} is known of every call; write a number"
            yield document.problem("impossible-measure", (*at, "measures", measure), message)
    for key, given in (("answers", case.answers), ("model_answers", case.model_answers)):
        for question, answer in given.items():
            wrong = _answer_problem(criteria[question], answer, key) if question in criteria else None
            if wrong:
                yield document.problem("impossible-answer", (*at, key, question), wrong)
    yield from _problems_of_expected(document, (*at, "expect"), case, rubric, criteria)


def _problems_of_expected(
    document: Document, at: Location, case: CaseForm, rubric: Rubric, criteria: dict[str, Criterion]
) -> Iterator[Problem]:
    expected = case.expect
    sections = [section.id for section in rubric.sections]
    yield from _unknown(document, (*at, "sections"), "section", expected.sections, sections)
    for i, flag in enumerate(expected.flags):
        yield from _unknown(document, (*at, "flags"), "flag", (flag,), CODES, at_index=i)
    first: dict[str, Status] = {}
    for question, status, where in expected.statuses():
        if question not in criteria:
            message = f"no question {question!r} in rubric {rubric.id}{did_you_mean(question, criteria)}"
            yield document.problem("unknown-question", (*at, *where), message)
        elif first.setdefault(question, status) is not status:
            message = f"{question} cannot be {status} and {first[question]}; keep one"
            yield document.problem("impossible-status", (*at, *where), message)
        elif status is Status.PARTIAL and question not in case.answers and not may_be_partial(criteria[question].test):
            message = f"{question} is kept or failed, nothing in between, so it can never be partial"
            yield document.problem("impossible-status", (*at, *where), message)
    yield from _contradictions(document, at, expected)


def _contradictions(document: Document, at: Location, expected: ExpectForm) -> Iterator[Problem]:
    given = expected.model_fields_set
    if "share" in given and expected.share is None and expected.passed is not None:
        message = "without a score a call neither passes nor fails; write `passed: null`"
        yield document.problem("impossible-status", (*at, "passed"), message)


def may_be_partial(test: CriterionTest) -> bool:
    """Tell whether a test can earn a part of its points."""
    if isinstance(test, (MeasureTest, SentimentTest)):
        return any(0 < band.share < 1 for band in test.bands)
    if isinstance(test, SequenceTest):
        return test.partial
    if isinstance(test, CombinationTest):
        return test.require == "average" or any(may_be_partial(part) for part in test.tests)
    if isinstance(test, (ManualTest, LlmTest)):
        return _answers_may_be_partial(test.answers)
    return False


def _answers_may_be_partial(form: AnswerForm) -> bool:
    if isinstance(form, Scale):
        return form.highest - form.lowest > 1
    if isinstance(form, Choice):
        return any(option.share is not None and 0 < option.share < 1 for option in form.options)
    return isinstance(form, Numeric) and any(0 < band.share < 1 for band in form.bands)


def _answer_problem(criterion: Criterion, answer: str, key: str) -> str | None:
    by_model = key == "model_answers"
    test = _asked_outright(criterion)
    if by_model and not isinstance(test, LlmTest):
        return None  # that there is no such question is told already
    general = (Status.NOT_APPLICABLE.value, NO_ANSWER if by_model else Status.CANNOT_ASSESS.value)
    if answer in general:
        return None
    if test is None:
        allowed = tuple(status.value for status in Status)
        wrong = answer not in allowed
        return (
            f"{answer!r} is no answer{did_you_mean(answer, allowed)}; there are: {listed(allowed)}" if wrong else None
        )
    try:
        share_of_answer(test.answers, answer)
    except EarmarkError as error:
        return f"{str(error).rstrip('.')}; or write {listed(general, 'or')}"
    return None


def _asked_outright(criterion: Criterion) -> ManualTest | LlmTest | None:
    """Return the question in words that a person answers; to any other criterion people give a status."""
    return criterion.test if isinstance(criterion.test, (ManualTest, LlmTest)) else None


def _unknown(
    document: Document,
    at: Location,
    kind: str,
    named: Collection[str],
    known: Collection[str],
    *,
    at_index: int | None = None,
) -> Iterator[Problem]:
    for name in named:
        if name not in known:
            there = f"; there are: {', '.join(known)}" if known and len(known) <= _SHOWN else ""
            message = f"no {kind} {name!r}{did_you_mean(name, known)}{there}"
            code = f"unknown-{kind.split(maxsplit=1)[0]}"
            yield document.problem(code, (*at, name if at_index is None else at_index), message)


_SHOWN = 20
