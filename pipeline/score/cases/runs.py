"""Run the cases of rubrics: score the call of each and tell what came out otherwise than it must."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.config import FlagSettings
from pipeline.records import CallFacts, CallScore, Flag, Rubric, Status
from pipeline.score.cases.answers import with_answers
from pipeline.score.cases.cases import RubricCase
from pipeline.score.cases.facts import KnownRule, told_facts
from pipeline.score.cases.forms import LISTS, ExpectForm
from pipeline.score.evaluate import evaluate
from pipeline.score.flags import raise_flags

DECIMALS = 3
"""Shares are compared to so many."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """Something that came out otherwise.

    Attributes:
        key: Under ``expect``, such as ``share`` or ``questions.greeting``.
        expected: What stands there.
        found: What came instead.
        questions: The questions with another answer than expected; of a figure those that lost points for it, or have
            no answer.
    """

    key: str
    expected: Any
    found: Any
    questions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseResult:
    """What came of a case: the effective score, with what people answered in it, and all differences."""

    case: RubricCase
    score: CallScore
    differences: tuple[Difference, ...]

    @property
    def passed(self) -> bool:
        """True where all came out as it must."""
        return not self.differences


@dataclass(frozen=True, kw_only=True, slots=True)
class RubricResults:
    """The results of one rubric's cases, in order.

    Attributes:
        never_failed: Questions that no case answers with ``fail``: whether they can is untested.
        never_passed: Questions that no case answers with ``pass``.
    """

    rubric: Rubric
    results: tuple[CaseResult, ...]
    never_failed: tuple[str, ...]
    never_passed: tuple[str, ...]

    @property
    def failed(self) -> tuple[CaseResult, ...]:
        """The cases that did not come out as they must."""
        return tuple(result for result in self.results if not result.passed)


def run_cases(
    cases: Sequence[RubricCase],
    rules: Mapping[str, KnownRule],
    flags: FlagSettings,
    heard_facts: Callable[[RubricCase], CallFacts],
) -> tuple[RubricResults, ...]:
    """Return what comes of the cases, by rubric, in the order in which the rubrics first appear.

    Args:
        cases: From `pipeline.score.cases.cases.load_cases`.
        rules: The rules of the packs by id, with all that the rubrics name.
        flags: What raises flags.
        heard_facts: Finds in the lines of a case what a call is scored by.
    """
    results = [_run(case, rules, flags, heard_facts) for case in cases]
    rubrics = {_key(case.rubric): case.rubric for case in cases}
    return tuple(
        _of_rubric(rubric, tuple(result for result in results if _key(result.case.rubric) == key))
        for key, rubric in rubrics.items()
    )


def _key(rubric: Rubric) -> tuple[str, str | None]:
    return rubric.fingerprint, rubric.file


def _of_rubric(rubric: Rubric, results: tuple[CaseResult, ...]) -> RubricResults:
    came: dict[str, set[Status]] = {criterion.id: set() for criterion in rubric.criteria()}
    for result in results:
        for answer in result.score.results:
            came[answer.criterion_id].add(answer.status)
    return RubricResults(
        rubric=rubric,
        results=results,
        never_failed=tuple(name for name, all_ in came.items() if Status.FAIL not in all_),
        never_passed=tuple(name for name, all_ in came.items() if Status.PASS not in all_),
    )


def _run(
    case: RubricCase,
    rules: Mapping[str, KnownRule],
    flags: FlagSettings,
    heard_facts: Callable[[RubricCase], CallFacts],
) -> CaseResult:
    facts = heard_facts(case) if case.lines else told_facts(case, rules)
    by_machine = evaluate(facts, case.rubric, score_id="case")
    score = with_answers(by_machine, case)
    raised = raise_flags(facts, score, case.rubric, flags)
    found = tuple(_differences(case.form.expect, score, raised))
    return CaseResult(case=case, score=score, differences=found)


def _differences(expected: ExpectForm, score: CallScore, flags: Sequence[Flag]) -> Iterator[Difference]:
    given = expected.model_fields_set
    for key in ("share", "raw_share", "critical_share"):
        if key in given and _rounded(getattr(expected, key)) != _rounded(getattr(score, key)):
            found, lost = _rounded(getattr(score, key)), _lost(score, critical=key == "critical_share")
            yield Difference(key=key, expected=getattr(expected, key), found=found, questions=lost)
    if "passed" in given and expected.passed is not score.passed:
        yield Difference(key="passed", expected=expected.passed, found=score.passed, questions=_lost(score))
    sections = score.section_shares()
    for section, share in expected.sections.items():
        if _rounded(share) != _rounded(sections.get(section)):
            found, lost = _rounded(sections.get(section)), _lost(score, section=section)
            yield Difference(key=f"sections.{section}", expected=share, found=found, questions=lost)
    answers = {result.criterion_id: result.status for result in score.results}
    for question, status in expected.questions.items():
        if answers[question] != status:
            yield Difference(
                key=f"questions.{question}", expected=status, found=answers[question].value, questions=(question,)
            )
    for key, wanted in LISTS.items():
        came = [question for question, answer in answers.items() if answer is wanted]
        if key in given and sorted(getattr(expected, key)) != sorted(came):
            other = tuple(
                question for question in answers if (question in getattr(expected, key)) is not (question in came)
            )
            yield Difference(key=key, expected=list(getattr(expected, key)), found=came, questions=other)
    codes = [flag.code for flag in flags]
    if "flags" in given and sorted(expected.flags) != sorted(codes):
        yield Difference(key="flags", expected=list(expected.flags), found=codes)


def _lost(score: CallScore, *, section: str | None = None, critical: bool = False) -> tuple[str, ...]:
    """Return the questions that a figure lost points by, or that have no answer; those that do not apply are neither.

    Args:
        score: The case's.
        section: Only of this one.
        critical: Only those that are critical.
    """
    return tuple(
        result.criterion_id
        for result in score.results
        if result.status not in (Status.PASS, Status.NOT_APPLICABLE)
        and section in (None, result.section_id)
        and (result.critical or not critical)
    )


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, DECIMALS)
